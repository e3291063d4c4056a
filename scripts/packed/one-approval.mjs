// Runs one approval, from the refusal to the handler, with an app on the packed gate and the packed emulator.
import assert from 'node:assert/strict';

const ROUTE = '/transfers';
const USER = { username: 'ada', password: 'correct-horse' };
const CLIENT = { clientId: 'stepgate-demo', clientSecret: 'stepgate-demo-secret' };

/** `serve` mounts a gate with these options and a guarded POST route in a host, and resolves to `{ url, close }`. */
export async function oneApproval({ createEmulator, createAuth0MfaApi, createAuth0SignIn, auth0, serve }) {
  const emulator = createEmulator();
  const tenant = await emulator.listen({ port: 0 });
  const client = { ...CLIENT, issuer: tenant.url, allowInsecureIssuer: true };
  const mfaApi = { audience: 'https://bank.example/', scope: 'transfer:funds' };
  const signIn = createAuth0SignIn({ ...client, ...mfaApi });
  const mfaToken = async () => (await signIn.password(USER)).mfaToken;
  await createAuth0MfaApi(client).enroll({ mfaToken: await mfaToken(), factor: 'push' });
  const phone = emulator.phone(USER.username);
  phone.scan();

  const [{ sub }] = emulator.users();
  const app = await serve(ROUTE, {
    provider: auth0({ ...client, mfaApi }),
    secret: 'a secret of at least 32 characters, for tests',
    identify: () => ({ subject: sub, sessionId: 'login' }),
    firstLeg: { custom: async () => ({ mfaToken: await mfaToken() }) },
    testing: { timing: { pollIntervalMs: 100 }, random: () => 0 },
  });
  const headers = { 'content-type': 'application/json', 'stepgate-handle': 'new' };
  const post = (path, body) => fetch(app.url + path, { method: 'POST', headers, body: JSON.stringify(body) });

  const refused = await post(ROUTE, {});
  assert.equal(refused.status, 401);
  const { step_up } = await refused.json();
  const started = await post('/step-up/flow', { requirement: step_up.requirement });
  assert.equal(started.status, 201);
  headers['stepgate-handle'] = started.headers.get('stepgate-handle');
  phone.approve();
  for (let state = ''; state !== 'approved'; ) {
    const look = await fetch(`${app.url}/step-up/flow`, { headers });
    ({ state } = await look.json());
    assert.ok(['polling', 'identifying', 'approved'].includes(state), state);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const allowed = await post(ROUTE, {});
  assert.equal(allowed.status, 200);
  assert.deepEqual(await allowed.json(), { factor: 'push' });
  await Promise.all([app.close(), tenant.close()]);
}

/** Listens on a free port. */
export async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
