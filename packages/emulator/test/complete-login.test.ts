import { beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type EnrolledFactor } from '../src/index.ts';
import { answerOf, exchangeCode, request } from './desk-browser.ts';
import { createTenantClient } from './tenant-client.ts';

const emulator = createEmulator({
  users: [
    { username: 'ada', password: 'correct-horse' },
    { username: 'grace', connection: 'google-oauth2' },
  ],
});
const client = createTenantClient(emulator);
beforeEach(() => emulator.reset());

const acr = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
const addressOf = (params: Record<string, string> = {}) =>
  `${emulator.issuer}authorize?${new URLSearchParams({ ...request, ...params })}`;

describe('completeLogin', () => {
  it('passes the password and comes back with a code', async () => {
    const { url } = await emulator.completeLogin(addressOf());
    expect(await exchangeCode(client, answerOf(url).code)).toMatchObject({ status: 200 });
  });

  it.each<EnrolledFactor>([{ factor: 'push' }, { factor: 'otp' }, { factor: 'sms' }, { factor: 'email' }])(
    'passes the second factor: $factor',
    async (factor) => {
      emulator.enroll('ada', factor);
      const { url } = await emulator.completeLogin(addressOf({ acr_values: acr }));
      expect(answerOf(url)).toHaveProperty('code');
    },
  );

  it('enrols a phone if there is none, and keeps the recovery code', async () => {
    const { url } = await emulator.completeLogin(addressOf({ acr_values: acr }));
    expect(answerOf(url)).toHaveProperty('code');
    expect(emulator.phone('ada').view().authenticators).toHaveLength(3);
  });

  it('passes two factors if the tenant asks for two', async () => {
    emulator.configure({ requiredFactors: 2 });
    emulator.enroll('ada', { factor: 'push' });
    emulator.enroll('ada', { factor: 'email' });
    const { url } = await emulator.completeLogin(addressOf({ acr_values: acr }));
    expect(answerOf(url)).toHaveProperty('code');
  });

  it('comes in from another identity provider', async () => {
    const { url } = await emulator.completeLogin(addressOf(), { username: 'grace' });
    expect(answerOf(url)).toHaveProperty('code');
  });

  it('keeps the session in the cookies it is given', async () => {
    const cookies = new Map<string, string>();
    await emulator.completeLogin(addressOf(), { cookies });
    const { url } = await emulator.completeLogin(addressOf({ prompt: 'none' }), { cookies });
    expect(answerOf(url)).toHaveProperty('code');
  });

  it('gives the form that is posted to the callback', async () => {
    const { url, form } = await emulator.completeLogin(addressOf({ response_mode: 'form_post' }));
    expect({ url, form }).toEqual({
      url: request.redirect_uri,
      form: { code: expect.any(String), state: 'st&te' },
    });
  });

  it('denies on the phone, or cancels', async () => {
    emulator.enroll('ada', { factor: 'push' });
    const address = addressOf({ acr_values: acr });
    await expect(emulator.completeLogin(address, { decision: 'deny' })).rejects.toThrow(
      'denied on the phone',
    );
    const { url } = await emulator.completeLogin(address, { decision: 'cancel' });
    expect(answerOf(url)).toMatchObject({ error: 'access_denied' });
  });

  it('reports what a page complains about', async () => {
    const wrong = addressOf({ redirect_uri: 'https://evil.example/' });
    await expect(emulator.completeLogin(wrong)).rejects.toThrow('Callback URL mismatch');
    await expect(emulator.completeLogin(addressOf(), { username: 'nobody' })).rejects.toThrow(
      'no user nobody',
    );
  });

  it('exists for tests in any language, and in each tenant', async () => {
    const { body } = await client.call('POST', '/_emulator/logins', { json: { url: addressOf() } });
    expect(answerOf(String(body.url))).toHaveProperty('code');
    const other = emulator.tenant('other');
    const address = addressOf().replace('/authorize', '/t/other/authorize');
    expect(answerOf((await other.completeLogin(address)).url)).toHaveProperty('code');
  });
});
