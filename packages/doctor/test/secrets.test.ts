import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoctorOptions, examine } from '../src/index.ts';
import { toJson, toText } from '../src/report.ts';
import { CLIENT_SECRET, createScene, type Scene } from './support/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await createScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

/** The texts of an answer that are long enough to be a secret, and no words. */
function secretsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 20 && !/[ ]|^https?:/.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}

function cookiesIn({ headers }: Response): string[] {
  return headers.getSetCookie().map((cookie) => /=([^;]+)/.exec(cookie)?.[1] ?? cookie);
}

/** Examines, and tells what was printed and what went over the wire that nobody may see. */
async function printed(
  options: DoctorOptions,
): Promise<{ readonly output: string; readonly secrets: readonly string[] }> {
  const seen: string[] = [];
  const through = options.fetch ?? fetch;
  const report = await examine({
    ...options,
    async fetch(input, init) {
      const response = await through(input, init);
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      const body: unknown = isJson ? await response.clone().json() : undefined;
      if (!response.url.includes('.well-known')) seen.push(...secretsIn(body), ...cookiesIn(response));
      return response;
    },
  });
  return { output: toText(report) + toJson(report), secrets: seen };
}

describe('what the doctor prints', () => {
  it('holds no secret that it was given or has received', async () => {
    const given = [
      CLIENT_SECRET,
      'correct-horse',
      'the-session-of-ada',
      'a-redis-password',
      'v1.a-refresh-token',
      String(scene.healthy.secret),
    ];
    const { auth0, app } = scene.healthy;
    const patients: readonly DoctorOptions[] = [
      scene.healthy,
      {
        ...scene.healthy,
        refreshToken: 'v1.a-refresh-token',
        redisUrl: 'redis://:a-redis-password@127.0.0.1:9',
      },
      { ...scene.healthy, auth0: { ...auth0, clientId: CLIENT_SECRET } },
      { ...scene.healthy, auth0: { ...auth0, issuer: `https://ada:${CLIENT_SECRET}@tenant.example/` } },
      { ...scene.healthy, redisUrl: 'a-redis-password', secret: [...given, 'short'] },
      { ...scene.healthy, redisUrl: 'redis://127.0.0.1/a-redis-password' },
      { ...scene.healthy, app: { url: 'the-session-of-ada' } },
      { ...scene.healthy, app: { url: '', ...app, cookie: 'session=the-session-of-ada\nx' } },
    ];
    let met = 0;
    for (const patient of patients) {
      const { output, secrets } = await printed(patient);
      met += secrets.length;
      for (const secret of [...given, ...secrets]) expect(output).not.toContain(secret);
    }
    // Tokens of every kind went by.
    expect(met).toBeGreaterThan(20);
  });
});

describe('a doctor that may send nothing', () => {
  it('checks, and leaves phone and authenticators unchanged', async () => {
    scene.emulator.reset();
    const { findings, isHealthy } = await examine({ ...scene.healthy, sends: false });
    const push = findings.find(({ check }) => check === 'push');
    expect(push).toMatchObject({ verdict: 'skipped', fix: expect.stringContaining('--send') });
    expect(isHealthy).toBe(true);
    const paths = scene.emulator.requests.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(paths)).toEqual(
      new Set([
        'GET /.well-known/openid-configuration',
        'GET /.well-known/jwks.json',
        'POST /oauth/token',
        'GET /mfa/authenticators',
      ]),
    );
    expect(scene.emulator.phone('ada').view().authenticators).toEqual([]);
  });

  it('says how each skipped check can be made', async () => {
    const { auth0 } = scene.healthy;
    const { findings, isHealthy } = await examine({ auth0 });
    const verdicts = findings.filter(({ verdict }) => verdict !== 'ok').map(({ verdict }) => verdict);
    expect(new Set(verdicts)).toEqual(new Set(['skipped']));
    expect(findings.every(({ verdict, fix }) => verdict === 'ok' || fix !== undefined)).toBe(true);
    expect(isHealthy).toBe(true);
  });
});
