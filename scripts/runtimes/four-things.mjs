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

/**
 * Fails when one of the four does. `command`: the runtime's program with its arguments and the script that prints the
 * app's address; `name`: an app of app.mjs; `place`: where the store is.
 */
export async function driveFourThings({ command, name, store, place, cwd }) {
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
  const app = spawn(program, [...args, name, store, place], {
    cwd,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      USER_JSON: JSON.stringify({ issuer: tenant.url, sub, refreshToken }),
      STORE: store,
      PLACE: place,
    },
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
        // With a slash at its end, an app's own paths begin where the app does.
        if (found) resolve(found.replace(/\/?$/, '/'));
      });
      void ended.then(() => reject(new Error('the app has ended')));
    });
    await fourThings(url, phone, signInTo(name, emulator));
  } catch (error) {
    throw new Error(`${name} with ${store} in ${program}: ${error.message}\n${stderr}`, { cause: error });
  } finally {
    app.kill();
    await ended;
    await tenant.close();
  }
}

/** How a user signs in to an app: a function of the browser's `send`, which may resolve to an `Authorization` header. */
function signInTo(name, emulator) {
  const json = { 'content-type': 'application/json' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const others = {
    async 'better-auth'(send, url) {
      const account = { name: 'Ada', email: 'ada@bank.example', password: 'correct-horse-battery' };
      const headers = { ...json, origin: new URL(url).origin };
      const answer = await send('POST', 'api/auth/sign-up/email', {
        headers,
        body: JSON.stringify(account),
      });
      assert.equal(answer.status, 200, answer.text);
    },
    async 'auth-js'(send) {
      const { csrfToken } = JSON.parse((await send('GET', 'auth/csrf')).text);
      const body = new URLSearchParams({ csrfToken }).toString();
      const answer = await send('POST', 'auth/callback/credentials', { headers: form, body });
      assert.equal(answer.status, 302, answer.text);
    },
    async 'openid-connect'(send) {
      const { location } = (await send('GET', 'login')).headers;
      const { url } = await emulator.completeLogin(location);
      const { pathname, search } = new URL(url);
      const answer = await send('GET', pathname + search);
      assert.equal(answer.status, 302, answer.text);
    },
  };
  return async (send, url) => {
    if (others[name]) return others[name](send, url);
    const answer = await send('POST', 'login', { headers: json, body: '{}' });
    assert.equal(answer.status, 200, answer.text);
    const { token } = JSON.parse(answer.text);
    return token && `Bearer ${token}`;
  };
}

async function fourThings(url, phone, signIn) {
  const cookies = new Map();
  let authorization;
  /** Sends exactly these headers, which `fetch` would not. The body stays to be read. */
  async function open(method, path, { headers = {}, body } = {}) {
    const outgoing = request(new URL(path, url), {
      method,
      // The Workers runtime hangs up after a request whose body the app has not read.
      agent: false,
      headers: {
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'cors',
        ...(authorization && { authorization }),
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

  authorization = await signIn(send, url);

  // The guard refuses programs with a challenge, and page loads with the way to the page.
  const refused = await send('POST', 'transfers', { headers: json, body: '{}' });
  assert.equal(refused.status, 401);
  assert.match(refused.headers['www-authenticate'], /insufficient_user_authentication/);
  // A form is kept for its replay.
  const posted = await send('POST', 'orders', { headers: form, body: 'to=Grace&amount=250' });
  assert.equal(posted.status, 303);
  const page = await send('GET', posted.headers.location, { headers: navigation });
  assert.equal(page.status, 200);
  const [, asset] = /src="([^"]+stepgate-page\.js)"/.exec(page.text);
  assert.equal((await send('GET', asset)).status, 200);

  // The flow, with its stream.
  const requirement = new URL(posted.headers.location, url).searchParams.get('requirement');
  const started = await send('POST', 'step-up/flow', {
    headers: json,
    body: JSON.stringify({ requirement }),
  });
  assert.equal(started.status, 201, started.text);
  const stream = await open('GET', 'step-up/flow', { headers: { accept: 'text/event-stream' } });
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
  assert.ok(done.text.includes(`action="${new URL('orders', url).pathname}"`));
  assert.match(done.text, /name="amount" value="250"/);
  const ordered = await send('POST', 'orders', { headers: form, body: 'to=Grace&amount=250' });
  assert.deepEqual([ordered.status, JSON.parse(ordered.text)], [200, { to: 'Grace' }]);
  const allowed = await send('POST', 'transfers', { headers: json, body: '{}' });
  assert.deepEqual(JSON.parse(allowed.text), { factor: 'push' });
}
