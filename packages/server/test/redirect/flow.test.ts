import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type RedirectSettings } from '../../src/index.ts';
import { createRedirectScene, TRANSFER } from '../support/redirect-scene.ts';

const PAPE = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

describe('a flow by the provider’s page', () => {
  it('waits for a click, leads the user there and is approved when they are back', async () => {
    const { client, depart, visit, comeBack, errors } = createRedirectScene();

    expect(await client.start()).toMatchObject({
      state: 'choosing',
      way: 'redirect',
      authenticators: [{ id: 'hosted', factor: 'hosted' }],
    });
    const view = await depart();
    expect(view).toMatchObject({ state: 'redirecting', factor: 'hosted' });
    const back = await comeBack(await visit(view));

    expect(back.status).toBe(303);
    expect(back.headers.get('location')).toMatch(/^\/step-up\?requirement=/);
    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
    expect(errors).toEqual([]);
  });

  it('asks for a second factor and a fresh login, by PKCE, and for nothing that stays', async () => {
    const { depart } = createRedirectScene();
    const { disclosure } = await depart();
    const { origin, searchParams } = new URL(disclosure?.authorizationUrl ?? '');

    expect(origin).toBe('https://tenant.test');
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      redirect_uri: 'http://localhost/step-up/callback',
      scope: 'openid',
      code_challenge_method: 'S256',
      acr_values: PAPE,
      max_age: '0',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(searchParams.get(name)?.length).toBeGreaterThanOrEqual(43);
    }
  });

  it('leads back to the page of the flow, and shows the approval there', async () => {
    const { client, depart, visit, comeBack } = createRedirectScene();
    const back = await comeBack(await visit(await depart()));
    const page = await client.send('GET', back.headers.get('location') ?? '', {
      headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    });
    expect(page.status).toBe(200);
    expect(page.text).toContain('data-state="approved"');
  });

  it('ends on a page without any data where the provider’s page was in a window', async () => {
    const { client, visit, comeBack } = createRedirectScene();
    await client.start();
    const view = await client.event({
      type: 'factor.choose',
      authenticatorId: 'hosted',
      display: 'popup',
    });
    const back = await comeBack(await visit(view));

    expect(back).toMatchObject({ status: 303 });
    expect(back.headers.get('location')).toBe('/step-up/done');
    const done = await client.send('GET', '/step-up/done');
    expect(done.text).toContain('You can close this window');
    expect(done.text).not.toContain('<script type="application/json"');
    expect(done.text).not.toContain('data-');
    expect(await client.view()).toMatchObject({ state: 'approved' });
  });

  it('serves one request with a single-use approval', async () => {
    const { client, depart, visit, comeBack } = createRedirectScene({
      policy: { ...TRANSFER, maxAge: 0 },
    });
    await comeBack(await visit(await depart()));
    expect([await client.isAllowed(), await client.isAllowed()]).toEqual([true, false]);
  });

  it('tells the audit trail where the user went, and nothing secret', async () => {
    const { depart, visit, comeBack, events } = createRedirectScene();
    await comeBack(await visit(await depart()));
    expect(events.map(({ type }) => type)).toEqual([
      'guard.denied',
      'flow.started',
      'redirect.started',
      'redirect.returned',
      'approval.granted',
      'flow.ended',
    ]);
    expect(events[4]).toMatchObject({ factor: 'hosted', enrolledInFlow: true });
    expect(events[4]).not.toHaveProperty('authenticatorId');
  });

  it('tells how the user authenticated, to the audit trail and the handler, and no more of the token', async () => {
    const { client, tenant, depart, visit, comeBack, events } = createRedirectScene();
    await comeBack(await visit(await depart()));
    const authentication = {
      acr: PAPE,
      amr: ['mfa'],
      authenticatedAt: Math.floor(tenant.clock.now() / 1_000) * 1_000,
    };

    const decision = await client.decide();
    const approval = decision.isAllowed ? decision.stepUp?.approval : undefined;
    expect(approval?.authentication).toEqual(authentication);
    const granted = events.find(({ type }) => type === 'approval.granted');
    expect(granted).toMatchObject({ authentication });
    expect(Object.isFrozen(granted?.type === 'approval.granted' && granted.authentication?.amr)).toBe(true);
    // What a handler does to its copy is nobody else's.
    const { amr = [] } = approval?.authentication ?? {};
    (amr as string[]).push('changed');
    expect(await client.decide()).toMatchObject({ stepUp: { approval: { authentication } } });
    const received = tenant.exchanges
      .map((one) => one.received)
      .find((text) => text.includes('"id_token":"'));
    const { id_token: idToken, access_token: accessToken } = JSON.parse(received ?? '{}') as Record<
      string,
      string
    >;
    const told = inspect([approval, events], { depth: 20, maxStringLength: null });
    expect([idToken?.length ?? 0, accessToken?.length ?? 0].every((length) => length > 20)).toBe(true);
    for (const secret of [idToken, accessToken]) expect(told.includes(secret ?? '')).toBe(false);
  });

  it('shows no state, nonce, verifier or code in any view, event, error or record', async () => {
    const store = createMemoryStore();
    const written: unknown[] = [];
    const { client, depart, visit, comeBack, events, errors, tenant } = createRedirectScene({
      gate: {
        store: {
          ...store,
          read: (key) => store.read(key),
          delete: (key) => store.delete(key),
          write(key, value, ...rest) {
            written.push(value);
            return store.write(key, value, ...rest);
          },
        },
      },
    });
    const view = await depart();
    const path = await visit(view);
    const query = new URLSearchParams(path.split('?')[1]);
    await comeBack(path);
    const exchange = tenant.exchanges.find(({ sent }) => sent.includes('authorization_code'));
    const { searchParams } = new URL(view.disclosure?.authorizationUrl ?? '');
    const secrets = [
      searchParams.get('state'),
      searchParams.get('nonce'),
      query.get('code'),
      new URLSearchParams(exchange?.sent).get('code_verifier'),
    ];
    expect(secrets.every((one) => (one?.length ?? 0) > 20)).toBe(true);
    const seen = inspect([written, events, errors, await client.view()], {
      depth: 20,
      maxStringLength: null,
    });
    for (const secret of secrets) expect(seen).not.toContain(secret);
  });

  it('counts each departure, and lets nobody be sent away without end', async () => {
    const { client, depart, events } = createRedirectScene();
    await depart();
    const views = [];
    for (let time = 0; time < 10; time += 1) {
      views.push(await client.event({ type: 'factor.choose', authenticatorId: 'hosted' }));
    }
    expect(views.at(-1)).toMatchObject({ state: 'failed', reason: 'rate_limited' });
    expect(events.at(-2)).toMatchObject({ type: 'limit.reached', limit: 'starts' });
  });

  it('sends nobody away a second time for an authorization that is waiting', async () => {
    const { client, depart, tenant } = createRedirectScene();
    const { version } = await depart();
    const before = tenant.exchanges.length;
    await client.view();
    await client.view();
    expect(await client.view()).toMatchObject({ state: 'redirecting', version });
    expect(tenant.exchanges).toHaveLength(before);
  });
});

