import { decodeJwt, type JWTPayload } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { answerOf, createBrowser, type DeskBrowser, exchangeCode, type Params } from './desk-browser.ts';
import { createTenantClient, stoppedClock } from './tenant-client.ts';

const multiFactor = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
const stepUp = { acr_values: multiFactor };

const emulator = createEmulator({ clock: stoppedClock });
const client = createTenantClient(emulator);
const phone = emulator.phone('ada');
beforeEach(() => emulator.reset());

const claimsOf = async (location: string): Promise<JWTPayload> => {
  const { body } = await exchangeCode(client, answerOf(location).code);
  return decodeJwt(String(body.id_token));
};

/** A browser at the page for the second factor. */
async function atSecondFactor(params: Params = stepUp) {
  const browser = createBrowser(client);
  const page = await browser.signIn(params);
  expect(page.location).toMatch(/^\/u\/mfa\?state=/);
  return { browser, page };
}

async function approved(browser: DeskBrowser, page: Awaited<ReturnType<DeskBrowser['call']>>) {
  phone.approve();
  return (await browser.follow(page)).location;
}

describe('the second factor on the login page', () => {
  it('is a push to the phone, and the page continues by itself once it is approved', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const { browser, page } = await atSecondFactor();
    expect(phone.notifications()).toMatchObject([{ status: 'pending', client: 'Demo app with a server' }]);
    const waiting = await browser.follow(page);
    expect(waiting.text).toContain('Approve on your phone');
    expect(waiting.headers.get('refresh')).toBe('1');
    expect(waiting.text).not.toContain('<script');
    const claims = await claimsOf(await approved(browser, page));
    expect(claims).toMatchObject({ amr: ['mfa'], acr: multiFactor, nonce: 'once' });
    expect(claims).not.toHaveProperty('auth_time');
  });

  it('offers the other ways after a denial, and after no answer', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const { browser, page } = await atSecondFactor();
    phone.deny();
    const denied = await browser.follow(page);
    expect(denied).toMatchObject({ status: 400, text: expect.stringContaining('denied on the phone') });
    const [push = { id: '' }] = phone.view().authenticators;
    await browser.post(page, { action: 'choose', authenticator: String(push.id) });
    emulator.clock.advance(emulator.settings.lifetimes.oobCodeMs);
    expect((await browser.follow(page)).text).toContain('no answer in time');
    await browser.post(page, { action: 'choose', authenticator: String(push.id) });
    expect(answerOf(await approved(browser, page))).toHaveProperty('code');
  });

  it.each([
    ['otp', () => phone.codes()[0]?.code],
    ['sms', () => phone.messages().at(-1)?.code],
    ['email', () => phone.messages().at(-1)?.code],
  ] as const)('accepts a code: %s', async (factor, code) => {
    emulator.enroll('ada', { factor });
    const { browser, page } = await atSecondFactor();
    const wrong = await browser.post(page, { action: 'code', code: '0' });
    expect(wrong).toMatchObject({ status: 400, text: expect.stringMatching(/Invalid (otp|binding)_code/) });
    const right = await browser.post(page, { action: 'code', code: String(code()) });
    expect(await claimsOf(right.location)).toMatchObject({ amr: ['mfa'] });
  });

  it('accepts the one-time password of a phone that gets no push', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const { browser, page } = await atSecondFactor();
    const others = await browser.follow(await browser.post(page, { action: 'others' }));
    expect(others.text).toContain('One-time password');
    const totp = phone.view().authenticators.find(({ authenticator_type }) => authenticator_type === 'otp');
    await browser.post(page, { action: 'choose', authenticator: String(totp?.id) });
    const { location } = await browser.post(page, { action: 'code', code: String(phone.codes()[0]?.code) });
    expect(answerOf(location)).toHaveProperty('code');
  });

  it('accepts a recovery code once, and shows the next one before it continues', async () => {
    emulator.enroll('ada', { factor: 'push' });
    emulator.enroll('ada', { factor: 'recovery-code', code: 'ABCDEFGHIJKLMNOPQRSTUVWX' });
    const { browser, page } = await atSecondFactor();
    const row = phone.view().authenticators.find(({ id }) => String(id).startsWith('recovery-code'));
    await browser.post(page, { action: 'choose', authenticator: String(row?.id) });
    const shown = await browser.follow(
      await browser.post(page, { action: 'code', code: 'abcd efgh ijkl mnop qrst uvwx' }),
    );
    expect(/<code>([A-Z0-9]{24})<\/code>/.exec(shown.text)?.[1]).not.toBe('ABCDEFGHIJKLMNOPQRSTUVWX');
    const { location } = await browser.post(page, { action: 'kept' });
    expect(answerOf(location)).toHaveProperty('code');
  });

  it('is asked for as often as the tenant says', async () => {
    emulator.configure({ requiredFactors: 2 });
    emulator.enroll('ada', { factor: 'push' });
    emulator.enroll('ada', { factor: 'sms' });
    const { browser, page } = await atSecondFactor();
    phone.approve();
    const again = await browser.follow(page);
    expect(again.text).toContain('Choose one of your factors');
    const sms = phone.view().authenticators.find(({ oob_channel }) => oob_channel === 'sms');
    await browser.post(page, { action: 'choose', authenticator: String(sms?.id) });
    const code = String(phone.messages()[0]?.code);
    const { location } = await browser.post(page, { action: 'code', code });
    expect(answerOf(location)).toHaveProperty('code');
  });

  it('can be cancelled on every page', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const { browser, page } = await atSecondFactor();
    const { location } = await browser.post(page, {}, '/u/cancel');
    expect(answerOf(location)).toEqual({
      error: 'access_denied',
      error_description: 'User did not authorize the request',
      state: 'st&te',
    });
    expect(await browser.follow(page)).toMatchObject({ status: 400 });
    expect((await browser.authorize()).location).toMatch(/^\/u\/login/);
  });

  it('creates no session without the second factor', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const { browser } = await atSecondFactor();
    expect((await browser.authorize()).location).toMatch(/^\/u\/login/);
  });
});

