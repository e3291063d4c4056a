import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { describe, expect, it, onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('../live/main.ts', import.meta.url));
const emulator = createEmulator({ limits: { pushes: 'off' } });

/** Runs the script at the emulator, doing on ada's phone what it tells. */
async function ask(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
  const child = spawn(process.execPath, ['--no-warnings', script, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill());
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const words = chunk.toString();
    err += words;
    if (words.includes('Deny the push')) emulator.phone('ada').deny();
    if (words.includes('Approve the push')) emulator.phone('ada').approve();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { out: await text(child.stdout), code: await ended, err };
}

async function startTenant(): Promise<Record<string, string>> {
  emulator.reset();
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  const client = {
    issuer: server.url,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    allowInsecureIssuer: true,
  };
  const signIn = createAuth0SignIn({ ...client, scope: 'transfer:funds' });
  const first = await signIn.password({ username: 'ada', password: 'correct-horse' });
  if (first.status !== 'mfa_required') throw new Error('no MFA was demanded');
  const { mfaToken } = first;
  const api = createAuth0MfaApi(client);
  const { oobCode = '' } = await api.enroll({ mfaToken, factor: 'push' });
  emulator.phone('ada').scan();
  await api.redeem({ mfaToken, proof: { type: 'oob', oobCode }, enrolling: true });
  return {
    AUTH0_ISSUER: server.url,
    AUTH0_CLIENT_ID: 'stepgate-demo',
    AUTH0_CLIENT_SECRET: 'stepgate-demo-secret',
    AUTH0_SCOPE: 'transfer:funds',
    DOCTOR_USERNAME: 'ada',
    DOCTOR_PASSWORD: 'correct-horse',
  };
}

/** The answers of the table, in its order. */
function answersOf(table: string): string[] {
  return [...table.matchAll(/^\| \d+ \| [^|]+ \| (.*) \|$/gm)].map(([, answer = '']) => answer);
}

describe('the live script', () => {
  it('asks a tenant what the sources leave open, and prints the answers as a table', async () => {
    const env = await startTenant();
    const { out, code } = await ask(['--yes', '--poll-ms=50', '--allow-insecure-issuer'], env);
    expect(code).toBe(0);
    expect(answersOf(out)).toEqual([
      '403 access_denied',
      expect.stringMatching(/^poll 13: 429 too_many_requests, x-ratelimit-limit 12, x-ratelimit-remaining 0/),
      expect.stringMatching(/^by hand: /),
      expect.stringMatching(/^http:\S+\/mfa\/: yes; http:\S+\/mfa: no \(403 access_denied for/),
      expect.stringMatching(/^mfa_token (299|300) s, oob_code 300 s$/),
      'the first gets 400 authorization_pending, the second 400 authorization_pending',
      expect.stringMatching(/^by hand: /),
      expect.stringMatching(/^by hand: /),
      expect.stringMatching(/^by hand: /),
      'after a denial still good, after an approval dead: 403 invalid_grant',
      'still good; the last code got 403 invalid_grant',
      'auth0: none; otp: none; recovery-code: none',
      '401 access_denied',
      'a push',
    ]);
    expect(out).not.toContain('stepgate-demo-secret');
  });

  it('sends nothing when nobody is there to agree', async () => {
    const env = await startTenant();
    const before = emulator.phone('ada').notifications().length;
    const { out, err, code } = await ask(['--allow-insecure-issuer'], env);
    expect(code).toBe(0);
    expect(err).toContain('nobody is there to agree');
    expect(answersOf(out).filter((answer) => answer === 'not asked: it sends a push')).toHaveLength(5);
    expect(emulator.phone('ada').notifications()).toHaveLength(before);
  });

  it.each([
    [{}, 'give the issuer'],
    [{ AUTH0_ISSUER: 'https://tenant.example/', AUTH0_CLIENT_ID: 'x' }, 'a test user with a phone'],
    [
      {
        CI: '1',
        AUTH0_ISSUER: 'https://tenant.example/',
        AUTH0_CLIENT_ID: 'x',
        DOCTOR_USERNAME: 'a',
        DOCTOR_PASSWORD: 'b',
      },
      'not asked in CI',
    ],
    [
      {
        AUTH0_ISSUER: 'https://tenant.example/',
        AUTH0_CLIENT_ID: 'x',
        DOCTOR_USERNAME: 'a',
        DOCTOR_PASSWORD: 'b',
      },
      '--poll-ms takes 5000 or more',
    ],
  ])('refuses %j', async (env, words) => {
    expect(await ask(['--poll-ms=50'], env)).toMatchObject({
      out: '',
      code: 1,
      err: expect.stringContaining(words),
    });
  });
});
