// Uses the installed emulator as its users do: the command with everything it prints, writes and serves, the library, its
// entry for pages, and its fixtures.
import { strict as assert } from 'node:assert';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEmulator } from '@stepgate/emulator';
import { createEmulator as createPortable } from '@stepgate/emulator/browser';
import { startTenant } from '@stepgate/emulator/testing';

const bin = 'node_modules/@stepgate/emulator/dist/cli.js';
const run = (...args) => promisify(execFile)(process.execPath, [bin, ...args]);
const folder = await mkdtemp(join(tmpdir(), 'stepgate-packed-'));
const secret = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };

/** The command, serving; what it has printed is where it serves. */
async function serve(...args) {
  const command = spawn(process.execPath, [bin, '--port', '0', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(command.stdout.setEncoding('utf8'), 'data');
  return { command, ...JSON.parse(line) };
}

/** Ends the command; it must end by itself, and well. */
async function end({ command }) {
  const ended = once(command, 'exit');
  command.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
}

/** A call of a tenant: a form, JSON, or nothing. */
async function call(url, path, { form, json, method, bearer } = {}) {
  const headers = { ...(bearer && { authorization: `Bearer ${bearer}` }) };
  const body = form ? new URLSearchParams(form) : json && JSON.stringify(json);
  const response = await fetch(new URL(path, url), {
    method: method ?? (body ? 'POST' : 'GET'),
    headers,
    body,
  });
  return response.headers.get('content-type')?.includes('json') ? response.json() : response.text();
}

/** Tokens by a push of the MFA API. */
async function stepUp(url) {
  const ada = { username: 'ada', password: 'correct-horse', scope: 'openid transfer:funds' };
  const { mfa_token } = await call(url, 'oauth/token', {
    form: { ...secret, ...ada, grant_type: 'password' },
  });
  const { oob_code } = await call(url, 'mfa/challenge', { json: { ...secret, mfa_token } });
  await call(url, '_emulator/phone/ada/notifications/latest', { json: { decision: 'approve' } });
  const grant_type = 'http://auth0.com/oauth/grant-type/mfa-oob';
  return call(url, 'oauth/token', { form: { ...secret, grant_type, mfa_token, oob_code } });
}

/** Tokens by CIBA. */
async function ciba(url) {
  const [{ sub }] = await call(url, '_emulator/users');
  const login_hint = JSON.stringify({ format: 'iss_sub', iss: url, sub });
  const ask = { ...secret, scope: 'openid', binding_message: 'K7QM-Transfer', login_hint };
  const { auth_req_id } = await call(url, 'bc-authorize', { form: ask });
  const push = await call(url, '_emulator/phone/ada/notifications/latest', { json: { decision: 'approve' } });
  assert.equal(push.message, 'K7QM-Transfer');
  const grant_type = 'urn:openid:params:grant-type:ciba';
  return call(url, 'oauth/token', { form: { ...secret, grant_type, auth_req_id } });
}

try {
  assert.match((await run('--version')).stdout, /^\d+\.\d+\.\d+/);
  assert.match((await run('--help')).stdout, /--config <file>/);

  // A signal right after the first line.
  for (let count = 0; count < 3; count += 1) await end(await serve());

  const pages = await serve();
  for (const page of [pages.url, pages.phone]) {
    const html = await (await fetch(page)).text();
    const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => new URL(link, pages.url));
    assert.ok(links.length >= 3);
    for (const link of links) assert.equal((await fetch(link)).status, 200, link.href);
  }
  await end(pages);

  // A tenant of a file, with a factor, a log stream and everything that goes with a push.
  const posts = [];
  const sink = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      posts.push([request.headers.authorization, body]);
      response.end();
    });
  });
  await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const file = join(folder, 'tenant.yaml');
  await run('init', file);
  const initial = await readFile(file, 'utf8');
  await writeFile(
    file,
    `${initial}\nlogStreams:\n  - name: siem\n    endpoint: http://127.0.0.1:${sink.address().port}/\n    authorization: Bearer a-token\n`,
  );
  const configured = await serve('--config', file);
  const { url } = configured;
  await call(url, '_emulator/users/ada/factors', { json: { factor: 'push' } });
  assert.match((await stepUp(url)).id_token, /^eyJ/);
  assert.match((await ciba(url)).id_token, /^eyJ/);
  const grant = { ...secret, grant_type: 'client_credentials', audience: `${url}api/v2/` };
  const { access_token } = await call(url, 'oauth/token', { form: grant });
  const logs = await call(url, 'api/v2/logs?per_page=50', { bearer: access_token });
  const types = logs.map(({ type }) => type);
  for (const type of ['mfar', 'gd_send_pn', 'gd_auth_succeed', 'seoobft', 'ciba_exchange_succeeded']) {
    assert.ok(types.includes(type), type);
  }
  const deadline = Date.now() + 20_000;
  while (!posts.some(([, body]) => body.includes('seccft'))) {
    assert.ok(Date.now() < deadline, 'no log event came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(posts[0][0], 'Bearer a-token');
  sink.close();
  assert.ok((await call(url, '_emulator/requests')).length > 5);
  const kept = join(folder, 'tenant.json');
  await run('export', kept, '--url', url);
  await end(configured);
  const imported = await serve('--import', kept);
  assert.match((await stepUp(imported.url)).id_token, /^eyJ/);
  await end(imported);

  // A command beside a tenant, over HTTPS.
  const script =
    'fetch(process.env.AUTH0_ISSUER + ".well-known/jwks.json").then(({ status }) => console.log(status))';
  for (const options of [[], ['--https']]) {
    assert.equal((await run('exec', ...options, '--', process.execPath, '-e', script)).stdout, '200\n');
  }

  // The library, with a login by redirect, and tenants by path.
  const emulator = createEmulator();
  const query = 'client_id=stepgate-demo&response_type=code&redirect_uri=http://localhost/cb';
  const login = await emulator.completeLogin(`${emulator.issuer}authorize?${query}`);
  assert.match(login.url, /code=/);
  assert.equal(emulator.tenant('blue').issuer, `${emulator.issuer}t/blue/`);

  const portable = createPortable();
  const answer = await portable.handle(new Request('http://127.0.0.1:4400/_emulator/assets/desk.js'));
  assert.equal(answer.status, 200);

  const tenant = await startTenant();
  assert.match((await tenant.addUser()).sub, /^auth0\|/);
  await tenant.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
