import { spawn } from 'node:child_process';
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

  it('says in a sentence that the port is taken', async () => {
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
    ['--dialect', 'pendingStatus=418'],
  ])('refuses %s %s in a sentence', async (...args) => {
    const { output, ended } = run(...args);
    expect(await ended).toBe(1);
    expect(output.err).toMatch(/^stepgate-emulator: .+\n$/);
  });

  it('explains itself', async () => {
    const { output, ended } = run('--help');
    expect(await ended).toBe(0);
    expect(output.out).toContain('--port');
  });
});
