import { describe, expect, it } from 'vitest';
import { createRedirectScene, NAVIGATION, type RedirectScene } from '../support/redirect-scene.ts';

const stateOf = (path: string): string => new URLSearchParams(path.split('?')[1]).get('state') ?? '';
const withQuery = (path: string, change: (query: URLSearchParams) => void): string => {
  const [base = '', search = ''] = path.split('?');
  const query = new URLSearchParams(search);
  change(query);
  return `${base}?${query}`;
};

/** How often the tenant was asked to exchange a code. */
const exchangesIn = ({ tenant }: RedirectScene): number =>
  tenant.exchanges.filter(({ sent }) => sent.includes('authorization_code')).length;

describe('a return that this browser does not wait for', () => {
  it.each<[string, (path: string) => string]>([
    ['another state', (path) => withQuery(path, (query) => query.set('state', 'x'.repeat(43)))],
    ['no state', (path) => withQuery(path, (query) => query.delete('state'))],
    ['an empty state', (path) => withQuery(path, (query) => query.set('state', ''))],
    [
      'an error without the state',
      () => '/step-up/callback?error=access_denied&iss=https%3A%2F%2Ftenant.test%2F',
    ],
    ['an error with another state', () => `/step-up/callback?error=access_denied&state=${'x'.repeat(43)}`],
  ])('changes nothing, and ends nothing: %s', async (_what, change) => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const view = await depart();
    const path = await visit(view);
    const answer = await comeBack(change(path));

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('not what this browser is waiting for');
    expect(await client.view()).toMatchObject({ state: 'redirecting', version: view.version });
    expect(exchangesIn(scene)).toBe(0);
    // The flow's own return still counts.
    await comeBack(path);
    expect(await client.isAllowed()).toBe(true);
  });

  it('is one of a departure that another tab has replaced', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const first = await visit(await depart());
    const second = await client.event({ type: 'factor.choose', authenticatorId: 'hosted' });

    expect((await comeBack(first)).status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'redirecting' });
    await comeBack(await visit(second));
    expect(await client.isAllowed()).toBe(true);
    expect(exchangesIn(scene)).toBe(1);
  });

  it('is another browser’s of the same user: an attacker’s flow gets no approval of the owner’s visit', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack, other } = scene;
    const owner = other({ handle: 'o'.repeat(43) });
    const path = await visit(await depart());

    expect((await comeBack(path, owner)).status).toBe(400);
    await depart(owner);
    expect((await comeBack(path, owner)).status).toBe(400);
    expect([await client.isAllowed(), await owner.isAllowed()]).toEqual([false, false]);
    expect(exchangesIn(scene)).toBe(0);
  });

  it('is another login’s in the same browser', async () => {
    const scene = createRedirectScene();
    const { tenant, depart, visit, comeBack, other } = scene;
    const path = await visit(await depart());
    const later = other({ identity: { subject: tenant.ada.subject, sessionId: 'later' } });

    expect((await comeBack(path, later)).status).toBe(400);
    expect(exchangesIn(scene)).toBe(0);
  });

  it('comes after the flow was cancelled', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const path = await visit(await depart());
    await client.send('DELETE', '/step-up/flow');

    expect((await comeBack(path)).status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'cancelled' });
    expect(exchangesIn(scene)).toBe(0);
    expect(await client.isAllowed()).toBe(false);
  });

  it('comes after the flow has gone over to another one', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const path = await visit(await depart());
    await client.send('DELETE', '/step-up/flow');
    await depart();

    expect((await comeBack(path)).status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'redirecting' });
  });

  it('comes after the user was revoked', async () => {
    const scene = createRedirectScene();
    const { gate, tenant, depart, visit, comeBack } = scene;
    const path = await visit(await depart());
    await gate.revokeSubject(tenant.ada.subject);

    expect((await comeBack(path)).status).toBe(400);
    expect(exchangesIn(scene)).toBe(0);
  });

  it('comes to a browser that never had a flow', async () => {
    const { other, comeBack } = createRedirectScene();
    const stranger = other({ handle: 'n'.repeat(43) });
    expect((await comeBack('/step-up/callback?code=c&state=s', stranger)).status).toBe(400);
  });
});

