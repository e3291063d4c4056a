import { createEmulator } from '@stepgate/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type DoctorOptions, examine, type Finding } from '../src/index.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
});
afterAll(() => scene[Symbol.asyncDispose]());
beforeEach(() => scene.emulator.reset());

/** What is found of the ways, with a difference. */
async function findingsOf(change: Partial<DoctorOptions> = {}): Promise<Record<string, Finding>> {
  const { auth0, app, fetch } = scene.healthy;
  const options = { auth0, app, fetch, ways: ['ciba', 'redirect'], ...change } as DoctorOptions;
  const { findings } = await examine(options);
  return Object.fromEntries(findings.map((finding) => [finding.check, finding]));
}

const client = (change: Partial<DoctorOptions['auth0']>): Partial<DoctorOptions> => ({
  auth0: { ...scene.healthy.auth0, ...change },
});

describe('the doctor, of CIBA', () => {
  it('proves credentials and grant, and rings no phone', async () => {
    const { ciba, 'ciba-channels': channels } = await findingsOf();

    expect(ciba).toMatchObject({ verdict: 'ok', seen: expect.stringContaining('no phone was asked') });
    expect(channels).toMatchObject({
      verdict: 'warn',
      fix: expect.stringContaining('["guardian-push"] alone'),
    });
    expect(scene.emulator.requests.map(({ path }) => path)).not.toContain('/bc-authorize');
  });

  it('finds an application without the grant', async () => {
    const { ciba, 'ciba-channels': channels } = await findingsOf(client({ clientId: 'without-ciba' }));

    expect(ciba).toMatchObject({ verdict: 'fail', fix: expect.stringContaining('Grant Types') });
    expect(channels).toMatchObject({ verdict: 'skipped' });
  });

  it('does not ask for the grants of the MFA API where it is not used', async () => {
    const without = client({ clientId: 'without-mfa' });

    const { 'mfa-grants': grants } = await findingsOf({ ...without, ways: ['ciba'] });
    const { 'mfa-grants': both } = await findingsOf({ ...without, ways: ['mfa-api', 'ciba'] });

    expect(grants).toMatchObject({ verdict: 'skipped' });
    expect(both).toMatchObject({ verdict: 'fail' });
  });

  it('finds an application that does not authenticate', async () => {
    const { clientSecret: _none, ...rest } = scene.healthy.auth0;
    const { ciba } = await findingsOf({ auth0: { ...rest, clientId: 'public' } });

    expect(ciba).toMatchObject({ verdict: 'fail', seen: 'a public client' });
  });

  it('finds a tenant without CIBA', async () => {
    const tenant = await createEmulator({
      clients: [{ clientId: 'a', clientSecret: 'b'.repeat(20) }],
    }).listen();
    onTestFinished(() => tenant.close());
    const withoutCiba: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!response.url.endsWith('openid-configuration')) return response;
      const { backchannel_authentication_endpoint: _none, ...document } = (await response.json()) as Record<
        string,
        unknown
      >;
      return Response.json(document);
    };
    const auth0 = {
      issuer: tenant.url,
      clientId: 'a',
      clientSecret: 'b'.repeat(20),
      allowInsecureIssuer: true,
    };

    const { ciba } = await findingsOf({ auth0, fetch: withoutCiba });

    expect(ciba).toMatchObject({ verdict: 'fail', seen: expect.stringContaining('backchannel') });
  });

  it('skips it for a gate that has only the MFA API', async () => {
    const found = await findingsOf({ ways: undefined } as never);

    expect(found.ciba).toMatchObject({ verdict: 'skipped' });
    expect(found['redirect-uris']).toMatchObject({ verdict: 'skipped' });
  });
});

describe('the doctor, of redirect URIs', () => {
  it('accepts the address that is registered', async () => {
    expect((await findingsOf())['redirect-uris']).toMatchObject({
      verdict: 'ok',
      seen: expect.stringContaining('https://bank.example/step-up/callback'),
    });
  });

  it.each<[string, Partial<NonNullable<DoctorOptions['app']>>]>([
    ['another path', { basePath: '/auth/step-up' }],
    ['another host', { url: 'https://www.bank.example' }],
  ])('finds one that is not: %s', async (_which, change) => {
    const app = { ...scene.healthy.app, url: 'https://bank.example', ...change };

    expect((await findingsOf({ app }))['redirect-uris']).toMatchObject({
      verdict: 'fail',
      fix: expect.stringContaining('/callback to the Allowed Callback URLs'),
    });
  });
});
