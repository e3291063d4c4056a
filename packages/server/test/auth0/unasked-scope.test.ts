import { decodeJwt } from 'jose';
import { createTestTenant, PASSWORD, type TestTenant } from 'suites/test-tenant.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Policy, TokenClaims } from '../../src/index.ts';
import { createGateClient, createTestGate, type TestGateOptions } from '../support/gate-client.ts';

const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
const STEP_UP = 'transfer:funds';

let tenant: TestTenant;
beforeEach(() => {
  tenant = createTestTenant();
  // Such a tenant gives a password every scope of its API, those that ask for MFA included.
  tenant.emulator.configure({ dialect: { passwordScopes: 'all' } });
});

function connect(options: TestGateOptions = {}, policy?: Policy) {
  const gate = createTestGate(tenant, options);
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  return createGateClient({ gate, identity, ...(policy !== undefined && { policy }) });
}

/** The claims of the access token that a password alone brings. */
async function claimsOfPassword(): Promise<TokenClaims> {
  const form = {
    grant_type: 'password',
    client_id: 'stepgate-demo',
    client_secret: 'stepgate-demo-secret',
    username: 'ada',
    password: PASSWORD,
    scope: 'openid',
  };
  const response = await tenant.emulator.handle(
    new Request(`${tenant.emulator.issuer}oauth/token`, { method: 'POST', body: new URLSearchParams(form) }),
  );
  const { access_token: token } = (await response.json()) as { readonly access_token: string };
  return decodeJwt(token) as TokenClaims;
}

describe('a step-up scope in password tokens that nobody asked for', () => {
  it('is not evidence for a guard', async () => {
    const claims = await claimsOfPassword();
    expect(claims).toMatchObject({ scope: expect.stringContaining(STEP_UP), sub: tenant.ada.subject });
    const policies: Policy[] = [
      { maxAge: '5m' },
      { maxAge: '5m', evidence: { acr: [MFA] } },
      { maxAge: '5m', evidence: { amr: ['mfa'] } },
    ];
    for (const policy of policies) {
      expect(await connect({ evidence: () => claims }, policy).isAllowed()).toBe(false);
    }
  });

  it('is not an approval when the tenant asks for no MFA', async () => {
    tenant.emulator.configure({ mfaPolicy: 'never' });
    const client = connect();
    await client.start();
    const view = await client.event({ type: 'password.submit', password: PASSWORD });
    expect(tenant.exchanges.at(-1)?.received).toContain(STEP_UP);
    expect(view).toMatchObject({ state: 'failed', reason: 'mfa_not_required' });
    expect(await client.isAllowed()).toBe(false);
  });

  it('does not replace the approval of the push', async () => {
    await tenant.enrolPush();
    const client = connect();
    await client.start();
    const view = await client.event({ type: 'password.submit', password: PASSWORD });
    expect(view).toMatchObject({ state: 'polling' });
    expect(await client.isAllowed()).toBe(false);
    tenant.phone.deny();
    expect(await client.isAllowed()).toBe(false);
  });
});
