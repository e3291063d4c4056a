import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@stepgate/emulator';
import { freePort } from 'suites/ports.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ada } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { blocksOf } from './support/page-blocks.ts';
import { startProgram } from './support/program.ts';
import { nginx } from './system.ts';

// Runs the nginx configuration of docs/guides/behind-a-proxy.md in front of the app of the quick start.
const root = fileURLToPath(new URL('..', import.meta.url));

/** What the guide has nginx do, in the order of its blocks: for the app, and for the gate's base path. */
const [forApp = '', forGate = ''] = blocksOf('docs/guides/behind-a-proxy.md')
  .filter(({ language }) => language === 'nginx')
  .map(({ code }) => code);

/** Starts the Express app of the quick start, which trusts one proxy as the guide says. */
async function startApp(): Promise<{ readonly port: number; readonly approve: () => void }> {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  await enrolAhead(emulator);
  const port = await freePort();
  const app = blocksOf('docs/guides/quick-start.md').find(
    ({ title, language }) => title === 'Express' && language === 'ts',
  );
  const trust = /`(app\.set\('trust proxy', 1\))`/.exec(
    readFileSync(join(root, 'docs/guides/behind-a-proxy.md'), 'utf8'),
  )?.[1];
  const code = (app?.code ?? '')
    .replace('http://127.0.0.1:4400/', tenant.url)
    .replace('listen(3000', `listen(${port}`)
    .replace('const app = express();', `const app = express();\n${trust};`);
  const folder = 'node_modules/.cache/behind-a-proxy';
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'app.mjs'), stripTypeScriptTypes(code));
  await startProgram(`${folder}/app.mjs`, {}).printed(/(Listening)/);
  return { port, approve: () => emulator.phone(ada.username).approve() };
}

/** Starts nginx with these locations, for https://bank.example. Returns how to send it a request. */
async function startNginx(
  program: string,
  locations: string,
): Promise<(path: string, options?: Sent) => Promise<Reply>> {
  const folder = mkdtempSync(join(tmpdir(), 'behind-a-proxy-'));
  const port = await freePort();
  execFileSync(
    'openssl',
    `req -x509 -newkey rsa:2048 -nodes -subj /CN=bank.example -days 1 -addext subjectAltName=DNS:bank.example`
      .split(' ')
      .concat('-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')),
    { stdio: 'ignore' },
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n');
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http {
  ${temporary}
  access_log off;
  gzip on; gzip_types application/json text/event-stream;
  server {
    listen 127.0.0.1:${port} ssl;
    server_name bank.example;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ${locations}
  }
}`,
  );
  const server = spawn(program, ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  onTestFinished(async () => {
    server.kill();
    await new Promise((resolve) => server.once('exit', resolve));
    rmSync(folder, { recursive: true });
  });
  const ca = readFileSync(join(folder, 'cert.pem'));
  const send = (path: string, options: Sent = {}): Promise<Reply> => sendTo({ port, ca, path }, options);
  await expect
    .poll(() =>
      send('/').then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
  return send;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Reply {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly response: IncomingMessage;
  text(this: void): Promise<string>;
}

function sendTo(to: RequestOptions, { method = 'GET', headers = {}, body = '' }: Sent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...to,
        host: '127.0.0.1',
        servername: 'bank.example',
        method,
        headers: { host: 'bank.example', ...headers },
      },
      (response) => {
        resolve({
          status: response.statusCode ?? 0,
          cookies: response.headers['set-cookie'] ?? [],
          response,
          async text() {
            let text = '';
            for await (const part of response) text += String(part);
            return text;
          },
        });
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/** The first part of an event stream that holds this text. */
async function firstWith(text: string, response: IncomingMessage): Promise<string> {
  let seen = '';
  for await (const part of response) {
    seen += String(part);
    if (seen.includes(text)) return seen;
  }
  throw new Error(`The stream ended without ${text}: ${seen}`);
}

const JSON_TYPE = { 'content-type': 'application/json' };
const nameOf = (cookie: string): string => cookie.split(';')[0] ?? '';

describe.skipIf(nginx() === undefined)('the nginx configuration of the guide', () => {
  it('lets a step-up through: a secure cookie, the same origin, and news at once', async () => {
    const { port, approve } = await startApp();
    const locations = [forApp, forGate].join('\n').replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`);
    expect(locations.split(`127.0.0.1:${port}`)).toHaveLength(3);
    const send = await startNginx(nginx() ?? '', locations);

    const session = nameOf((await send('/')).cookies[0] ?? '');
    const origin = 'https://bank.example';
    const refused = await send('/transfers', { method: 'POST', headers: { cookie: session, origin } });
    expect(refused.status).toBe(401);
    const { step_up: stepUp } = JSON.parse(await refused.text()) as { step_up: { requirement: string } };
    const started = await send('/step-up/flow', {
      method: 'POST',
      headers: { cookie: session, origin, ...JSON_TYPE },
      body: JSON.stringify({ requirement: stepUp.requirement }),
    });
    expect(started.status).toBe(201);
    expect(started.cookies.join()).toMatch(/^__Host-stepgate=.*; Secure/);
    const { version } = JSON.parse(await started.text()) as { version: number };
    const cookie = `${session}; ${nameOf(started.cookies[0] ?? '')}`;

    const stream = await send('/step-up/flow', { headers: { cookie, accept: 'text/event-stream' } });
    expect(stream.response.headers['content-encoding']).toBeUndefined();
    await firstWith('password.submit', stream.response);
    await send('/step-up/flow/events', {
      method: 'POST',
      headers: { cookie, origin, 'if-match': `"${version}"`, ...JSON_TYPE },
      body: JSON.stringify({ type: 'password.submit', password: ada.password }),
    });
    const news = await send('/step-up/flow', { headers: { cookie, accept: 'text/event-stream' } });
    await firstWith('"polling"', news.response);
    approve();
    const approved = await send('/step-up/flow', { headers: { cookie, accept: 'text/event-stream' } });
    await firstWith('"approved"', approved.response);

    const done = await send('/transfers', { method: 'POST', headers: { cookie, origin } });
    expect(await done.text()).toBe('Done. Approved by push.');
  });

  it('is needed: without the headers, the gate refuses', async () => {
    const { port } = await startApp();
    const bare = `location / { proxy_pass http://127.0.0.1:${port}; }`;
    const send = await startNginx(nginx() ?? '', bare);
    const session = nameOf((await send('/')).cookies[0] ?? '');
    const refused = await send('/transfers', { method: 'POST', headers: { cookie: session } });
    const { step_up: stepUp } = JSON.parse(await refused.text()) as { step_up: { requirement: string } };
    const started = await send('/step-up/flow', {
      method: 'POST',
      headers: { cookie: session, ...JSON_TYPE, origin: 'https://bank.example' },
      body: JSON.stringify({ requirement: stepUp.requirement }),
    });
    expect(started.status).toBe(403);
  });
});
