// Starts an app of app.mjs in a runtime, and drives one flow, one guard, one stream and one replay through it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';

const CLIENT = { clientId: 'stepgate-demo', clientSecret: 'stepgate-demo-secret' };
const USER = { username: 'ada', password: 'correct-horse' };
const AUDIENCE = 'https://bank.example/';

/** Fails when one of the four does. `command`: the runtime's program with its arguments; `place`: where the store is. */
export async function driveFourThings({ command, host, store, place, cwd }) {
  const emulator = createEmulator();
  const tenant = await emulator.listen({ port: 0 });
  const client = { ...CLIENT, issuer: tenant.url, allowInsecureIssuer: true };
  const signIn = (scope) => createAuth0SignIn({ ...client, audience: AUDIENCE, scope }).password(USER);
  const { mfaToken } = await signIn('transfer:funds');
  await createAuth0MfaApi(client).enroll({ mfaToken, factor: 'push' });
  const phone = emulator.phone(USER.username);
  phone.scan();
  const [{ sub }] = emulator.users();
  const { refreshToken } = (await signIn('offline_access')).tokens;

  const [program, ...args] = command;
  const app = spawn(program, [...args, 'app.mjs', host, store, place], {
    cwd,
    env: { ...process.env, USER_JSON: JSON.stringify({ issuer: tenant.url, sub, refreshToken }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(app, 'exit');
  let stdout = '';
  let stderr = '';
  app.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  app.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  try {
    const url = await new Promise((resolve, reject) => {
      app.stdout.on('data', () => {
        const found = /^app: (\S+)$/m.exec(stdout)?.[1];
        if (found) resolve(found);
      });
      void ended.then(() => reject(new Error('the app has ended')));
    });
    await fourThings(url, phone);
  } catch (error) {
    throw new Error(`${host} with ${store} in ${program}: ${error.message}\n${stderr}`, { cause: error });
  } finally {
    app.kill('SIGKILL');
    await ended;
    await tenant.close();
  }
}

async function fourThings(url, phone) {
  const cookies = new Map();
  /** Sends exactly these headers, which `fetch` would not. The body stays to be read. */
  async function open(method, path, { headers = {}, body } = {}) {
    const outgoing = request(url + path, {
      method,
      headers: {
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'cors',
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    });
    outgoing.end(body);
    const [answer] = await once(outgoing, 'response');
    for (const text of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text);
      cookies.set(name, value);
    }
    return answer.setEncoding('utf8');
  }
  async function send(...args) {
    const answer = await open(...args);
    let text = '';
    for await (const chunk of answer) text += chunk;
    return { status: answer.statusCode, headers: answer.headers, text };
  }
  const json = { 'content-type': 'application/json' };
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' };
  const form = { ...navigation, 'content-type': 'application/x-www-form-urlencoded' };

  assert.equal((await send('POST', '/login', { headers: json, body: '{}' })).status, 200);

  // The guard refuses programs with a challenge, and page loads with the way to the page.
  const refused = await send('POST', '/transfers', { headers: json, body: '{}' });
  assert.equal(refused.status, 401);
  assert.match(refused.headers['www-authenticate'], /insufficient_user_authentication/);
  // A form is kept for its replay.
  const posted = await send('POST', '/orders', { headers: form, body: 'to=Grace&amount=250' });
  assert.equal(posted.status, 303);
  const page = await send('GET', posted.headers.location, { headers: navigation });
  assert.equal(page.status, 200);
  const [, asset] = /src="([^"]+stepgate-page\.js)"/.exec(page.text);
  assert.equal((await send('GET', new URL(asset, `${url}/step-up`).pathname)).status, 200);

  // The flow, with its stream.
  const requirement = new URL(posted.headers.location, url).searchParams.get('requirement');
  const started = await send('POST', '/step-up/flow', {
    headers: json,
    body: JSON.stringify({ requirement }),
  });
  assert.equal(started.status, 201, started.text);
  const stream = await open('GET', '/step-up/flow', { headers: { accept: 'text/event-stream' } });
  assert.match(stream.headers['content-type'], /^text\/event-stream/);
  let told = '';
  let isAnswered = false;
  for await (const chunk of stream) {
    told += chunk;
    if (!isAnswered && told.includes('"state":"polling"')) {
      isAnswered = true;
      phone.approve();
    }
    if (told.includes('"state":"approved"')) break;
  }
  assert.match(told, /"state":"approved"/);

  // The guard lets both through, and the kept form is offered again.
  const done = await send('GET', posted.headers.location, { headers: navigation });
  assert.match(done.text, /action="\/orders"/);
  assert.match(done.text, /name="amount" value="250"/);
  const ordered = await send('POST', '/orders', { headers: form, body: 'to=Grace&amount=250' });
  assert.deepEqual([ordered.status, JSON.parse(ordered.text)], [200, { to: 'Grace' }]);
  const allowed = await send('POST', '/transfers', { headers: json, body: '{}' });
  assert.deepEqual(JSON.parse(allowed.text), { factor: 'push' });
}