describe('a second factor alone, in a session that the tenant has', () => {
  const CLAIM = 'https://app.example/mfa';
  const freshness = { claim: CLAIM, types: ['push-notification'] };

  it('is an approval by the time in a claim, without another login', async () => {
    const scene = createRedirectScene({
      redirect: { freshness, enrolls: false },
      policy: { factors: ['hosted'], maxAge: 0 },
    });
    const { client, tenant, depart, visit, comeBack } = scene;
    tenant.emulator.configure({ mfaClaim: CLAIM });
    const cookies = new Map<string, string>();
    for (const _time of [1, 2]) {
      const view = await depart();
      expect(new URL(view.disclosure?.authorizationUrl ?? '').searchParams.has('max_age')).toBe(false);
      await comeBack(await visit(view, { cookies }));
      expect(await client.isAllowed()).toBe(true);
      tenant.clock.advance(3_600_000);
    }
  });

  it('does not count by another kind, or without the claim', async () => {
    const { client, tenant, depart, visit, comeBack } = createRedirectScene({
      redirect: { freshness: { claim: CLAIM, types: ['webauthn-roaming'] } },
    });
    await comeBack(await visit(await depart()));
    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'authentication_stale' });
    tenant.emulator.configure({ mfaClaim: CLAIM });
    const again = await client.event({ type: 'factor.choose', authenticatorId: 'hosted' });
    await comeBack(await visit(again));
    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'mfa_not_required' });
    expect(await client.isAllowed()).toBe(false);
  });
});

