import type { Emulator } from '../src/index.ts';

/** An answer with its JSON body, or an empty object where it has none. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A client of the tenant that speaks the wire's own words, through `handle`. */
export interface TenantClient {
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Form-encoded `POST /oauth/token` with the client's credentials. */
  token(params: Record<string, string>): Promise<Reply>;
  /** The `mfa_token` of a password login for the step-up scope. */
  mfaToken(scope?: string): Promise<string>;
  /** An access token for the MFA audience, for a user who has to pass no factor. */
  associate(bearer: string, body: Record<string, unknown>): Promise<Reply>;
  challenge(body: Record<string, unknown>): Promise<Reply>;
  list(bearer: string): Promise<Record<string, unknown>[]>;
  oob(mfaToken: string, oobCode: unknown, bindingCode?: string): Promise<Reply>;
}

export interface CallOptions {
  readonly bearer?: string | undefined;
  readonly form?: Record<string, string>;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export const credentials = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };
export const stepUp = 'openid transfer:funds';
export const push = { authenticator_types: ['oob'], oob_channels: ['auth0'] };

const grantPrefix = 'http://auth0.com/oauth/grant-type/';
export const grants = {
  oob: `${grantPrefix}mfa-oob`,
  otp: `${grantPrefix}mfa-otp`,
  recoveryCode: `${grantPrefix}mfa-recovery-code`,
};

export function createTenantClient(emulator: Emulator): TenantClient {
  const client: TenantClient = {
    async call(method, path, options = {}) {
      const response = await emulator.handle(toRequest(`http://127.0.0.1:4400${path}`, method, options));
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : {} };
    },
    token: (params) => client.call('POST', '/oauth/token', { form: { ...credentials, ...params } }),
    async mfaToken(scope = stepUp) {
      const { body } = await client.token({
        grant_type: 'password',
        username: 'ada',
        password: 'correct-horse',
        scope,
      });
      return String(body.mfa_token);
    },
    associate: (bearer, json) => client.call('POST', '/mfa/associate', { bearer, json }),
    challenge: (json) =>
      client.call('POST', '/mfa/challenge', { json: { ...credentials, challenge_type: 'oob', ...json } }),
    async list(bearer) {
      const { body } = await client.call('GET', '/mfa/authenticators', { bearer });
      return body as unknown as Record<string, unknown>[];
    },
    oob: (mfaToken, oobCode, bindingCode) =>
      client.token({
        grant_type: grants.oob,
        mfa_token: mfaToken,
        oob_code: String(oobCode),
        ...(bindingCode !== undefined && { binding_code: bindingCode }),
      }),
  };
  return client;
}

function toRequest(url: string, method: string, options: CallOptions): Request {
  const headers = new Headers(options.headers);
  if (options.bearer !== undefined) headers.set('authorization', `Bearer ${options.bearer}`);
  if (options.json !== undefined) {
    headers.set('content-type', 'application/json');
    return new Request(url, { method, headers, body: JSON.stringify(options.json) });
  }
  if (options.form !== undefined) {
    return new Request(url, { method, headers, body: new URLSearchParams(options.form) });
  }
  return new Request(url, { method, headers, ...(options.body !== undefined && { body: options.body }) });
}

/** Enrols a phone for ada: associate, scan, confirm. */
export async function enrollPush(emulator: Emulator, client: TenantClient): Promise<Reply> {
  const mfaToken = await client.mfaToken();
  const { body } = await client.associate(mfaToken, push);
  emulator.phone('ada').scan();
  return client.oob(mfaToken, body.oob_code);
}

/** Sends a push to ada's phone. */
export async function startPush(
  client: TenantClient,
): Promise<{ readonly mfaToken: string; readonly oobCode: unknown }> {
  const mfaToken = await client.mfaToken();
  const row = (await client.list(mfaToken)).find(({ oob_channel }) => oob_channel === 'auth0');
  const { body } = await client.challenge({ mfa_token: mfaToken, authenticator_id: row?.id });
  return { mfaToken, oobCode: body.oob_code };
}
