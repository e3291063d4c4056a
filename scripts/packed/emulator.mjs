// Uses the installed command of the emulator: its pages, its version, and a command that runs beside a tenant.
import { strict as assert } from 'node:assert';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { createEmulator } from '@stepgate/emulator/browser';
import { startTenant } from '@stepgate/emulator/testing';

const bin = 'node_modules/@stepgate/emulator/dist/cli.js';
const run = (...args) => promisify(execFile)(process.execPath, [bin, ...args]);

assert.match((await run('--version')).stdout, /^\d+\.\d+\.\d+/);
const script =
  'fetch(process.env.AUTH0_ISSUER + ".well-known/jwks.json").then(({ status }) => console.log(status))';
assert.equal((await run('exec', '--', process.execPath, '-e', script)).stdout, '200\n');

const command = spawn(process.execPath, [bin, '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await once(command.stdout.setEncoding('utf8'), 'data');
const { url, phone } = JSON.parse(line);
for (const page of [url, phone]) {
  const html = await (await fetch(page)).text();
  const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => new URL(link, url));
  assert.ok(links.length >= 3);
  for (const link of links) assert.equal((await fetch(link)).status, 200, link.href);
}
command.kill();
assert.deepEqual(await once(command, 'exit'), [0, null]);

const emulator = createEmulator();
const answer = await emulator.handle(new Request('http://127.0.0.1:4400/_emulator/assets/desk.js'));
assert.equal(answer.status, 200);

const tenant = await startTenant();
assert.match((await tenant.addUser()).sub, /^auth0\|/);
await tenant.close();
