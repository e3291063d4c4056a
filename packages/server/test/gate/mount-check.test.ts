import { createManualClock, type ManualClock } from 'suites/manual-clock.ts';
import { expect, it } from 'vitest';
import { createGate, type Gate } from '../../src/gate/gate.ts';
import { auth0, createMemoryStore } from '../../src/index.ts';
import type { HostRequest } from '../../src/request/host-request.ts';
import { requestOf } from '../support/requests.ts';

const pageLoad: HostRequest<undefined> = requestOf({ accept: 'text/html' }, { method: 'GET' });

interface Scene {
  readonly gate: Gate<undefined>;
  readonly errors: unknown[];
  readonly clock: ManualClock;
  /** Sends page loads to the page, one a second. */
  readonly refuse: (times: number) => Promise<void>;
}

function openGate({ isShared = false } = {}): Scene {
  const errors: unknown[] = [];
  const clock = createManualClock();
  const gate = createGate<undefined>({
    provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
    secret: 'a secret of at least 32 characters, for tests',
    identify: () => ({ subject: 'ada', sessionId: 's' }),
    firstLeg: { password: { username: () => 'ada' } },
    testing: { clock },
    ...(isShared && { store: createMemoryStore({ now: () => clock.now() }) }),
    onError: (error) => errors.push(error),
  });
  const guard = gate.guard({});
  return {
    gate,
    errors,
    clock,
    async refuse(times) {
      for (let i = 0; i < times; i += 1) {
        await guard(pageLoad);
        clock.advance(1_000);
      }
    },
  };
}

it('reports once that the page is missing to which guards send', async () => {
  const { errors, clock, refuse } = openGate();

  await refuse(1);
  clock.advance(5_000);
  expect(errors).toEqual([]);
  await refuse(3);

  expect(errors).toEqual([
    expect.objectContaining({
      code: 'misconfigured',
      message:
        'Guards have sent page loads to /step-up, but no request has reached the gate there. Mount it with app.use(gate).',
    }),
  ]);
});

it('believes an adapter that has registered the endpoints as routes', async () => {
  const { gate, errors, refuse } = openGate();
  gate.mounted();

  await refuse(10);

  expect(errors).toEqual([]);
});

it('gives browsers time to ask for the page', async () => {
  const { errors, refuse } = openGate();

  await refuse(5);

  expect(errors).toEqual([]);
});

it('reports nothing once a request has reached the gate, mounted for all paths or for its own', async () => {
  const { gate, errors, refuse } = openGate();

  await refuse(1);
  await gate.endpoints({ ...pageLoad, url: '/step-up' }, () => new Request('https://bank.example/step-up'));
  await refuse(20);

  expect(errors).toEqual([]);
});

it('allows for another process to answer, if the store is shared', async () => {
  const { errors, refuse } = openGate({ isShared: true });

  await refuse(20);
  expect(errors).toEqual([]);
  await refuse(1);

  expect(errors).toHaveLength(1);
});

it('says nothing about calls that get a 401: their clients may never start a flow', async () => {
  const { gate, errors, clock } = openGate();

  for (let i = 0; i < 50; i += 1) {
    await gate.guard({})(requestOf());
    clock.advance(60_000);
  }

  expect(errors).toEqual([]);
});
