import type { FlowView } from '@stepgate/core';
import { createTestTenant, PASSWORD, providerOf, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createGateClient, createTestGate, type TestGateOptions } from '../support/gate-client.ts';

interface Outcome {
  readonly view: FlowView;
  readonly messages: readonly string[];
  /** How many enrolments the tenant was asked for. */
  readonly enrolments: number;
}

/** Where the first flow of a user without a phone gets, up to the QR code, when something is set up wrongly. */
async function firstFlow(
  tenant: TestTenant,
  options: TestGateOptions,
  subject = tenant.ada.subject,
): Promise<Outcome> {
  const messages: string[] = [];
  const gate = createTestGate(tenant, {
    ...options,
    onError: (error) => messages.push((error as Error).message),
  });
  const client = createGateClient({ gate, identity: { subject, sessionId: 's' } });
  await client.start();
  const view = await client.event({ type: 'password.submit', password: PASSWORD });
  const enrolments = tenant.exchanges.filter(({ path }) => path === '/mfa/associate').length;
  return { view, messages, enrolments };
}

describe('a wrong set-up is reported before a phone is enrolled', () => {
  it('enrols the phone when the set-up is right', async () => {
    const { view, messages, enrolments } = await firstFlow(createTestTenant(), {});
    expect(view).toMatchObject({ state: 'confirming' });
    expect(messages).toEqual([]);
    expect(enrolments).toBe(1);
  });

  it('names both hosts when the issuer is not the one that the tenant uses', async () => {
    const tenant = createTestTenant();
    const provider = providerOf({ ...tenant.auth0, issuer: 'https://localhost:4000' });

    const { view, messages, enrolments } = await firstFlow(tenant, { provider });

    expect(view).toMatchObject({ state: 'failed', reason: 'provider_misconfigured' });
    expect(messages).toEqual([
      'The issuer is configured as https://localhost:4000/, but the provider there calls itself https://tenant.test/. Its tokens would be refused. Configure the issuer as https://tenant.test/',
    ]);
    expect(enrolments).toBe(0);
  });

  it('names an e-mail address that was given as the subject', async () => {
    const tenant = createTestTenant();

    const { view, messages, enrolments } = await firstFlow(tenant, {}, 'ada@bank.example');

    expect(view).toMatchObject({ state: 'failed', reason: 'subject_mismatch' });
    expect(messages).toEqual([
      '`identify` gives the subject "ada@bank.example", which is an e-mail address. It must be the `sub` claim of the tenant, like "auth0|5f7c8ec7c33c6c004bbafe82"',
    ]);
    expect(enrolments).toBe(0);
  });

  it.each<[string, () => Promise<Response>, string, string]>([
    [
      'has no such tenant',
      async () => new Response('Not found', { status: 404 }),
      'provider_misconfigured',
      'There is no discovery document at https://tenant.test/.well-known/openid-configuration (404): check the issuer',
    ],
    [
      'is not there',
      () =>
        Promise.reject(
          new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) }),
        ),
      'provider_unavailable',
      'no response to GET https://tenant.test/.well-known/openid-configuration: ENOTFOUND',
    ],
  ])('names an address that %s, and why', async (_, answer, reason, message) => {
    const tenant = createTestTenant();
    const provider = providerOf({ ...tenant.auth0, fetch: answer });

    const { view, messages, enrolments } = await firstFlow(tenant, { provider });

    expect(view).toMatchObject({ reason });
    expect(messages).toEqual([message]);
    expect(enrolments).toBe(0);
  });
});
