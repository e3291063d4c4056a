import { describe, expect, it } from 'vitest';
import { auth0, createGate, oidc, type Policy } from '../../src/index.ts';
import { SECRET } from '../support/gate-client.ts';
import { createRedirectScene } from '../support/redirect-scene.ts';

const OPTIONAL: Policy = { action: { id: 'transfer-1', title: 'Pay 9' }, factors: ['push', 'hosted'] };

describe('the way redirect', () => {
  it('counts only where it is named, by the policy or by the gate', () => {
    const { gate } = createRedirectScene();
    expect(() => gate.guard({})).toThrow(
      /policy.factors: the provider's ways \(redirect\) prove none of them/,
    );
    const { gate: wide } = createRedirectScene({ gate: { factors: ['push', 'otp', 'hosted'] } });
    expect(() => wide.guard({})).not.toThrow();
    expect(() => wide.guard({ factors: ['push'] })).toThrow(/policy.factors/);
  });

  it('serves a policy without factors where the gate names it', async () => {
    const { client, depart, visit, comeBack } = createRedirectScene({
      policy: { maxAge: '5m' },
      gate: { factors: ['push', 'hosted'] },
    });
    await comeBack(await visit(await depart()));
    expect(await client.isAllowed()).toBe(true);
  });

  it.each<[string, Policy, RegExp]>([
    ['the age of a device', { minAuthenticatorAge: '1h' }, /policy.minAuthenticatorAge/],
    ['a factor from before the flow', { allowEnrolledInFlow: false }, /policy.allowEnrolledInFlow/],
    [
      'what the phone shows',
      { phoneShows: 'details', action: { id: '1', title: 'Pay' } },
      /policy.phoneShows/,
    ],
  ])('cannot meet a policy about %s', (_what, members, message) => {
    const { gate } = createRedirectScene();
    expect(() => gate.guard({ factors: ['hosted'], ...members })).toThrow(message);
  });

  it('meets a policy about factors from before the flow where the page adds none', async () => {
    const { client, depart, visit, comeBack, events } = createRedirectScene({
      redirect: { enrolls: false },
      policy: { factors: ['hosted'], allowEnrolledInFlow: false },
    });
    await comeBack(await visit(await depart()));
    expect(await client.isAllowed()).toBe(true);
    expect(events.find(({ type }) => type === 'approval.granted')).toMatchObject({ enrolledInFlow: false });
  });

  it('is where a user without a phone under CIBA goes on by itself, and waits there for a click', async () => {
    const { client, tenant, visit, comeBack } = createRedirectScene({ ciba: {}, policy: OPTIONAL });
    tenant.emulator.reset();
    tenant.emulator.addUser({ username: 'ada', password: tenant.ada.password });
    tenant.emulator.enroll('ada', { factor: 'otp' });

    const view = await client.start();
    expect(view).toMatchObject({ state: 'choosing', way: 'redirect', leftWay: 'ciba' });
    await comeBack(await visit(await client.event({ type: 'factor.choose', authenticatorId: 'hosted' })));
    expect(await client.isAllowed()).toBe(true);
  });

  it('is another way to a user whose phone does not answer, and back', async () => {
    const { client, tenant } = createRedirectScene({ ciba: {}, policy: OPTIONAL });
    expect(await client.start()).toMatchObject({ state: 'polling', way: 'ciba', otherWay: 'redirect' });

    expect(await client.event({ type: 'way.next' })).toMatchObject({ state: 'choosing', way: 'redirect' });
    const away = await client.event({ type: 'factor.choose', authenticatorId: 'hosted' });
    expect(away).toMatchObject({ state: 'redirecting', otherWay: 'ciba' });
    tenant.clock.advance(20_000);
    expect(await client.event({ type: 'way.next' })).toMatchObject({ state: 'polling', way: 'ciba' });
  });

  it('takes no return once the user has gone over to the phone', async () => {
    const { client, tenant, visit, comeBack } = createRedirectScene({ ciba: {}, policy: OPTIONAL });
    await client.start();
    await client.event({ type: 'way.next' });
    const path = await visit(await client.event({ type: 'factor.choose', authenticatorId: 'hosted' }));
    tenant.clock.advance(20_000);
    await client.event({ type: 'way.next' });

    expect((await comeBack(path)).status).toBe(400);
    expect(await client.view()).toMatchObject({ state: 'polling', way: 'ciba' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('stays open to a user who gets no more pushes, and earns them none', async () => {
    const { client, tenant, visit, comeBack } = createRedirectScene({
      ciba: {},
      policy: { ...OPTIONAL, maxAge: 0 },
      gate: { limits: { unapprovedPushes: { perSession: { count: 1, windowMs: 3_600_000 } } } },
    });
    await client.start();
    await client.send('DELETE', '/step-up/flow');
    tenant.clock.advance(20_000);
    const limited = { state: 'failed', reason: 'too_many_attempts', way: 'ciba', otherWay: 'redirect' };
    expect(await client.start()).toMatchObject(limited);

    expect(await client.event({ type: 'way.next' })).toMatchObject({ state: 'choosing', way: 'redirect' });
    await comeBack(await visit(await client.event({ type: 'factor.choose', authenticatorId: 'hosted' })));
    expect(await client.isAllowed()).toBe(true);
    expect(await client.start()).toMatchObject(limited);
  });

  it('takes the returns of two tabs that follow one flow once, and tells both', async () => {
    const { client, visit, comeBack, depart, events } = createRedirectScene({
      ciba: {},
      policy: { ...OPTIONAL, factors: ['hosted'] },
    });
    const view = await depart();
    // The other tab reads the same departure, and leaves for the same page.
    const path = await visit(await client.view());
    expect((await client.view()).disclosure).toEqual(view.disclosure);
    const [one, other] = await Promise.all([comeBack(path), comeBack(path)]);
    expect([one.status, other.status]).toEqual([303, 303]);
    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(events.filter(({ type }) => type === 'approval.granted')).toHaveLength(1);
  });

  it('makes a later push count as enrolled in the flow, since the page may have enrolled its phone', async () => {
    const { client, tenant, events } = createRedirectScene({
      ciba: {},
      gate: { pushCode: 'compared' },
      policy: OPTIONAL,
    });
    await client.start();
    await client.event({ type: 'way.next' });
    await client.event({ type: 'factor.choose', authenticatorId: 'hosted' });
    tenant.clock.advance(20_000);
    await client.event({ type: 'way.next' });
    tenant.phone.approve();
    tenant.clock.advance(6_000);
    expect(await client.view()).toMatchObject({ state: 'approved' });
    expect(events.find(({ type }) => type === 'approval.granted')).toMatchObject({
      factor: 'push',
      enrolledInFlow: true,
    });
  });

  it('does not exist for a client without a browser, which reads why', async () => {
    const { client } = createRedirectScene();
    const requirement = await client.requirement();
    const { status, body } = await client.send('POST', '/step-up/flow', {
      headers: { cookie: '', 'stepgate-handle': 'k'.repeat(43) },
      body: { requirement },
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'no_usable_factor' });
    expect(body.error_description).toContain('only in the browser that asks for it');
  });

  it('leaves a client without a browser its phone', async () => {
    const { client } = createRedirectScene({ ciba: {}, policy: OPTIONAL });
    const { body } = await client.send('POST', '/step-up/flow', {
      headers: { cookie: '', 'stepgate-handle': 'k'.repeat(43) },
      body: { requirement: await client.requirement() },
    });
    expect(body).toMatchObject({ state: 'polling', way: 'ciba' });
    expect(body).not.toHaveProperty('otherWay');
  });
});

describe('the options of redirect', () => {
  const client = { issuer: 'https://login.test', clientId: 'c', clientSecret: 's' };

  it.each<[string, Record<string, unknown>]>([
    ['acr or amr: name the values', {}],
    ['acr: must not hold 0', { acr: ['0'] }],
    ['acr: must not hold urn:okta:loa:1fa:any', { acr: ['urn:okta:loa:1fa:any'] }],
    ['amr: must not hold pwd', { amr: ['pwd', 'mfa'] }],
    ['oidc.redirect.maxAge: is not an option', { acr: ['gold'], maxAge: 0 }],
    ['oidc.redirect.enrolls: must be true or false', { acr: ['gold'], enrolls: 'no' }],
    ['oidc.redirect.loginHint: must be a function', { acr: ['gold'], loginHint: 'ada' }],
    ['par: must be one of when-offered, require, off', { acr: ['gold'], par: 'on' }],
    ['ask: must be one of acr_values, essential', { acr: ['gold'], ask: 'nicely' }],
    ['freshness: must be', { acr: ['gold'], freshness: 'amr' }],
    [
      "origin: must be an origin without a path, like 'https://bank.example'",
      { acr: ['gold'], origin: 'https://bank.example/' },
    ],
  ])('name %s when it is wrong: %j', (message, redirect) => {
    expect(() => oidc({ ...client, redirect })).toThrow(TypeError);
    expect(() => oidc({ ...client, redirect })).toThrow(message);
  });

  it('are those of Auth0 by default, and the MFA API is no way then', () => {
    const provider = auth0({ ...client, redirect: {} });
    expect(provider.ways.map(({ name }) => name)).toEqual(['redirect']);
    expect(auth0({ ...client, redirect: {}, ciba: {}, mfaApi: {} }).ways.map(({ name }) => name)).toEqual([
      'ciba',
      'mfa-api',
      'redirect',
    ]);
    // No first leg is asked for.
    expect(() =>
      createGate({ provider, secret: SECRET, identify: () => undefined, factors: ['hosted'] }),
    ).not.toThrow();
  });
});
