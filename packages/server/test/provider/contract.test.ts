import { type OidcProvider, startOidcProvider } from 'suites/oidc-provider.ts';
import { describeProvider, type ProviderScene } from 'suites/providers/describe-provider.ts';
import { CLIENT_SECRET, createTestTenant } from 'suites/test-tenant.ts';
import { afterAll, beforeAll } from 'vitest';
import { auth0, oidc } from '../../src/index.ts';

const POLL_MS = 6_000;

describeProvider('auth0', ['ciba', 'mfa-api'], async (): Promise<ProviderScene> => {
  const tenant = createTestTenant();
  tenant.emulator.enroll('ada', { factor: 'push' });
  const { audience: _audience, scope: _scope, ...client } = tenant.auth0;
  return {
    provider: auth0({ ...client, ciba: {}, mfaApi: {} }),
    subject: tenant.ada.subject,
    stranger: 'auth0|nobody',
    secrets: [CLIENT_SECRET],
    now: () => tenant.clock.now(),
    mfaToken: () => tenant.mfaToken(),
    pushes: () => {
      const all = tenant.phone.notifications();
      return { count: all.length, message: all.at(-1)?.message ?? '' };
    },
    approve: async () => void tenant.phone.approve(),
    deny: async () => void tenant.phone.deny(),
    wait: () => tenant.clock.advance(POLL_MS),
  };
});

let standard: OidcProvider;
beforeAll(async () => {
  standard = await startOidcProvider();
});
afterAll(() => standard.close());

describeProvider('oidc', ['ciba'], async (): Promise<ProviderScene> => {
  const before = standard.asked.length;
  const newest = () => standard.asked.at(-1) ?? { authReqId: '', message: '' };
  return {
    provider: oidc({
      issuer: standard.issuer,
      clientId: 'post',
      clientSecret: 'client-secret',
      allowInsecureIssuer: true,
      ciba: {},
    }),
    subject: 'auth0|ada',
    stranger: 'auth0|nobody',
    secrets: ['client-secret'],
    now: Date.now,
    mfaToken: () => Promise.reject(new Error('there is no first leg')),
    pushes: () => ({ count: standard.asked.length - before, message: newest().message }),
    approve: () => standard.approve(newest().authReqId),
    deny: () => standard.refuse(newest().authReqId, 'AccessDenied'),
    wait: () => {},
  };
});
