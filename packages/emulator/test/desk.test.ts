import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { toCurl } from '../src/desk-page/curl.ts';
import type { WireRequest } from '../src/desk-page/desk-client.ts';
import { isShown, noFilter } from '../src/desk-page/filter.ts';
import { createEmulator } from '../src/index.ts';
import { createTenantClient, enrollPush, startPush } from './tenant-client.ts';

const request: WireRequest = {
  id: 1,
  at: 0,
  method: 'POST',
  path: '/oauth/token',
  username: 'ada',
  flow: 3,
  status: 403,
  answer: { headers: {}, body: { error: 'mfa_required' } },
};

describe('copy as curl', () => {
  /** The arguments that a shell hands to curl. */
  function argumentsOf(command: string, env: Record<string, string>): string[] {
    const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
    return execFileSync('sh', ['-c', script], { encoding: 'utf8', env }).split('\0').slice(0, -1);
  }

  it('quotes a form for a shell, with variables where the secrets were', () => {
    const command = toCurl('http://127.0.0.1:4400/t/blue/', {
      ...request,
      params: { username: "o'hara $HOME", password: '[hidden]', mfa_token: '[hidden 3f9a12]' },
    });
    expect(argumentsOf(command, { PASSWORD: 'pass word', MFA_TOKEN: 'Fe26' })).toEqual([
      '-X',
      'POST',
      'http://127.0.0.1:4400/t/blue/oauth/token',
      '--data-urlencode',
      "username=o'hara $HOME",
      '--data-urlencode',
      'password=pass word',
      '--data-urlencode',
      'mfa_token=Fe26',
    ]);
  });

  it('quotes JSON and a bearer token', () => {
    const command = toCurl('http://127.0.0.1:4400/', {
      ...request,
      path: '/mfa/challenge',
      headers: { 'content-type': 'application/json', authorization: 'Bearer [hidden 3f9a12]' },
      params: { mfa_token: '[hidden 3f9a12]', challenge_type: 'oob', client_secret: '[hidden]' },
    });
    const env = { TOKEN: 'abc', MFA_TOKEN: 'Fe26', CLIENT_SECRET: "it's" };
    expect(argumentsOf(command, env)).toEqual([
      '-X',
      'POST',
      'http://127.0.0.1:4400/mfa/challenge',
      '-H',
      'authorization: Bearer abc',
      '-H',
      'content-type: application/json',
      '-d',
      '{"mfa_token":"Fe26","challenge_type":"oob","client_secret":"it\'s"}',
    ]);
  });

  it('puts the parameters of a GET into the query', () => {
    const params = { scope: 'openid email' };
    const command = toCurl('http://127.0.0.1:4400/', {
      ...request,
      method: 'GET',
      path: '/authorize',
      params,
    });
    expect(argumentsOf(command, {})).toEqual([
      'http://127.0.0.1:4400/authorize',
      '-G',
      '--data-urlencode',
      'scope=openid email',
    ]);
  });
});

describe('the filter of the timeline', () => {
  const poll = { ...request, answer: { headers: {}, body: { error: 'authorization_pending' } } };

  it.each([
    ['everything', {}, request, true],
    ['no pending poll', {}, poll, false],
    ['pending polls on demand', { hasPolls: true }, poll, true],
    [
      'no page that loads itself again until the phone has answered',
      {},
      { ...request, method: 'GET', path: '/u/mfa', status: 200 },
      false,
    ],
    ['every word of the search', { text: 'TOKEN mfa_req' }, request, true],
    ['nothing where a word is missing', { text: 'token push' }, request, false],
    ['its user', { username: 'ada' }, request, true],
    ['nobody else', { username: 'grace' }, request, false],
    ['its flow', { flow: '3' }, request, true],
    ['no other flow', { flow: '4' }, request, false],
    ['what failed', { outcome: 'failed' as const }, request, true],
    ['only what is open', { outcome: 'open' as const }, request, false],
  ])('shows %s', (_case, filter, given, expected) => {
    expect(isShown(given, { ...noFilter, ...filter })).toBe(expected);
  });
});

describe('the desk', () => {
  it('has a page at the root of each tenant, which no other site can use', async () => {
    const emulator = createEmulator();
    emulator.tenant('blue');
    for (const path of ['/', '/t/blue/']) {
      const page = await emulator.handle(new Request(`http://127.0.0.1:4400${path}`));
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<h1>Stepgate emulator</h1>');
    }
    const elsewhere = await emulator.handle(new Request('http://evil.example/'));
    expect(elsewhere.status).toBe(403);
    const headers = { 'sec-fetch-site': 'cross-site' };
    for (const path of ['desk', 'events', 'requests', 'faults']) {
      const url = `http://127.0.0.1:4400/_emulator/${path}`;
      expect(await emulator.handle(new Request(url, { headers }))).toMatchObject({ status: 403 });
    }
  });

  it('lists users with what waits on their phones, and no secret', async () => {
    const emulator = createEmulator();
    const client = createTenantClient(emulator);
    await enrollPush(emulator, client);
    await startPush(client);
    const response = await emulator.handle(new Request('http://127.0.0.1:4400/_emulator/desk'));
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      issuer: 'http://127.0.0.1:4400/',
      users: [{ username: 'ada', waiting: [{ kind: 'push', client: 'Demo app with a server' }] }],
      clients: [
        { client_id: 'stepgate-demo', name: 'Demo app with a server', authentication: 'secret' },
        {
          client_id: 'stepgate-demo-public',
          name: 'Demo app without a server',
          authentication: 'none: a public client',
        },
      ],
      settings: expect.arrayContaining([
        {
          group: '',
          name: 'mfaPolicy',
          value: 'scope',
          initial: 'scope',
          choices: ['scope', 'always', 'never'],
        },
        { group: '', name: 'recoveryCodes', value: true, initial: true, choices: [true, false] },
        { group: '', name: 'requiredFactors', value: 1, initial: 1, choices: null },
        { group: 'dialect', name: 'pendingStatus', value: 400, initial: 400, choices: [400, 200] },
      ]),
    });
    expect(text).not.toContain('stepgate-demo-secret');
    expect(text).not.toContain('correct-horse');
  });
});
