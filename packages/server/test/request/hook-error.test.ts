import { createTestTenant } from 'suites/test-tenant.ts';
import { expect, it } from 'vitest';
import { identifyError, policyError } from '../../src/request/hook-error.ts';
import type { HostRequest } from '../../src/request/host-request.ts';
import { createGateClient, createTestGate, type TestNative } from '../support/gate-client.ts';

const request = { method: 'POST', url: '/transfers?token=secret' } as HostRequest<unknown>;

it.each([
  (native: object) => (native as { session: { user: string } }).session.user,
  async (native: object) => (native as { session: { user: string } }).session.user,
])('reports a gate that is mounted before what identify reads, and keeps the stack: %#', async (read) => {
  const errors: Error[] = [];
  const gate = createTestGate(createTestTenant(), {
    identify: (native) => read(native) as never,
    onError: (error) => errors.push(error as Error),
  });
  const client = createGateClient({ gate, identity: { subject: 'ada', sessionId: 's' } });

  expect(await client.decide()).toMatchObject({ response: { status: 500 } });

  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toMatch(/^identify: .*mount the gate after what it reads, such as the session/);
  expect(errors[0]?.cause).toBeInstanceOf(TypeError);
});

it('names the request of a policy that fails, without its query', () => {
  const cause = new Error('no limits');
  expect(policyError(cause, request)).toMatchObject({
    message: 'policy of POST /transfers: no limits',
    cause,
  });
  expect(policyError('gone', request).message).toBe(
    'policy of POST /transfers: something that is not an error',
  );
});

it.each([
  [
    { status: 400, expose: true },
    { code: 'invalid_request', status: 400, message: 'why' },
  ],
  [{ status: 404 }, { name: 'HookError' }],
  [{ status: 403, expose: false }, { name: 'HookError' }],
  [{ status: 500, expose: true }, { name: 'HookError' }],
  [{ status: '400', expose: true }, { name: 'HookError' }],
])(
  'refuses with what a policy throws only if it is a fault of the client that may be shown: %j',
  (members, told) => {
    expect(policyError(Object.assign(new Error('why'), members), request)).toMatchObject(told);
  },
);

it.each([(id: string) => () => ({ action: { id } }), (id: string) => ({ action: () => ({ id }) })])(
  'refuses a request that makes an action too long to show, without a fault: %#',
  async (policyOf) => {
    const errors: unknown[] = [];
    const gate = createTestGate(createTestTenant(), { onError: (error) => errors.push(error) });
    const native = { identity: { subject: 'ada', sessionId: 's' } };
    const asked: HostRequest<TestNative> = {
      native,
      method: 'POST',
      url: '/transfers',
      protocol: 'https',
      host: 'bank.example',
      header: () => undefined,
      forPolicy: () => native,
      parsedBody: () => undefined,
      whenGone: () => {},
    };

    const decisions = [];
    for (const length of [100, 5_000]) decisions.push(await gate.guard(policyOf('x'.repeat(length)))(asked));

    expect(decisions).toMatchObject([
      { response: { status: 401 } },
      { response: { status: 400 }, error: { code: 'invalid_request' } },
    ]);
    expect(errors).toEqual([]);
  },
);

it('reports the same thing once', () => {
  const told = policyError(new Error('why'), request);
  expect(policyError(told, request)).toBe(told);
  expect(identifyError(told)).toBe(told);
});
