import {
  createVisitor,
  CALLBACK as LOGIN_CALLBACK,
  type OidcLogin,
  CLIENT_SECRET as STANDARD_SECRET,
  startOidcLogin,
} from 'suites/oidc-login.ts';
import { type OidcProvider, startOidcProvider } from 'suites/oidc-provider.ts';
import { describeProvider, type ProviderScene } from 'suites/providers/describe-provider.ts';
import { CALLBACK, CLIENT_SECRET, createTestTenant } from 'suites/test-tenant.ts';
import { afterAll, beforeAll } from 'vitest';
import { auth0, oidc } from '../../src/index.ts';

const POLL_MS = 6_000;

describeProvider('auth0', ['ciba', 'mfa-api', 'redirect'], async (): Promise<ProviderScene> => {
  const tenant = createTestTenant();
  tenant.emulator.enroll('ada', { factor: 'push' });
  const { audience: _audience, scope: _scope, ...client } = tenant.auth0;
  return {
    provider: auth0({ ...client, ciba: {}, mfaApi: {}, redirect: {} }),
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
    page: {
      callback: CALLBACK,
      async visit(address, answer) {
        const decision = answer === 'confirm' ? 'approve' : 'cancel';
        const { url } = await tenant.emulator.completeLogin(address, { decision });
        return new URL(url).search.slice(1);
      },
    },
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

let login: OidcLogin;
beforeAll(async () => {
  login = await startOidcLogin();
});
afterAll(() => login.close());

describeProvider('oidc', ['redirect'], async (): Promise<ProviderScene> => {
  const none = (): never => {
    throw new Error('nothing is sent to a phone');
  };
  return {
    provider: oidc({
      issuer: login.issuer,
      clientId: 'app',
      clientSecret: STANDARD_SECRET,
      allowInsecureIssuer: true,
      redirect: { acr: ['gold'] },
    }),
    subject: 'auth0|ada',
    stranger: 'auth0|nobody',
    secrets: [STANDARD_SECRET],
    now: Date.now,
    mfaToken: none,
    pushes: none,
    approve: none,
    deny: none,
    wait: none,
    page: {
      callback: LOGIN_CALLBACK,
      async visit(address, answer) {
        login.answer(
          answer === 'confirm'
            ? { accountId: 'auth0|ada', acr: 'gold', amr: ['pwd', 'mfa'] }
            : { error: 'access_denied' },
        );
        const { search } = await createVisitor().visit(address);
        return search.slice(1);
      },
    },
  };
});
