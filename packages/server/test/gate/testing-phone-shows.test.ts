import { expect, it } from 'vitest';
import { createGate, type Policy } from '../../src/index.ts';
import { createTestKit } from '../../src/testing.ts';
import { createGateClient, type TestNative } from '../support/gate-client.ts';

const policy: Policy = { action: { id: '1', title: 'Pay 9' }, phoneShows: 'message' };
const identity = { subject: 'ada', sessionId: 's' };

it('shows the code of a push whose policy asks what the phone shows, and needs it typed', async () => {
  const kit = createTestKit();
  const gate = createGate<TestNative>({ ...kit.options, identify: () => identity });
  const client = createGateClient({ gate, identity, policy });
  expect(await client.start()).toMatchObject({ state: 'polling', pushCode: { isAwaited: true } });
  kit.phone.approve();
  await expect.poll(() => client.view()).toMatchObject({ pushCode: { isAnswered: true } });
  expect(await client.isAllowed()).toBe(false);

  await client.event({ type: 'code.submit', code: kit.phone.pushCode });

  expect(await client.isAllowed()).toBe(true);
});

it('shows no code with any other push', async () => {
  const kit = createTestKit();
  const gate = createGate<TestNative>({ ...kit.options, identify: () => identity });
  const client = createGateClient({ gate, identity });
  await client.start();
  expect(kit.phone.pushCode).toBeUndefined();
  kit.phone.approve();
  await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
});