describe('details on the provider’s page', () => {
  const details = ({ action }: { readonly action?: { readonly title?: string | undefined } | undefined }) => [
    { type: 'money_transfer', what: action?.title ?? '' },
  ];

  it('meet a policy that asks for them, and are compared with what was approved', async () => {
    const { client, tenant, depart, visit, comeBack } = createRedirectScene({
      redirect: { details, par: 'require' },
      policy: { ...TRANSFER, phoneShows: 'details' },
    });
    tenant.emulator.configure({ par: 'required' });
    await comeBack(await visit(await depart()));
    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
  });

  it('are no approval when the provider says that others were approved', async () => {
    const { client, tenant, depart, visit, comeBack, errors } = createRedirectScene({
      redirect: { details, par: 'require' },
      policy: { ...TRANSFER, phoneShows: 'details' },
      async fetch(request, send) {
        const isExchange = (await request.clone().text()).includes('authorization_code');
        const response = await send(request);
        if (!isExchange) return response;
        const body = (await response.json()) as object;
        return Response.json({
          ...body,
          authorization_details: [{ type: 'money_transfer', what: 'all of it' }],
        });
      },
    });
    tenant.emulator.configure({ par: 'required' });
    await comeBack(await visit(await depart()));
    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'approval_mismatch' });
    expect(errors).toMatchObject([{ code: 'approval_mismatch' }]);
    expect(await client.isAllowed()).toBe(false);
  });
});

describe('a flow that ends while a code is being exchanged', () => {
  it('is cancelled, and the tokens that come afterwards approve nothing', async () => {
    let whileExchanging = async (): Promise<void> => {};
    const { client, depart, visit, comeBack, events } = createRedirectScene({
      async fetch(request, send) {
        if ((await request.clone().text()).includes('authorization_code')) await whileExchanging();
        return send(request);
      },
    });
    const path = await visit(await depart());
    whileExchanging = async () => {
      await client.send('DELETE', '/step-up/flow');
    };
    expect((await comeBack(path)).status).toBe(303);

    expect(await client.view()).toMatchObject({ state: 'cancelled' });
    expect(events.map(({ type }) => type)).not.toContain('approval.granted');
    expect(await client.isAllowed()).toBe(false);
  });

  it('lost its process: the next one says so, and sends nothing twice', async () => {
    const store = createMemoryStore();
    let isDead = false;
    const scene = createRedirectScene({
      gate: { store },
      async fetch(request, send) {
        const isExchange = (await request.clone().text()).includes('authorization_code');
        if (isExchange && isDead) return new Promise<Response>(() => {});
        return send(request);
      },
    });
    const { client, tenant, depart, visit, comeBack, otherGate } = scene;
    const path = await visit(await depart());
    isDead = true;
    void comeBack(path);
    await expect.poll(async () => (await client.view()).state).toBe('verifying');
    const elsewhere = client.at(otherGate());
    tenant.clock.advance(60_000);

    // The code may be spent, so it is not tried again.
    expect(await elsewhere.view()).toMatchObject({ state: 'failed' });
    expect(await client.isAllowed()).toBe(false);
    isDead = false;
    await comeBack(
      await visit(await elsewhere.event({ type: 'factor.choose', authenticatorId: 'hosted' })),
      elsewhere,
    );
    expect(await client.isAllowed()).toBe(true);
  });
});

