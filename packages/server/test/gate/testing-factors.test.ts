import { expect, it } from 'vitest';
import { createGate, type Policy } from '../../src/index.ts';
import { createTestKit, type TestKitOptions } from '../../src/testing.ts';
import { createGateClient, type TestNative } from '../support/gate-client.ts';

const identity = { subject: 'ada', sessionId: 's' };
/** It leaves its factors to the gate, and has an action: its approvals serve the very same policy alone. */
const policy: Policy = { action: { id: 'pay 9' } };

/** Whether an approval that the kit grants serves the policy of a gate with the kit's options. */
async function isServed(
  options?: TestKitOptions,
  grant: { readonly factor?: 'push' | 'otp' } = {},
): Promise<boolean> {
  const kit = createTestKit(options);
  const gate = createGate<TestNative>({ ...kit.options, identify: () => identity });
  const [handle = ''] = Object.values(await kit.approve(identity, { policy, ...grant }));
  return createGateClient({ gate, identity, policy, handle }).isAllowed();
}

it('grants approvals by the factors that the gate counts', async () => {
  expect(await isServed()).toBe(true);
  expect(await isServed({ factors: ['push', 'otp', 'hosted'] })).toBe(true);
  // By the first that counts, where push does not; by no other.
  expect(await isServed({ factors: ['hosted'] })).toBe(true);
  expect(await isServed({ factors: ['hosted'] }, { factor: 'push' })).toBe(false);
});

it('says what is wrong with its options', () => {
  expect(() => createTestKit({ factor: 'hosted' } as TestKitOptions)).toThrow(/^factor: is not an option/);
});
