import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createEmulator, type EmulatorServer } from '@stepgate/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCommand } from '../src/command-line.ts';
import { CHECKS } from '../src/index.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
let tenant: EmulatorServer;
let folder: string;

beforeAll(async () => {
  tenant = await createEmulator().listen();
  folder = await mkdtemp(join(tmpdir(), 'stepgate-doctor-'));
});
afterAll(async () => {
  await tenant.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, code };
}

const flags = (): string[] => [
  '--issuer',
  tenant.url,
  '--client-id=stepgate-demo',
  '--audience=https://bank.example/',
  '--scope=transfer:funds',
  '--allow-insecure-issuer',
];
const env = {
  AUTH0_CLIENT_SECRET: 'stepgate-demo-secret',
  DOCTOR_USERNAME: 'ada',
  DOCTOR_PASSWORD: 'correct-horse',
};

describe('stepgate-doctor', () => {
  it('prints findings as JSON, and ends with 0 when nothing failed', async () => {
    const { out, err, code } = await run([...flags(), '--json'], env);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    const { healthy, findings } = JSON.parse(out);
    expect(healthy).toBe(true);
    expect(findings.map(({ check }: { check: string }) => check)).toEqual(Object.keys(CHECKS));
  });

  it('prints a line for each check, with why and fix if it failed, and ends with 1', async () => {
    const { out, code } = await run(flags(), { ...env, AUTH0_CLIENT_SECRET: 'wrong' });
    expect(code).toBe(1);
    expect(out).toMatch(
      /^FAIL +client-authentication +401 access_denied\n +why: .+\n +fix: copy client id and secret/m,
    );
    expect(out).toMatch(/^ok +issuer +http:\/\/127/m);
    expect(out).toMatch(/^3 ok, 0 to be better, 1 failed, 23 not checked$/m);
  });

  it('reads a file, over which flags and the environment take precedence', async () => {
    const auth0 = { issuer: tenant.url, clientId: 'nobody', allowInsecureIssuer: true };
    const file = `export const auth0 = ${JSON.stringify(auth0)};\nexport const secret = 'short';\n`;
    await writeFile(join(folder, 'mine.mjs'), file);
    const { out } = await run(['--config=mine.mjs', '--client-id=stepgate-demo'], env);
    expect(out).toMatch(/^ok +client-authentication/m);
    expect(out).toMatch(/^FAIL +secret/m);
  });

  it('refuses what it does not understand with a sentence', async () => {
    const { out, err, code } = await run(['--colour', 'red']);
    expect({ out, code }).toEqual({ out: '', code: 1 });
    expect(err).toMatch(/^stepgate-doctor: .*--colour.*\n$/);
  });

  it.each([
    [['--client-id', 'x'], /give the issuer, with --issuer, in AUTH0_ISSUER or in the config file/],
    [['--issuer', 'https://tenant.example/'], /give the client id/],
    [['--issuer=https://tenant.example/', '--client-id=x', '--username=ada'], /give both/],
    [
      ['--issuer=https://tenant.example/', '--client-id=x', '--wait=long'],
      /--wait takes a whole number of seconds/,
    ],
    [['--config', 'nowhere.mjs'], /nowhere\.mjs: cannot be loaded \(Error\)$/],
  ])('refuses %j with a sentence', async (args, sentence) => {
    await expect(readCommand(args, {})).rejects.toThrow(sentence);
  });

  it('refuses a file with an unknown option', async () => {
    const file = join(folder, 'wrong.mjs');
    await writeFile(file, 'export default { auth: {} };\n');
    await expect(readCommand(['--config', file], {})).rejects.toThrow(/wrong\.mjs: auth is not an option/);
  });

  it('prints how to use it', async () => {
    expect(await readCommand(['--help'], {})).toEqual({ prints: 'help' });
  });

  it('prints its version, without a tenant', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await run(['--version'])).toEqual({ out: `${version}\n`, err: '', code: 0 });
  });
});