describe('a return', () => {
  it('counts once: the second one changes nothing and leads to the page', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const path = await visit(await depart());
    await comeBack(path);
    const { version } = await client.view();
    const again = await comeBack(path);

    expect(again.status).toBe(303);
    expect(again.headers.get('location')).toMatch(/^\/step-up\?requirement=/);
    expect(await client.view()).toMatchObject({ state: 'approved', version });
    expect(exchangesIn(scene)).toBe(1);
  });

  it('counts once if it comes twice at the same time, to two processes', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack, events } = scene;
    const path = await visit(await depart());
    const answers = await Promise.all([comeBack(path), comeBack(path), comeBack(path)]);

    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(exchangesIn(scene)).toBe(1);
    expect(events.filter(({ type }) => type === 'approval.granted')).toHaveLength(1);
    expect(await client.isAllowed()).toBe(true);
  });

  it.each<[string, string]>([
    ['another issuer', 'https://evil.example/'],
    ['the issuer without its slash', 'https://tenant.test'],
  ])('is not used if it names %s', async (_what, issuer) => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack, errors, events } = scene;
    const path = withQuery(await visit(await depart()), (query) => query.set('iss', issuer));
    await comeBack(path);

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'identity_refused' });
    expect(exchangesIn(scene)).toBe(0);
    expect(errors).toMatchObject([{ code: 'identity_refused' }]);
    expect(events.map(({ type }) => type)).toContain('identity.refused');
  });

  it('is an error when it says so, whatever code comes with it', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const path = withQuery(await visit(await depart()), (query) => query.set('error', 'access_denied'));
    await comeBack(path);

    expect(await client.view()).toMatchObject({ state: 'rejected' });
    expect(exchangesIn(scene)).toBe(0);
  });

  it('fails at the exchange with the code of another departure', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack, other } = scene;
    const attacker = other({ handle: 'a'.repeat(43) });
    const stolen = await visit(await depart(attacker));
    const own = await visit(await depart());
    const code = new URLSearchParams(stolen.split('?')[1]).get('code') ?? '';
    await comeBack(withQuery(own, (query) => query.set('code', code)));

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'result_lost' });
    expect(await client.isAllowed()).toBe(false);
  });

  it.each([
    'login_required',
    'interaction_required',
    'account_selection_required',
    'consent_required',
    'mfa_required',
  ])('tells an operator that the provider cannot go on: %s', async (error) => {
    const { client, depart, comeBack, errors, visit } = createRedirectScene();
    const state = stateOf(await visit(await depart()));
    await comeBack(`/step-up/callback?error=${error}&state=${state}`);
    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'factor_unavailable' });
    expect(errors).toMatchObject([{ code: 'factor_unavailable' }]);
  });

  it.each([
    ['access_denied', undefined, 'rejected', 'rejected'],
    ['access_denied', 'no_second_factor', 'failed', 'not_enrolled'],
    ['unmet_authentication_requirements', undefined, 'failed', 'not_enrolled'],
    ['invalid_request_uri', undefined, 'expired', 'challenge_expired'],
    ['invalid_scope', undefined, 'failed', 'provider_misconfigured'],
    ['temporarily_unavailable', undefined, 'failed', 'provider_unavailable'],
    ['something_new', '<script>', 'failed', 'provider_error'],
  ])('ends the flow with %s (%s) as %s, %s', async (error, description, state, reason) => {
    const { client, depart, visit, comeBack } = createRedirectScene();
    const own = stateOf(await visit(await depart()));
    const query = new URLSearchParams({
      error,
      state: own,
      ...(description && { error_description: description }),
    });
    const answer = await comeBack(`/step-up/callback?${query}`);
    expect(answer.status).toBe(303);
    expect(await client.view()).toMatchObject({ state, reason });
    expect(await client.isAllowed()).toBe(false);
  });
});