describe('when a second factor is asked for', () => {
  beforeEach(() => void emulator.enroll('ada', { factor: 'push' }));

  it('is required when the policy asks for it: a scope, or the MFA audience', async () => {
    await atSecondFactor({ scope: 'openid transfer:funds' });
    await atSecondFactor({ audience: `${emulator.issuer}mfa/`, scope: 'read:authenticators' });
  });

  it('is required with acr_values, and in a session without the password', async () => {
    const browser = createBrowser(client);
    await browser.signIn();
    const page = await browser.authorize(stepUp);
    expect(page.location).toMatch(/^\/u\/mfa/);
    expect(await claimsOf(await approved(browser, page))).toMatchObject({ amr: ['mfa'] });
    const silent = await browser.authorize({ prompt: 'none' });
    expect(await claimsOf(silent.location)).not.toHaveProperty('amr');
  });

  it('is required each time acr_values ask, not with `never`, and once in a session with `always`', async () => {
    const { browser, page } = await atSecondFactor();
    await approved(browser, page);
    expect((await browser.authorize(stepUp)).location).toMatch(/^\/u\/mfa/);
    emulator.configure({ loginMfa: 'never' });
    expect(answerOf((await browser.authorize(stepUp)).location)).toHaveProperty('code');
    emulator.configure({ loginMfa: 'always' });
    expect(answerOf((await browser.authorize()).location)).toHaveProperty('code');
    expect((await createBrowser(client).signIn()).location).toMatch(/^\/u\/mfa/);
  });

  it.each(['login_required', 'interaction_required'] as const)(
    'is reported to silent requests: %s',
    async (mfaSilent) => {
      emulator.configure({ dialect: { mfaSilent } });
      const browser = createBrowser(client);
      await browser.signIn();
      const { location } = await browser.authorize({ ...stepUp, prompt: 'none' });
      expect(answerOf(location)).toMatchObject({
        error: mfaSilent,
        error_description: 'Multifactor authentication required',
      });
    },
  );

  it('is not required with a remembered browser, unless acr_values ask', async () => {
    emulator.configure({ mfaPolicy: 'always' });
    const browser = createBrowser(client);
    const page = await browser.signIn();
    phone.approve();
    await browser.post(page, { action: 'look', remember: 'yes' });
    const again = await browser.signIn({ prompt: 'login' });
    expect(answerOf(again.location)).toHaveProperty('code');
    expect((await browser.authorize(stepUp)).location).toMatch(/^\/u\/mfa/);
    emulator.clock.advance(emulator.settings.lifetimes.rememberedBrowserMs);
    expect((await browser.signIn({ prompt: 'login' })).location).toMatch(/^\/u\/mfa/);
  });
});

