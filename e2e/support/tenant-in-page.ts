// Bundled into a page by tenant-in-page.test.ts, which then holds the tenant, the phone and the flow.
import { createAuth0MfaApi, createAuth0SignIn, createStepUpActor, type FlowStateName } from '@stepgate/core';
import { createEmulator, mountPhone } from '@stepgate/emulator/browser';

const emulator = createEmulator({ issuer: 'https://tenant.example/' });
const client = {
  issuer: emulator.issuer,
  clientId: 'stepgate-demo-public',
  fetch: (input: RequestInfo | URL, init?: RequestInit) => emulator.handle(new Request(input, init)),
};
const api = createAuth0MfaApi(client);
const signIn = createAuth0SignIn({ ...client, scope: 'openid transfer:funds' });
const phone = document.body.appendChild(document.createElement('div'));
mountPhone(phone, emulator.phone('ada'));

/** Signs in and steps up. Returns the states on the way and the scope of the tokens. */
async function stepUp(): Promise<{ states: FlowStateName[]; scope?: string | undefined }> {
  const first = await signIn.password({ username: 'ada', password: 'correct-horse' });
  if (first.status !== 'mfa_required') throw new Error('The tenant did not ask for MFA.');
  const actor = createStepUpActor({
    way: api,
    mfaToken: first.mfaToken,
    settings: { pollIntervalMs: 100 },
    random: () => 0,
  });
  const states: FlowStateName[] = [];
  const atRest = Promise.withResolvers<void>();
  actor.subscribe(({ view }) => {
    if (states.at(-1) !== view.state) states.push(view.state);
    if (view.state === 'acknowledging') actor.send({ type: 'codes.acknowledge' });
    if (['approved', 'rejected', 'failed', 'expired'].includes(view.state)) atRest.resolve();
  });
  actor.send({ type: 'flow.start' });
  await atRest.promise;
  return { states, scope: actor.tokens()?.scope };
}

Object.assign(globalThis, { stepUp });
