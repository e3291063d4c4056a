import { expect, it } from 'vitest';
import { createGate, type Gate } from '../../src/gate/gate.ts';
import type { HostRequest } from '../../src/request/host-request.ts';

const request: HostRequest<string | undefined> = {
  native: 'ada',
  method: 'POST',
  url: '/transfers',
  protocol: 'https',
  host: 'bank.example',
  header: () => undefined,
  forPolicy: () => 'ada',
};

function openGate(): { readonly gate: Gate<string | undefined>; readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const gate = createGate<string | undefined>({
    auth0: { issuer: 'https://tenant.test/', clientId: 'client' },
    secret: 'a secret of at least 32 characters, for tests',
    identify: (subject) => (subject === undefined ? undefined : { subject, sessionId: 's' }),
    firstLeg: { password: { username: () => 'ada' } },
    onError: (error) => errors.push(error),
  });
  return { gate, errors };
}

it('tells once that a gate is not mounted whose guard refuses', async () => {
  const { gate, errors } = openGate();
  const guard = gate.guard({});

  await guard({ ...request, native: undefined });
  expect(errors).toEqual([]);
  await guard(request);
  await guard(request);

  expect(errors).toEqual([
    expect.objectContaining({
      code: 'misconfigured',
      message: expect.stringMatching(/app\.use\(gate\).* \/step-up$/),
    }),
  ]);
});

it('tells nothing where requests come by the gate', async () => {
  const { gate, errors } = openGate();

  await gate.endpoints(request, () => new Request('https://bank.example/transfers'));
  await gate.guard({})(request);

  expect(errors).toEqual([]);
});
