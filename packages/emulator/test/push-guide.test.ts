import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createEmulator, type EmulatorServer } from '../src/index.ts';

const emulator = createEmulator();
let server: EmulatorServer;

beforeAll(async () => {
  server = await emulator.listen();
});
afterAll(() => server.close());
beforeEach(() => emulator.reset());

/** The five calls of the vendor's push guide, as it prints them. */
const printed = {
  associate: `curl --request POST \\
    --url 'https://{yourDomain}/mfa/associate' \\
    --header 'authorization: Bearer MFA_TOKEN' \\
    --header 'content-type: application/json' \\
    --data '{ "authenticator_types": ["oob"], "oob_channels": ["auth0"] }'`,
  confirm: `curl --request POST \\
    --url 'https://{yourDomain}/oauth/token' \\
    --header 'authorization: Bearer {mfaToken}' \\
    --header 'content-type: application/x-www-form-urlencoded' \\
    --data grant_type=http://auth0.com/oauth/grant-type/mfa-oob \\
    --data 'client_id={yourClientId}' \\
    --data 'client_secret={yourClientSecret}' \\
    --data 'mfa_token={mfaToken}' \\
    --data 'oob_code={oobCode}'`,
  list: `curl --request GET \\
    --url 'https://{yourDomain}/mfa/authenticators' \\
    --header 'authorization: Bearer MFA_TOKEN' \\
    --header 'content-type: application/json'`,
  // The brace that is missing after the secret's placeholder is the guide's.
  challenge: `curl --request POST \\
    --url 'https://{yourDomain}/mfa/challenge' \\
    --data '{ "client_id": "{yourClientId}",  "client_secret": "{yourClientSecret", "challenge_type": "oob", "authenticator_id": "push|dev_ZUla9SQ6tAIHSz6y", "mfa_token": "{mfaToken}" }'`,
  poll: `curl --request POST \\
    --url 'https://{yourDomain}/oauth/token' \\
    --header 'content-type: application/x-www-form-urlencoded' \\
    --data grant_type=http://auth0.com/oauth/grant-type/mfa-oob \\
    --data 'client_id={yourClientId}' \\
    --data 'client_secret={yourClientSecret}' \\
    --data 'mfa_token={mfaToken}' \\
    --data 'oob_code={oobCode}'`,
};

/** Does what curl does with a printed call: several `--data` are joined, and labelled as a form by default. */
async function curl(call: string, values: Record<string, string>): Promise<{ status: number; body: never }> {
  const filled = Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), call);
  const args = [...filled.matchAll(/--(\w+) (?:'([^']*)'|(\S+))/g)].map(
    ([, name, quoted, bare]) => [name, quoted ?? bare ?? ''] as const,
  );
  const all = (wanted: string): string[] =>
    args.filter(([name]) => name === wanted).map(([, value]) => value);
  const data = all('data').join('&');
  const headers = new Headers(all('header').map((line) => line.split(': ', 2) as [string, string]));
  if (data !== '' && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded');
  }
  const url = new URL(all('url')[0]?.replace('https://{yourDomain}/', server.url) ?? '');
  const response = await fetch(url, {
    method: all('request')[0] ?? 'GET',
    headers,
    ...(data !== '' && { body: data }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

async function obtainMfaToken(): Promise<string> {
  const response = await fetch(new URL('/oauth/token', server.url), {
    method: 'POST',
    body: new URLSearchParams({
      client_id: 'stepgate-demo',
      client_secret: 'stepgate-demo-secret',
      grant_type: 'password',
      username: 'ada',
      password: 'correct-horse',
      scope: 'openid profile transfer:funds',
    }),
  });
  return (await response.json()).mfa_token;
}

function placeholders(mfaToken: string, oobCode = ''): Record<string, string> {
  return {
    MFA_TOKEN: mfaToken,
    '{mfaToken}': mfaToken,
    '{oobCode}': oobCode,
    '{yourClientId}': 'stepgate-demo',
    '{yourClientSecret}': 'stepgate-demo-secret',
    '{yourClientSecret': 'stepgate-demo-secret',
  };
}

it('understands the curl calls of the push guide as printed', async () => {
  const first = await obtainMfaToken();
  const enrollment = await curl(printed.associate, placeholders(first));
  expect(enrollment.body).toEqual({
    authenticator_type: 'oob',
    barcode_uri: expect.stringMatching(/^otpauth:\/\/totp\/.+:.+\?enrollment_tx_id=.+&base_url=.+$/),
    recovery_codes: [expect.stringMatching(/^[A-Z0-9]{24}$/)],
    oob_channel: 'auth0',
    oob_code: expect.stringMatching(/^Fe26\.2/),
  });
  const { oob_code: enrollmentCode } = enrollment.body as { oob_code: string };
  const pending = {
    error: 'authorization_pending',
    error_description: 'Authorization pending: please repeat the request in a few seconds.',
  };
  expect((await curl(printed.confirm, placeholders(first, enrollmentCode))).body).toEqual(pending);
  emulator.phone('ada').scan();
  expect((await curl(printed.confirm, placeholders(first, enrollmentCode))).body).toEqual({
    id_token: expect.any(String),
    access_token: expect.any(String),
    expires_in: expect.any(Number),
    scope: 'openid profile transfer:funds',
    token_type: 'Bearer',
  });

  const second = await obtainMfaToken();
  const rows = (await curl(printed.list, placeholders(second))).body as { id: string }[];
  expect(rows).toHaveLength(3);
  expect(rows).toContainEqual({
    id: expect.stringMatching(/^push\|dev_\w{16}$/),
    authenticator_type: 'oob',
    active: true,
    oob_channel: 'auth0',
    name: expect.any(String),
  });
  const id = rows.find((row) => row.id.startsWith('push|'))?.id ?? '';
  const challenge = await curl(printed.challenge, {
    ...placeholders(second),
    'push|dev_ZUla9SQ6tAIHSz6y': id,
  });
  expect(challenge.body).toEqual({ challenge_type: 'oob', oob_code: expect.stringMatching(/^Fe26\.2/) });
  const { oob_code: pushCode } = challenge.body as { oob_code: string };
  expect((await curl(printed.poll, placeholders(second, pushCode))).body).toEqual(pending);
  emulator.phone('ada').approve();
  expect(await curl(printed.poll, placeholders(second, pushCode))).toMatchObject({
    status: 200,
    body: { access_token: expect.any(String) },
  });
});
