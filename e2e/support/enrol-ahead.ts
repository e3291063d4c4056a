import type { Emulator } from '@stepgate/emulator';
import { ada } from './desk.ts';

const client = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };

/** Gives Ada a phone before the test begins, through the tenant's API. */
export async function enrolAhead(emulator: Emulator): Promise<void> {
  async function call(path: string, body: object, bearer?: string): Promise<Record<string, string>> {
    const response = await emulator.handle(
      new Request(new URL(path, emulator.issuer), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        },
        body: JSON.stringify({ ...client, ...body }),
      }),
    );
    return (await response.json()) as Record<string, string>;
  }

  const { mfa_token } = await call('oauth/token', {
    grant_type: 'password',
    ...ada,
    audience: 'https://bank.example/',
    scope: 'openid transfer:funds',
  });
  const { oob_code } = await call(
    'mfa/associate',
    { authenticator_types: ['oob'], oob_channels: ['auth0'] },
    mfa_token,
  );
  emulator.phone(ada.username).scan();
  const { access_token } = await call(
    'oauth/token',
    { grant_type: 'http://auth0.com/oauth/grant-type/mfa-oob', mfa_token, oob_code },
    mfa_token,
  );
  if (access_token === undefined) throw new Error('the tenant did not confirm the phone');
}