describe('a request that was edited on its way', () => {
  it.each<[string, (query: URLSearchParams) => void]>([
    ['max_age removed', (query) => query.delete('max_age')],
    ['max_age raised', (query) => query.set('max_age', '99999')],
    [
      'max_age and acr_values removed',
      (query) => {
        query.delete('max_age');
        query.delete('acr_values');
      },
    ],
  ])('is no approval: %s', async (_what, edit) => {
    const scene = createRedirectScene({ policy: { factors: ['hosted'], maxAge: 0 } });
    const { client, tenant, depart, visit, comeBack } = scene;
    tenant.emulator.configure({ dialect: { stepUpAuthTime: 'login', amrScope: 'session' } });
    const cookies = new Map<string, string>();
    await comeBack(await visit(await depart(), { cookies }));
    expect(await client.isAllowed()).toBe(true);
    tenant.clock.advance(8_000);
    const view = await depart();
    const url = new URL(view.disclosure?.authorizationUrl ?? '');
    edit(url.searchParams);
    await comeBack(await visit({ ...view, disclosure: { authorizationUrl: url.href } }, { cookies }));

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'authentication_stale' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('cannot be edited where it was pushed', async () => {
    const { client, tenant, depart, visit, comeBack } = createRedirectScene({ redirect: { par: 'require' } });
    tenant.emulator.configure({ par: 'required' });
    const view = await depart();
    const { searchParams } = new URL(view.disclosure?.authorizationUrl ?? '');
    expect([...searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    await comeBack(await visit(view));
    expect(await client.isAllowed()).toBe(true);
  });

  it('holds no return back to make an older sign-in count', async () => {
    const { client, tenant, depart, visit, comeBack } = createRedirectScene({
      policy: { factors: ['hosted'], maxAge: 0 },
    });
    tenant.emulator.configure({
      dialect: { maxAgeZero: 'ignored', stepUpAuthTime: 'login', amrScope: 'session' },
    });
    const cookies = new Map<string, string>();
    await comeBack(await visit(await depart(), { cookies }));
    await client.isAllowed();
    tenant.clock.advance(20_000);
    const path = await visit(await depart(), { cookies });
    tenant.clock.advance(30_000);
    await comeBack(path);
    expect(await client.isAllowed()).toBe(false);
  });
});

describe('the address of the return', () => {
  it.each<[string, Record<string, string>]>([
    ['a frame', { 'sec-fetch-dest': 'iframe' }],
    ['a script', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['an image', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a prefetch', { 'sec-purpose': 'prefetch' }],
  ])('does nothing for %s', async (_what, headers) => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const path = await visit(await depart());

    expect((await comeBack(path, client, headers)).status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'redirecting' });
    expect(exchangesIn(scene)).toBe(0);
  });

  it.each(['HEAD', 'POST'])('takes no %s', async (method) => {
    const scene = createRedirectScene();
    const { client, depart, visit } = scene;
    const path = await visit(await depart());
    const { status } = await client.send(method, path, { headers: NAVIGATION });

    expect(status).toBe(405);
    expect(await client.view()).toMatchObject({ state: 'redirecting' });
  });

  it.each(['state', 'code', 'iss', 'error'])('refuses %s twice', async (name) => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const path = await visit(await depart());
    const twice = withQuery(path, (query) => {
      query.append(name, 'one');
      query.append(name, 'two');
    });

    expect((await comeBack(twice)).status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'redirecting' });
  });

  it.each(['id_token', 'access_token', 'response'])('refuses what was never asked for: %s', async (name) => {
    const { client, depart, visit, comeBack } = createRedirectScene();
    const path = withQuery(await visit(await depart()), (query) => query.set(name, 'x'));
    expect((await comeBack(path)).status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'redirecting' });
  });

  it('leads nowhere but to where the flow began, whatever the query says', async () => {
    const { depart, visit, comeBack } = createRedirectScene();
    const path = withQuery(await visit(await depart()), (query) => {
      for (const name of ['return_to', 'returnTo', 'redirect_uri', 'next'])
        query.set(name, 'https://evil.example');
    });
    const { headers } = await comeBack(path);
    expect(headers.get('location')).toMatch(/^\/step-up\?requirement=[\w.-]+$/);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it('is not there where no way leads to the provider’s page', async () => {
    const { createTestTenant } = await import('suites/test-tenant.ts');
    const { createGateClient, createTestGate } = await import('../support/gate-client.ts');
    const tenant = createTestTenant();
    const gate = createTestGate(tenant);
    const client = createGateClient({ gate, identity: { subject: tenant.ada.subject, sessionId: 's' } });
    expect((await client.send('GET', '/step-up/callback?code=1&state=2')).status).toBe(404);
  });
});

describe('a browser that keeps its cookies back from another site’s redirect', () => {
  it('is asked once to load the return again, from a page of this site', async () => {
    const scene = createRedirectScene();
    const { client, depart, visit, comeBack } = scene;
    const path = await visit(await depart());

    const bounce = await comeBack(path, client, { cookie: '' });
    expect(bounce.status).toBe(200);
    expect(bounce.headers.get('content-security-policy')).toContain("default-src 'none'");
    const [, address = ''] = /content="0; url=([^"]+)"/.exec(bounce.text) ?? [];
    const again = address.replaceAll('&#38;', '&');
    expect(again).toBe(`${path}&again=1`);
    expect(exchangesIn(scene)).toBe(0);

    const back = await comeBack(again, client, { 'sec-fetch-site': 'same-origin' });
    expect(back.status).toBe(303);
    expect(await client.isAllowed()).toBe(true);
  });

  it('is told to sign in, or to begin again, the second time', async () => {
    const { client, depart, visit, comeBack } = createRedirectScene();
    const path = `${await visit(await depart())}&again=1`;
    const answer = await comeBack(path, client, { cookie: '' });
    expect(answer.status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'redirecting' });
  });

  it('writes nothing of the query into the page unescaped', async () => {
    const { client, comeBack } = createRedirectScene();
    const { text } = await comeBack('/step-up/callback?code="><script>alert(1)</script>&state=1', client, {
      cookie: '',
    });
    expect(text).not.toContain('<script>');
  });
});

describe('several processes', () => {
  it('share a departure: one sends the user away, another takes them back', async () => {
    const { createMemoryStore } = await import('../../src/index.ts');
    const store = createMemoryStore();
    const { client, depart, visit, comeBack, otherGate } = createRedirectScene({ gate: { store } });
    const path = await visit(await depart());
    const elsewhere = client.at(otherGate());

    expect((await comeBack(path, elsewhere)).status).toBe(303);
    expect(await elsewhere.view()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
  });

  it('take one return once, wherever it comes first', async () => {
    const { createMemoryStore } = await import('../../src/index.ts');
    const scene = createRedirectScene({ gate: { store: createMemoryStore() } });
    const { client, depart, visit, comeBack, otherGate } = scene;
    const path = await visit(await depart());
    const elsewhere = client.at(otherGate());
    const answers = await Promise.all([comeBack(path), comeBack(path, elsewhere)]);

    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(exchangesIn(scene)).toBe(1);
  });
});