describe('a user who comes back without an approval', () => {
  it('has said no, and nobody is told of a denied push', async () => {
    const { client, depart, visit, comeBack, events } = createRedirectScene();
    const back = await comeBack(await visit(await depart(), { decision: 'cancel' }));

    expect(back.status).toBe(303);
    expect(await client.view()).toMatchObject({ state: 'rejected', reason: 'rejected' });
    expect(events.map(({ type }) => type)).not.toContain('push.rejected');
    expect(events.at(-2)).toMatchObject({ type: 'redirect.returned', reason: 'rejected' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('can leave again at once, and then be approved', async () => {
    const { client, depart, visit, comeBack } = createRedirectScene();
    await comeBack(await visit(await depart(), { decision: 'cancel' }));

    const again = await client.event({ type: 'factor.choose', authenticatorId: 'hosted' });
    expect(again).toMatchObject({ state: 'redirecting' });
    await comeBack(await visit(again));
    expect(await client.isAllowed()).toBe(true);
  });

  it('is somebody else', async () => {
    const { client, tenant, depart, visit, comeBack, errors, events } = createRedirectScene();
    tenant.emulator.addUser({ username: 'bob', password: 'battery-staple' });
    tenant.emulator.enroll('bob', { factor: 'push' });
    await comeBack(await visit(await depart(), { username: 'bob' }));

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'subject_mismatch' });
    expect(errors).toMatchObject([{ code: 'subject_mismatch' }]);
    expect(events.map(({ type }) => type)).toContain('subject.mismatch');
    expect(await client.isAllowed()).toBe(false);
  });

  it('was not asked for a second factor', async () => {
    const { client, tenant, depart, visit, comeBack, errors } = createRedirectScene();
    tenant.emulator.configure({ loginMfa: 'never' });
    await comeBack(await visit(await depart()));

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'mfa_not_required' });
    expect(errors).toMatchObject([{ code: 'mfa_not_required' }]);
    expect(await client.isAllowed()).toBe(false);
  });

  it('had passed it before, and was not asked again', async () => {
    const { client, tenant, depart, visit, comeBack } = createRedirectScene();
    tenant.emulator.configure({
      dialect: { maxAgeZero: 'ignored', stepUpAuthTime: 'login', amrScope: 'session' },
    });
    const cookies = new Map<string, string>();
    await comeBack(await visit(await depart(), { cookies, decision: 'approve' }));
    expect(await client.isAllowed()).toBe(true);
    tenant.clock.advance(400_000);

    await comeBack(await visit(await depart(), { cookies }));

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'authentication_stale' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('comes too late', async () => {
    const { client, tenant, depart, visit, comeBack } = createRedirectScene();
    const path = await visit(await depart());
    tenant.clock.advance(600_001);
    const sent = tenant.exchanges.length;
    const back = await comeBack(path);

    expect(back.status).toBe(303);
    expect(await client.view()).toMatchObject({ state: 'expired', reason: 'challenge_expired' });
    expect(tenant.exchanges).toHaveLength(sent);
    expect(await client.isAllowed()).toBe(false);
  });

  it('does not come, and the flow ends by itself', async () => {
    const { client, tenant, depart } = createRedirectScene();
    await depart();
    tenant.clock.advance(600_001);
    expect(await client.view()).toMatchObject({ state: 'expired', reason: 'challenge_expired' });
  });

  it('brings a code that the provider does not take', async () => {
    const { client, depart, visit, comeBack } = createRedirectScene();
    const path = await visit(await depart());
    await comeBack(path.replace(/code=[^&]+/, 'code=made-up'));

    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'result_lost' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('loses the approval when the answer of the exchange is lost, and can do it again', async () => {
    let isCut = true;
    const { client, depart, visit, comeBack } = createRedirectScene({
      async fetch(request, send) {
        const isExchange = (await request.clone().text()).includes('authorization_code');
        const response = await send(request);
        if (isExchange && isCut) throw new TypeError('socket hang up');
        return response;
      },
    });
    await comeBack(await visit(await depart()));
    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'result_lost' });

    isCut = false;
    await comeBack(await visit(await client.event({ type: 'factor.choose', authenticatorId: 'hosted' })));
    expect(await client.isAllowed()).toBe(true);
  });

  it('waits while the provider’s keys cannot be fetched, and skips no check', async () => {
    let isDown = false;
    const { client, depart, visit, comeBack, otherGate, tenant } = createRedirectScene({
      fetch(request, send) {
        if (isDown && request.url.includes('jwks')) return Promise.reject(new TypeError('no route'));
        return send(request);
      },
    });
    const path = await visit(await depart());
    isDown = true;
    // A process that has no keys yet.
    const elsewhere = client.at(otherGate());
    await comeBack(path, elsewhere);
    expect(await client.isAllowed()).toBe(false);
    expect(tenant.exchanges.length).toBeGreaterThan(0);
  });
});

it('is refused beside `enroll: refuse` if the page may add a factor, which the gate would not see', () => {
  const open = (redirect: RedirectSettings) => createRedirectScene({ redirect, gate: { enroll: 'refuse' } });

  expect(() => open({})).toThrow(/^enroll: 'refuse'.*redirect\.enrolls: false/);
  expect(() => open({ enrolls: false })).not.toThrow();
});
