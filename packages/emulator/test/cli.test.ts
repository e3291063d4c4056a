import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEmulator } from '../src/index.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

function run(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args]);
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    output.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output.err += String(chunk);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(() => void child.kill());
  return { child, output, ended };
}

describe('stepgate-emulator', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'prints one line of JSON, serves, and ends on %s',
    async (signal) => {
      const { child, output, ended } = run('--port', '0', '--json');
      await expect.poll(() => output.out).toContain('\n');
      expect(output.out.split('\n')).toHaveLength(2);
      const { url, phone } = JSON.parse(output.out);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      expect(phone).toBe(`${url}_emulator/phone`);
      expect((await fetch(phone)).status).toBe(200);
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(output.err).toBe('');
    },
  );

  it('prints where to go, and takes issuer, policy and dialect', async () => {
    const { output } = run(
      '--port=0',
      '--issuer=https://tenant.test/',
      '--mfa-policy=always',
      '--dialect=pendingStatus=200',
      '--dialect=rejection=invalid_grant',
    );
    await expect.poll(() => output.out).toMatch(/issuer +https:\/\/tenant\.test\/\n/);
    const url = /^tenant +(\S+)$/m.exec(output.out)?.[1] ?? '';
    const [, username, sub] = /^user +(\w+), password correct-horse, sub (\S+)$/m.exec(output.out) ?? [];
    expect(await (await fetch(new URL('/_emulator/users', url))).json()).toEqual([{ username, sub }]);
    expect(output.out).toMatch(/^client +stepgate-demo, secret stepgate-demo-secret$/m);
    const response = await fetch(new URL('/_emulator/settings', url));
    expect(await response.json()).toMatchObject({
      mfaPolicy: 'always',
      dialect: { pendingStatus: 200, rejection: 'invalid_grant' },
    });
  });

  it('reports a port in use with a sentence', async () => {
    const taken = await createEmulator().listen();
    onTestFinished(() => taken.close());
    const { port } = new URL(taken.url);
    const { output, ended } = run('--port', port);
    expect(await ended).toBe(1);
    expect(output).toEqual({
      out: '',
      err: `stepgate-emulator: Port ${port} is already taken; choose another with --port, or a free one with --port 0\n`,
    });
  });

  it.each([
    ['--port', 'abc'],
    ['--port', '65536'],
    ['--colour', 'red'],
    ['--issuer', 'tenant'],
    ['--mfa-policy', 'sometimes'],
    ['exec', '--json'],
    ['--config', 'nowhere.yaml'],
    ['export', '--json'],
    ['--config=a', '--import=b'],
    ['serve', '--json'],
    ['--', 'true'],
    ['exec', '--', 'there-is-no-such-command'],
    ['--dialect', 'pendingStatus=418'],
  ])('refuses %s %s with a sentence', async (...args) => {
    const { output, ended } = run(...args);
    expect(await ended).toBe(1);
    expect(output.err).toMatch(/^stepgate-emulator: .+\n$/);
  });

  it('ends cleanly when the signal comes right after the first line', async () => {
    const { child, ended } = run('--port', '0', '--json');
    child.stdout.once('data', () => child.kill('SIGTERM'));
    expect(await ended).toBe(0);
  });

  it('writes a line for each request to standard error', async () => {
    const { output } = run('--port', '0', '--json', '--log');
    await expect.poll(() => output.out).toContain('\n');
    const { url } = JSON.parse(output.out);
    await fetch(new URL('/userinfo', url));
    await expect
      .poll(() => output.err)
      .toMatch(/^[\d:.]+ {2}GET {3}\/userinfo {2}→ {2}401 invalid_token .* ms\n$/);
    expect(output.out.split('\n')).toHaveLength(2);
  });

  it('prints its version', async () => {
    const { output, ended } = run('--version');
    expect(await ended).toBe(0);
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    expect(output.out).toBe(`${JSON.parse(manifest).version}\n`);
  });

  it('serves in a container as its Dockerfile says, and accepts control on its configured names', async () => {
    const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
    const [, entry = ''] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
    const [program, ...args] = JSON.parse(entry) as string[];
    expect(program).toBe('stepgate-emulator');
    const { output } = run(...args, '--port', '0', '--json', '--control-host', 'emulator');
    await expect.poll(() => output.out).toContain('\n');
    const { url } = JSON.parse(output.out);
    expect(url).toMatch(/^http:\/\/localhost:\d+\/$/);
    const health = /http:\/\/127\.0\.0\.1:4400(\S+)"/.exec(dockerfile)?.[1] ?? '';
    const status = async (host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const { port } = new URL(url);
        const options = { host: '127.0.0.1', port, path: health, headers: { host } };
        request(options, (response) => resolve(response.resume().statusCode ?? 0))
          .on('error', reject)
          .end();
      });
    expect(await Promise.all(['127.0.0.1', 'emulator', 'evil.example'].map(status))).toEqual([200, 200, 403]);
  });

  it('prints its help', async () => {
    const { output, ended } = run('--help');
    expect(await ended).toBe(0);
    expect(output.out).toContain('--port');
  });
});

describe('stepgate-emulator exec', () => {
  const node = (script: string): string[] => [
    'exec',
    '--mfa-policy=always',
    '--',
    process.execPath,
    '-e',
    script,
  ];

  it('runs a command beside a tenant, and ends with its exit code', async () => {
    const { output, ended } = run(
      ...node(`
        const { AUTH0_ISSUER, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_AUDIENCE } = process.env;
        const body = new URLSearchParams({
          grant_type: 'password', username: 'ada', password: 'correct-horse', audience: AUTH0_AUDIENCE,
          client_id: AUTH0_CLIENT_ID, client_secret: AUTH0_CLIENT_SECRET,
        });
        fetch(AUTH0_ISSUER + 'oauth/token', { method: 'POST', body })
          .then((response) => response.json())
          .then(({ error }) => { console.log(error); process.exit(7); });
      `),
    );
    expect(await ended).toBe(7);
    expect(output).toEqual({ out: 'mfa_required\n', err: '' });
  });

  it('serves the tenant of a file over HTTPS, which the command trusts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emulator-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const config = join(folder, 'tenant.yaml');
    await writeFile(config, 'users:\n  - username: grace\n    password: hopper\nmfaPolicy: never\n');
    const script = `
      fetch(process.env.AUTH0_ISSUER + '_emulator/users')
        .then((response) => response.json())
        .then(([user]) => console.log(process.env.AUTH0_ISSUER.slice(0, 18), user.username));`;
    const { output, ended } = run(
      'exec',
      '--config',
      config,
      '--https',
      '--',
      process.execPath,
      '-e',
      script,
    );
    expect(await ended).toBe(0);
    expect(output).toEqual({ out: 'https://localhost: grace\n', err: '' });
  });

  it('passes signals on, and ends as the command did', async () => {
    const { child, output, ended } = run(...node('console.log("up"); setInterval(() => {}, 1000)'));
    await expect.poll(() => output.out).toBe('up\n');
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });
});
