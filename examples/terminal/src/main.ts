import { createInterface } from 'node:readline';
import { createAuth0MfaApi, createAuth0SignIn, createStepUpActor, isStepUpError } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { allowedAtOf, hintOf, requestOf, screenOf } from './screen.ts';

const { AUTH0_ISSUER, AUTH0_CLIENT_ID = 'stepgate-demo-public', AUTH0_AUDIENCE } = process.env;
const { AUTH0_SCOPE = 'transfer:funds', USERNAME = 'ada', PASSWORD = 'correct-horse' } = process.env;

// Without a tenant of your own there is one in this process, and a phone in a web page.
const emulated = AUTH0_ISSUER === undefined ? await createEmulator().listen() : undefined;
if (emulated !== undefined) console.log(`The phone: ${emulated.phoneUrl}?user=${USERNAME}\n`);

const issuer = AUTH0_ISSUER ?? emulated?.url ?? '';
const client = {
  issuer,
  clientId: AUTH0_CLIENT_ID,
  // An emulator on this machine speaks plain http. A real tenant never does.
  allowInsecureIssuer: issuer.startsWith('http://127.0.0.1:'),
};
const signIn = createAuth0SignIn({
  ...client,
  scope: AUTH0_SCOPE,
  ...(AUTH0_AUDIENCE !== undefined && { audience: AUTH0_AUDIENCE }),
});

const stepUp = createStepUpActor({
  way: createAuth0MfaApi(client),
  signIn: async ({ signal }) => {
    const result = await signIn.password({ username: USERNAME, password: PASSWORD, signal });
    if (result.status === 'mfa_required') return result;
    throw new Error('The tenant asked for no second factor.');
  },
  onError: (error) => console.error(isStepUpError(error) ? error.code : (error as Error).message),
});

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { view } = stepUp;
  const request = requestOf(view, line);
  if (request === undefined) {
    const problem = line.trim() === '' ? '' : 'There is no such choice now. ';
    return console.log(`${problem}${hintOf(view)}\n`);
  }
  const seconds = Math.ceil((allowedAtOf(view, request) - Date.now()) / 1_000);
  if (seconds > 0) return console.log(`That can be done in ${seconds} seconds.\n`);
  stepUp.send(request);
});

// Ctrl-D
lines.on('close', () => stepUp.send({ type: 'flow.cancel' }));

let shown = '';
stepUp.subscribe({
  next: ({ view }) => {
    const screen = screenOf(view);
    if (screen !== '' && screen !== shown) console.log(`${screen}\n`);
    shown = screen;
  },
  complete: () => {
    lines.close();
    // A pipe, unlike a terminal, would keep the process waiting.
    process.stdin.destroy();
    process.exitCode = stepUp.view.state === 'approved' ? 0 : 1;
    void emulated?.close();
  },
});
stepUp.send({ type: 'flow.start' });
