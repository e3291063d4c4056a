import { createPrivateKey, type JsonWebKey, sign } from 'node:crypto';
import { inspect } from 'node:util';
import type { Dialect } from '@stepgate/emulator';
import { decodeJwt } from 'jose';
import { signingKey } from 'suites/signing-key.ts';
import { describe, expect, it } from 'vitest';
import { auth0, type Policy } from '../../src/index.ts';
import { createCibaScene, TRANSFER } from '../support/ciba-scene.ts';

/** The tenant's token, with further claims. */
function signed(idToken: string, claims: Readonly<Record<string, unknown>>): string {
  const [header = ''] = idToken.split('.');
  const payload = Buffer.from(JSON.stringify({ ...decodeJwt(idToken), ...claims })).toString('base64url');
  const key = createPrivateKey({ key: signingKey as JsonWebKey, format: 'jwk' });
  return `${header}.${payload}.${sign('sha256', Buffer.from(`${header}.${payload}`), key).toString('base64url')}`;
}

describe('a flow by CIBA', () => {
  it('asks on the phone at once, with the code and the whole title, and needs no password', async () => {
    const { client, phone, shown } = createCibaScene();

    const view = await client.start();

    expect(view).toMatchObject({ state: 'polling', way: 'ciba', factor: 'push' });
    expect(phone.notifications()).toMatchObject([{ kind: 'ciba' }]);
    expect(shown().message).toMatch(/^[B-Z2-9]{4}-Transfer-250-EUR-to-Grace$/);
    expect(view.pushCode).toEqual({
      entry: 'typed',
      shown: 'message',
      isAwaited: true,
      isAnswered: false,
      triesLeft: 3,
    });
  });

  it('is approved by the code and then the tap', async () => {
    const { client, phone, shown, later, errors } = createCibaScene();
    await client.start();

    const typed = await client.event({ type: 'code.submit', code: shown().code });
    expect(typed).toMatchObject({ state: 'polling', pushCode: { isAwaited: false, isAnswered: false } });
    expect(typed.allowedEvents).not.toContain('code.submit');
    phone.approve();

    expect(await later()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
    expect(errors).toEqual([]);
  });

  it('tells how the user authenticated, where the provider says so, and no more of the token', async () => {
    let idToken = '';
    const { client, phone, shown, later, events } = createCibaScene({
      replaceApproval(body) {
        idToken = signed(String(body.id_token), { acr: 'gold', amr: ['hwk'], auth_time: 1_700_000_000 });
        return { ...body, id_token: idToken };
      },
    });
    await client.start();
    await client.event({ type: 'code.submit', code: shown().code });
    phone.approve();
    await later();

    const authentication = { acr: 'gold', amr: ['hwk'], authenticatedAt: 1_700_000_000_000 };
    expect(await client.decide()).toMatchObject({ stepUp: { approval: { authentication } } });
    const granted = events.find(({ type }) => type === 'approval.granted');
    expect(granted).toMatchObject({ authentication });
    expect(idToken.length).toBeGreaterThan(100);
    expect(inspect(events, { depth: 20, maxStringLength: null }).includes(idToken)).toBe(false);
  });

  it.each<[Dialect['cibaIdTokenClaims'], (seconds: number) => object | undefined]>([
    ['bare', () => undefined],
    ['auth_time', (seconds) => ({ authenticatedAt: seconds * 1000 })],
    ['as_asked', () => ({ acr: 'gold' })],
  ])('tells what the tenant tells of itself: %s', async (cibaIdTokenClaims, told) => {
    const { tenant, client, phone, shown, later } = createCibaScene({ ciba: { acrValues: 'gold' } });
    tenant.emulator.configure({ dialect: { cibaIdTokenClaims } });
    await client.start();
    await client.event({ type: 'code.submit', code: shown().code });
    phone.approve();
    expect(await later()).toMatchObject({ state: 'approved' });

    const decision = await client.decide();
    const seconds = Math.floor(tenant.clock.now() / 1000);
    expect(decision.isAllowed && decision.stepUp?.approval.authentication).toEqual(told(seconds));
  });

  it('takes only acr, amr and the time from an app’s own check, and drops the rest', async () => {
    const told = {
      acr: 'gold',
      amr: ['hwk', 7, 'x'.repeat(300)],
      authenticatedAt: 1,
      access_token: 'a secret',
    };
    const { client, phone, shown, later, events } = createCibaScene({
      gate: {
        testing: {
          identityCheck: { prepare: () => Promise.resolve(), check: () => Promise.resolve(told as object) },
        },
      },
    });
    await client.start();
    await client.event({ type: 'code.submit', code: shown().code });
    phone.approve();
    await later();

    expect(events.find(({ type }) => type === 'approval.granted')).toMatchObject({
      authentication: { acr: 'gold', amr: ['hwk'], authenticatedAt: 1 },
    });
    expect(inspect(events, { depth: 20 })).not.toContain('a secret');
    expect(inspect(await client.decide(), { depth: 20 })).not.toContain('a secret');
  });

  it('is approved by the tap and then the code, however it is written', async () => {
    const { client, phone, shown, later } = createCibaScene();
    await client.start();
    const { code } = shown();
    phone.approve();

    expect(await later()).toMatchObject({
      state: 'polling',
      pushCode: { isAwaited: true, isAnswered: true },
    });
    expect(await client.isAllowed()).toBe(false);
    const typed = await client.event({ type: 'code.submit', code: ` ${code.toLowerCase()} ` });

    expect(typed).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
  });

  it('still says that the code was wrong when the tap comes after it', async () => {
    const { client, phone, later } = createCibaScene();
    await client.start();
    await client.event({ type: 'code.submit', code: 'BBBB' });
    phone.approve();

    expect(await later()).toMatchObject({
      state: 'polling',
      reason: 'code_refused',
      pushCode: { isAwaited: true, isAnswered: true, triesLeft: 2 },
    });
  });

  it('is no approval when the owner taps on a push that somebody else has caused', async () => {
    const { client, phone, later, tenant, gate, events } = createCibaScene();
    // An attacker with the session starts the flow, and never sees the phone.
    await client.start();
    phone.approve();
    await later();
    for (const code of ['BBBB', 'CCCC', 'DDDD']) await client.event({ type: 'code.submit', code });

    expect(await client.view()).toMatchObject({ state: 'rejected', reason: 'code_refused' });
    expect(await client.isAllowed()).toBe(false);
    expect(events.filter(({ type }) => type === 'push_code.refused')).toMatchObject([
      { triesLeft: 2 },
      { triesLeft: 1 },
      { triesLeft: 0 },
    ]);
    expect(events.at(-2)).toMatchObject({ type: 'flow.ended', end: 'rejected', reason: 'code_refused' });
    tenant.clock.advance(600_000);
    await client.view();
    expect(await client.isAllowed()).toBe(false);
    await gate.close();
  });

  it('takes no right code after three wrong ones', async () => {
    const { client, shown } = createCibaScene();
    await client.start();
    const { code } = shown();
    for (const wrong of ['BBBB', 'CCCC', 'DDDD']) await client.event({ type: 'code.submit', code: wrong });

    const { status } = await client.send('POST', '/step-up/flow/events', {
      headers: { 'if-match': `"${(await client.view()).version}"` },
      body: { type: 'code.submit', code },
    });
    expect(status).toBe(409);
  });

  it('takes three wrong codes at the same time for three, and no more', async () => {
    const { client, shown, events } = createCibaScene();
    const { version } = await client.start();
    const { code } = shown();
    const guesses = ['BBBB', 'CCCC', 'DDDD', 'FFFF', 'GGGG', code];
    await Promise.all(
      guesses.map((guess) =>
        client.send('POST', '/step-up/flow/events', { body: { type: 'code.submit', code: guess } }),
      ),
    );
    expect(version).toBeGreaterThan(0);
    const refused = events.filter(({ type }) => type === 'push_code.refused');
    expect(refused.length).toBeLessThanOrEqual(3);
  });

  it('counts wrong codes per user, whatever flow they are typed in, and right ones not at all', async () => {
    const { client, shown, tenant } = createCibaScene({
      gate: { limits: { codes: { perSession: { count: 4, windowMs: 3_600_000 } } } },
    });
    await client.start();
    for (const code of ['BBBB', 'CCCC', 'DDDD']) await client.event({ type: 'code.submit', code });
    tenant.clock.advance(16_000);
    await client.event({ type: 'challenge.resend' });
    await client.event({ type: 'code.submit', code: 'BBBB' });

    const tooMany = await client.event({ type: 'code.submit', code: shown().code });

    expect(tooMany).toMatchObject({ error: 'too_many_attempts' });
    expect(await client.view()).toMatchObject({ state: 'polling', pushCode: { triesLeft: 2 } });
  });

  it('has a new code with each push, and the old one is worth nothing', async () => {
    const { client, shown, tenant } = createCibaScene();
    await client.start();
    const { code: first } = shown();
    tenant.clock.advance(16_000);
    await client.event({ type: 'challenge.resend' });
    const { code: second } = shown();

    expect(second).not.toBe(first);
    expect(await client.event({ type: 'code.submit', code: first })).toMatchObject({
      reason: 'code_refused',
      pushCode: { isAwaited: true, triesLeft: 2 },
    });
    expect(await client.event({ type: 'code.submit', code: second })).toMatchObject({
      pushCode: { isAwaited: false },
    });
  });

  it('forgets the answer to a push when another one is sent', async () => {
    const { client, phone, later, shown, tenant } = createCibaScene();
    await client.start();
    phone.approve();
    await later();
    tenant.clock.advance(16_000);
    await client.event({ type: 'challenge.resend' });

    expect(await client.event({ type: 'code.submit', code: shown().code })).toMatchObject({
      state: 'polling',
      pushCode: { isAwaited: false, isAnswered: false },
    });
    expect(await later()).toMatchObject({ state: 'polling' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('shows the code on both screens where the user compares them, and in no other view', async () => {
    const { client, phone, shown, later } = createCibaScene({ gate: { pushCode: 'compared' } });
    const view = await client.start();

    expect(view.disclosure).toEqual({ pushCode: shown().code });
    expect(view.allowedEvents).not.toContain('code.submit');
    phone.approve();
    const approved = await later();
    expect(approved).toMatchObject({ state: 'approved' });
    expect(approved.disclosure).toBeUndefined();
  });

  it('never has the typed code in a view, an event, an error or the record', async () => {
    const { client, shown, later, events, errors, tenant, gate } = createCibaScene();
    const views = [await client.start()];
    const { code } = shown();
    views.push(await client.event({ type: 'code.submit', code: 'BBBB' }));
    views.push(await later());
    views.push(await client.event({ type: 'code.submit', code }));
    tenant.phone.approve();
    views.push(await later());

    expect(views.at(-1)).toMatchObject({ state: 'approved' });
    expect(inspect([views, events, errors], { depth: 20 })).not.toContain(code);
    await gate.close();
  });

  it('is rejected by the user', async () => {
    const { client, phone, later, events } = createCibaScene();
    await client.start();
    phone.deny();

    expect(await later()).toMatchObject({ state: 'rejected', reason: 'rejected' });
    expect(events.map(({ type }) => type)).toContain('push.rejected');
  });

  it('expires by its own deadline, which the tenant calls a denial', async () => {
    const { client, tenant, events } = createCibaScene();
    await client.start();
    for (let passed = 0; passed < 320_000; passed += 6_000) {
      tenant.clock.advance(6_000);
      await client.view();
    }
    expect(await client.view()).toMatchObject({ state: 'expired', reason: 'challenge_expired' });
    expect(events.map(({ type }) => type)).not.toContain('push.rejected');
  });

  it('tells an operator of a subject that the tenant does not know', async () => {
    const { other, errors } = createCibaScene();
    const stranger = other({
      identity: { subject: 'auth0|nobody', sessionId: 's2' },
      handle: 'x'.repeat(43),
    });

    expect(await stranger.start()).toMatchObject({ state: 'failed', reason: 'not_enrolled' });
    expect(errors).toMatchObject([{ code: 'not_enrolled' }]);
  });

  it('polls no more often than the tenant wants', async () => {
    const { client, tenant } = createCibaScene();
    await client.start();
    for (let passed = 0; passed < 120_000; passed += 500) {
      tenant.clock.advance(500);
      await client.view();
    }
    const statuses = tenant.exchanges
      .filter(({ path }) => path === '/oauth/token')
      .map(({ status }) => status);
    expect(statuses.length).toBeGreaterThan(15);
    expect(new Set(statuses)).toEqual(new Set([400]));
  });

  it('sends the message alone where the title does not fit whole', async () => {
    const policy = { action: { id: '1', title: 'Übertrage 1.250,00 € an Zoë & Söhne' } };
    const { client, shown } = createCibaScene({ policy });
    expect(await client.start()).toMatchObject({ pushCode: { shown: 'code' } });
    expect(shown().message).toMatch(/^[B-Z2-9]{4}$/);
  });
});

describe('a policy that asks what the phone shows', () => {
  it('is met by an approval whose phone showed the whole title', async () => {
    const { client, phone, shown, later } = createCibaScene({
      policy: { ...TRANSFER, phoneShows: 'message' },
    });
    await client.start();
    await client.event({ type: 'code.submit', code: shown().code });
    phone.approve();
    await later();
    expect(await client.isAllowed()).toBe(true);
  });

  it('sends nothing where the title does not fit', async () => {
    const policy = { action: { id: '1', title: 'Pay 1.250,00 €' }, phoneShows: 'message' } as const;
    const { client, phone, errors } = createCibaScene({ policy });
    expect(await client.start()).toMatchObject({ state: 'failed' });
    expect(phone.notifications()).toEqual([]);
    expect(errors).toMatchObject([{ message: expect.stringContaining('does not fit whole') }]);
  });

  it('is never met by an approval whose phone showed less', async () => {
    const action = { id: '1', title: 'Pay 250 EUR' };
    const { client, phone, shown, later, other } = createCibaScene({ policy: { maxAge: '5m' } });
    await client.start();
    await client.event({ type: 'code.submit', code: shown().code });
    phone.approve();
    await later();
    expect(await client.isAllowed()).toBe(true);
    expect(await other({ policy: { action, phoneShows: 'message' } }).isAllowed()).toBe(false);
  });

  it.each([
    ['policy.phoneShows', { action: TRANSFER.action, phoneShows: 'details' }],
    ['policy.factors', { factors: ['otp'] }],
    ['policy.minAuthenticatorAge', { minAuthenticatorAge: '1d' }],
    ['policy.phoneShows: needs an action', { phoneShows: 'message' }],
  ] as const)('is refused when the guard is made, if no way can meet it: %s', (message, policy) => {
    const { gate } = createCibaScene();
    expect(() => gate.guard(policy as never)).toThrow(message);
  });
});

describe('the way after the first', () => {
  it('is taken by itself for a user without a phone there, where that needs no typing', async () => {
    const { client, events } = createCibaScene({
      hasMfaApi: true,
      isEnrolled: false,
      gate: { firstLeg: { custom: async () => ({ mfaToken: 'not a token' }) } },
    });
    const view = await client.start();
    expect(view).toMatchObject({ way: 'mfa-api' });
    expect(events.map(({ type }) => type)).toContain('way.changed');
  });

  it('is offered where it needs the password', async () => {
    const { client, tenant } = createCibaScene({ hasMfaApi: true, isEnrolled: false });

    const failed = await client.start();
    expect(failed).toMatchObject({
      state: 'failed',
      reason: 'not_enrolled',
      way: 'ciba',
      otherWay: 'mfa-api',
    });
    expect(failed.allowedEvents).toContain('way.next');
    const other = await client.event({ type: 'way.next' });
    expect(other).toMatchObject({ state: 'authenticating', way: 'mfa-api', otherWay: 'ciba' });
    expect(other.allowedEvents).toContain('password.submit');
    expect(await client.event({ type: 'password.submit', password: tenant.ada.password })).toMatchObject({
      state: 'confirming',
    });
  });

  it('sends no push without a code, which would be the way around the code', async () => {
    const { client, phone, tenant } = createCibaScene({ hasMfaApi: true });
    await client.start();
    await client.event({ type: 'way.next' });

    const view = await client.event({ type: 'password.submit', password: tenant.ada.password });

    expect(view).toMatchObject({ state: 'choosing', way: 'mfa-api' });
    expect(new Set(view.authenticators?.map(({ factor }) => factor))).toEqual(new Set(['otp']));
    expect(phone.notifications().map(({ kind }) => kind)).toEqual(['ciba']);
  });

  it('lets no tap without a code add a phone, on the devices page, which CIBA cannot open', async () => {
    const { client, phone, tenant } = createCibaScene({ hasMfaApi: true });
    const refused = await client.send('GET', '/step-up/authenticators');
    const { requirement } = (refused.body as { step_up: { requirement: string } }).step_up;
    await client.send('POST', '/step-up/flow', { body: { requirement } });

    const view = await client.event({ type: 'password.submit', password: tenant.ada.password });

    expect(view).toMatchObject({ state: 'choosing', way: 'mfa-api' });
    expect(new Set(view.authenticators?.map(({ factor }) => factor))).toEqual(new Set(['otp']));
    expect(phone.notifications()).toEqual([]);
  });

  it('cannot meet a policy with push alone and an age, which only CIBA without ages could', () => {
    const { gate } = createCibaScene({ hasMfaApi: true });
    const policy: Policy = { factors: ['push'], minAuthenticatorAge: '1d' };
    expect(() => gate.guard(policy)).toThrow('policy.minAuthenticatorAge');
    const { gate: comparing } = createCibaScene({ hasMfaApi: true, gate: { pushCode: 'compared' } });
    expect(() => comparing.guard(policy)).not.toThrow();
  });

  it('can be asked for while the phone is asked, which then approves nothing', async () => {
    const { client, phone, later, shown, tenant } = createCibaScene({
      hasMfaApi: true,
      gate: { pushCode: 'compared' },
    });
    await client.start();
    const { code } = shown();
    await client.event({ type: 'way.next' });
    phone.approve();

    expect(await later()).toMatchObject({ state: 'authenticating', way: 'mfa-api' });
    const late = await client.event({ type: 'code.submit', code });
    expect(late).toMatchObject({ error: 'event_not_allowed' });
    tenant.clock.advance(15_000);
    await client.event({ type: 'password.submit', password: tenant.ada.password });
    expect(await client.view()).toMatchObject({ state: 'polling', way: 'mfa-api' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('is passed over by a policy that it cannot meet', async () => {
    const { client, tenant } = createCibaScene({
      hasMfaApi: true,
      policy: { minAuthenticatorAge: '1d', maxAge: '5m' },
    });
    expect(await client.start()).toMatchObject({ way: 'mfa-api', state: 'authenticating' });
    expect(tenant.phone.notifications()).toEqual([]);
  });
});

describe('one push per user, over all ways', () => {
  it('keeps a second browser waiting, by whatever way it asks, until the first one has its answer', async () => {
    const { client, other, phone, tenant, later } = createCibaScene({
      hasMfaApi: true,
      gate: { pushCode: 'compared' },
    });
    const { subject } = tenant.ada;
    const elsewhere = other({ handle: 'y'.repeat(43), identity: { subject, sessionId: 's2' } });
    await client.start();

    expect(await elsewhere.start()).toMatchObject({ state: 'failed', reason: 'push_in_progress' });
    await elsewhere.event({ type: 'way.next' });
    await elsewhere.event({ type: 'password.submit', password: tenant.ada.password });
    expect(await elsewhere.view()).toMatchObject({ reason: 'push_in_progress', way: 'mfa-api' });
    expect(phone.notifications()).toHaveLength(1);
    expect(await client.view()).toMatchObject({ notice: 'push_requested_elsewhere' });

    phone.approve();
    expect(await later()).toMatchObject({ state: 'approved' });
    tenant.clock.advance(15_000);
    await elsewhere.view();
    expect(await elsewhere.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });
  });

  it('keeps nobody waiting for a browser that has its answer and lacks the code', async () => {
    const { client, other, phone, tenant, later, shown } = createCibaScene();
    const { subject } = tenant.ada;
    const elsewhere = other({ handle: 'y'.repeat(43), identity: { subject, sessionId: 's2' } });
    await client.start();
    await elsewhere.start();
    const { code } = shown();
    phone.approve();
    tenant.clock.advance(16_000);
    await later();
    await elsewhere.view();

    expect(await elsewhere.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });
    expect(await client.event({ type: 'code.submit', code })).toMatchObject({ state: 'approved' });
  });

  it('keeps the pushes of different ways 15 seconds apart', async () => {
    const { client, phone, tenant } = createCibaScene({ hasMfaApi: true, gate: { pushCode: 'compared' } });
    await client.start();
    await client.event({ type: 'way.next' });
    await client.event({ type: 'password.submit', password: tenant.ada.password });
    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'rate_limited', way: 'mfa-api' });
    tenant.clock.advance(15_000);
    expect(await client.event({ type: 'challenge.resend' })).toMatchObject({ state: 'polling' });

    await client.send('DELETE', '/step-up/flow');
    expect(await client.start()).toMatchObject({ state: 'failed', reason: 'rate_limited', way: 'ciba' });
    expect(phone.notifications()).toHaveLength(2);
  });

  it('counts the pushes of all ways together', async () => {
    const { client, tenant } = createCibaScene({
      hasMfaApi: true,
      gate: { pushCode: 'compared', limits: { pushes: { perSession: { count: 1, windowMs: 300_000 } } } },
    });
    await client.start();
    await client.event({ type: 'way.next' });
    await client.event({ type: 'password.submit', password: tenant.ada.password });
    expect(await client.view()).toMatchObject({ state: 'failed', reason: 'rate_limited', way: 'mfa-api' });
  });

  it('sends no push for a flow that was cancelled', async () => {
    const { client, phone, later } = createCibaScene();
    await client.start();
    phone.approve();
    await client.send('DELETE', '/step-up/flow');
    expect(await later()).toMatchObject({ state: 'cancelled' });
    expect(await client.isAllowed()).toBe(false);
  });
});

describe('auth0', () => {
  it('says what CIBA can do, before the MFA API', () => {
    const settings = { issuer: 'https://tenant.test/', clientId: 'c', clientSecret: 's' };
    expect(auth0({ ...settings, ciba: {} }).ways).toMatchObject([
      { name: 'ciba', can: { firstLeg: 'none', phoneShows: 'message', factors: ['push'] } },
    ]);
    expect(auth0({ ...settings, ciba: {}, mfaApi: {} }).ways.map(({ name }) => name)).toEqual([
      'ciba',
      'mfa-api',
    ]);
  });

  it('wants an application that authenticates', () => {
    expect(() => auth0({ issuer: 'https://tenant.test/', clientId: 'c', ciba: {} })).toThrow(
      'clientSecret or clientAssertion',
    );
  });
});
