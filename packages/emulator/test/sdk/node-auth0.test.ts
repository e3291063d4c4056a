import { ManagementClient } from 'auth0';
import { AuthenticationClient } from 'auth0/legacy';
import { expect, it } from 'vitest';
import { startHttpsTenant } from './https-tenant.ts';

const { emulator, domain } = await startHttpsTenant();
const credentials = { clientId: 'stepgate-demo', clientSecret: 'stepgate-demo-secret' };
const sub = (): string => emulator.users()[0]?.sub ?? '';

it('node-auth0 signs in, steps up with a push, renews and signs out', async () => {
  emulator.enroll('ada', { factor: 'push' });
  const authentication = new AuthenticationClient({ domain, ...credentials });
  const ada = { username: 'ada', password: 'correct-horse', realm: 'Username-Password-Authentication' };
  const { data } = await authentication.oauth.passwordGrant({ ...ada, scope: 'openid offline_access' });
  expect(data.id_token).toBeDefined();

  const asked = authentication.oauth.passwordGrant({ ...ada, scope: 'openid transfer:funds' });
  const refusal = await asked.catch((error: { error: string; body: string }) => error);
  if (!('body' in refusal)) throw new Error('MFA was not asked for');
  expect(refusal.error).toBe('mfa_required');
  const { mfa_token } = JSON.parse(refusal.body) as { mfa_token: string };
  const challenge = await fetch(`https://${domain}/mfa/challenge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      mfa_token,
      challenge_type: 'oob',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    }),
  });
  emulator.phone('ada').approve();
  const { oob_code } = (await challenge.json()) as { oob_code: string };
  const body = new URLSearchParams({
    grant_type: 'http://auth0.com/oauth/grant-type/mfa-oob',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    mfa_token,
    oob_code,
  });
  const elevated = await (await fetch(`https://${domain}/oauth/token`, { method: 'POST', body })).json();
  expect(elevated).toMatchObject({ scope: 'openid transfer:funds' });

  const renewed = await authentication.oauth.refreshTokenGrant({ refresh_token: data.refresh_token ?? '' });
  await authentication.oauth.revokeRefreshToken({ token: renewed.data.refresh_token ?? '' });
  const again = authentication.oauth.refreshTokenGrant({ refresh_token: renewed.data.refresh_token ?? '' });
  await expect(again).rejects.toMatchObject({ error: 'invalid_grant' });
});

it('node-auth0 manages users and what they have enrolled', async () => {
  const management = new ManagementClient({ domain, ...credentials });
  const created = await management.users.create({
    connection: 'Username-Password-Authentication',
    email: 'grace@navy.example',
    password: 'hopper',
  });
  expect((await management.users.get(created.user_id ?? '')).email).toBe('grace@navy.example');
  await management.users.delete(created.user_id ?? '');

  emulator.enroll('ada', { factor: 'push' });
  emulator.enroll('ada', { factor: 'sms' });
  const methods = await management.users.authenticationMethods.list(sub());
  expect(methods.data.map(({ type }) => type)).toEqual(['push', 'totp', 'phone']);
  const { recovery_code } = await management.users.regenerateRecoveryCode(sub());
  expect(recovery_code).toMatch(/^[A-Z0-9]{24}$/);

  const { ticket_url } = await management.guardian.enrollments.createTicket({ user_id: sub() });
  expect((await fetch(ticket_url ?? '')).status).toBe(200);
  await management.guardian.factors.set('sms', { enabled: false });
  const factors = await management.guardian.factors.list();
  expect(factors.find(({ name }) => name === 'sms')?.enabled).toBe(false);
  const logs = await management.logs.list({ search: 'type:sa', per_page: 2 });
  expect(logs.data[0]).toMatchObject({ type: 'sapi', client_id: 'stepgate-demo' });
  const sink = { httpEndpoint: 'http://127.0.0.1:9/', httpAuthorization: 'Bearer the-token' };
  const stream = await management.logStreams.create({ name: 'siem', type: 'http', sink });
  expect(stream).toMatchObject({ name: 'siem', type: 'http', status: 'active' });
  expect(await management.logStreams.list()).toMatchObject([{ name: 'siem' }]);
  await management.logStreams.delete(String(stream.id));
  expect(emulator.logStreams()).toEqual([]);
  await management.users.authenticationMethods.deleteAll(sub());
  expect(emulator.phone('ada').view().authenticators).toEqual([]);
});