describe('a user without a factor', () => {
  it('enrols a push on the page, and keeps the recovery code', async () => {
    const { browser, page } = await atSecondFactor();
    expect((await browser.follow(page)).text).toContain('add one');
    await browser.post(page, { action: 'enroll', factor: 'push' });
    const shown = await browser.follow(page);
    expect(shown.text).toContain('<svg');
    expect(phone.view().enrollments).toMatchObject([{ kind: 'push', client: 'Demo app with a server' }]);
    phone.scan();
    expect((await browser.follow(page)).text).toContain('Keep your recovery code');
    const { location } = await browser.post(page, { action: 'kept' });
    expect(await claimsOf(location)).toMatchObject({ amr: ['mfa'] });
    expect(phone.view().authenticators).toHaveLength(3);
  });

  it.each([
    ['otp', {}],
    ['sms', { address: '+49 170 1234567' }],
    ['email', {}],
  ] as const)('enrols by a code: %s', async (factor, fields) => {
    emulator.configure({ recoveryCodes: false });
    const { browser, page } = await atSecondFactor();
    await browser.post(page, { action: 'enroll', factor, ...fields });
    if (factor === 'otp') phone.scan();
    const code = factor === 'otp' ? phone.codes()[0]?.code : phone.messages()[0]?.code;
    const { location } = await browser.post(page, { action: 'code', code: String(code) });
    expect(await claimsOf(location)).toMatchObject({ amr: ['mfa'] });
  });

  it('is told what is wrong with a number, and with a factor that is off', async () => {
    emulator.configure({ factors: ['sms'] });
    const { browser, page } = await atSecondFactor();
    const wrong = await browser.post(page, { action: 'enroll', factor: 'sms', address: '12' });
    expect(wrong).toMatchObject({ status: 400, text: expect.stringContaining('phone number is invalid') });
    const off = await browser.post(page, { action: 'enroll', factor: 'push' });
    expect(off).toMatchObject({ status: 400, text: expect.stringContaining('cannot be enrolled here') });
  });

  it('is denied when the tenant enrols nobody during a login', async () => {
    emulator.configure({ noFactor: 'deny' });
    const { location } = await createBrowser(client).signIn(stepUp);
    expect(answerOf(location)).toMatchObject({
      error: 'access_denied',
      error_description: 'no_second_factor',
    });
  });

  it('who has one must pass it, and cannot enrol another instead', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const { browser, page } = await atSecondFactor();
    const reply = await browser.post(page, { action: 'enroll', factor: 'otp' });
    expect(reply).toMatchObject({ status: 400, text: expect.stringContaining('cannot be enrolled here') });
  });
});

describe('tokens after a second factor', () => {
  beforeEach(() => void emulator.enroll('ada', { factor: 'push' }));
  const start = stoppedClock.now() / 1000;

  it.each([
    ['absent', {}, undefined],
    ['login', {}, start],
    ['mfa', {}, start + 60],
    ['absent', { max_age: '0' }, start],
    ['mfa', { max_age: '0' }, start + 60],
  ] as const)('have the auth_time of the dialect: %s with %o', async (stepUpAuthTime, params, authTime) => {
    emulator.configure({ dialect: { stepUpAuthTime } });
    const { browser, page } = await atSecondFactor({ ...stepUp, ...params });
    emulator.clock.advance(60_000);
    expect((await claimsOf(await approved(browser, page))).auth_time).toBe(authTime);
  });

  it('keep amr for the session in the other dialect', async () => {
    emulator.configure({ dialect: { amrScope: 'session' } });
    const { browser, page } = await atSecondFactor();
    await approved(browser, page);
    expect(await claimsOf((await browser.authorize()).location)).toMatchObject({ amr: ['mfa'] });
  });

  it('repeat an acr that was not met, if the tenant echoes it', async () => {
    emulator.configure({ loginMfa: 'never', dialect: { acrEcho: 'on' } });
    const { location } = await createBrowser(client).signIn(stepUp);
    const claims = await claimsOf(location);
    expect(claims.acr).toBe(multiFactor);
    expect(claims).not.toHaveProperty('amr');
  });

  it('show time and type in a claim, as an Action would', async () => {
    emulator.configure({ mfaClaim: 'https://app.example/mfa' });
    const { browser, page } = await atSecondFactor();
    emulator.clock.advance(5_000);
    expect((await claimsOf(await approved(browser, page)))['https://app.example/mfa']).toEqual({
      at: new Date(stoppedClock.now() + 5_000).toISOString(),
      type: 'push-notification',
    });
  });

  it('are renewed without amr', async () => {
    const { browser, page } = await atSecondFactor();
    const { body } = await exchangeCode(client, answerOf(await approved(browser, page)).code);
    const renewed = await client.token({
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
    });
    expect(decodeJwt(String(renewed.body.id_token))).not.toHaveProperty('amr');
  });
});
