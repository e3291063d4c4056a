import type { Emulator } from '../src/index.ts';

/** An answer with its JSON body, or an empty object where it has none. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** A clock that stands still, so that only `advance` moves an emulator's time. */
export const stoppedClock = { now: (): number => 1_800_000_000_000 };

/** A client of the tenant that speaks the wire's own words, through `handle`. */
export interface TenantClient {
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Form-encoded `POST /oauth/token` with the client's credentials. */
  token(params: Record<string, string>): Promise<Reply>;
  /** A password login of ada's. */
  signIn(params?: Record<string, string>): Promise<Reply>;
  /** The `mfa_token` of a password login for the step-up scope. */
  mfaToken(): Promise<string>;
  associate(bearer: string, body: Record<string, unknown>): Promise<Reply>;
  challenge(body: Record<string, unknown>): Promise<Reply>;
  list(bearer: string): Promise<Record<string, unknown>[]>;
  oob(mfaToken: string, oobCode: unknown, bindingCode?: string): Promise<Reply>;
  otp(mfaToken: string, code: string): Promise<Reply>;
  recoveryCode(mfaToken: string, code: unknown): Promise<Reply>;
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
      return {
        status: response.status,
        headers: response.headers,
        body: isJson ? JSON.parse(text) : {},
        text,
      };
    },
    token: (params) => client.call('POST', '/oauth/token', { form: { ...credentials, ...params } }),
    signIn: (params = {}) =>
      client.token({ grant_type: 'password', username: 'ada', password: 'correct-horse', ...params }),
    async mfaToken() {
      const { body } = await client.signIn({ scope: stepUp });
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
    otp: (mfaToken, code) => client.token({ grant_type: grants.otp, mfa_token: mfaToken, otp: code }),
    recoveryCode: (mfaToken, code) =>
      client.token({ grant_type: grants.recoveryCode, mfa_token: mfaToken, recovery_code: String(code) }),
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

/** An access token for the MFA audience, for which ada passes her push. */
export async function mfaAccessToken(
  emulator: Emulator,
  client: TenantClient,
  scope: string,
): Promise<string> {
  const { body } = await client.signIn({ audience: `${emulator.issuer}mfa/`, scope });
  if (typeof body.access_token === 'string') return body.access_token;
  const challenge = await client.challenge({ mfa_token: body.mfa_token });
  emulator.phone('ada').approve();
  const tokens = await client.oob(String(body.mfa_token), challenge.body.oob_code);
  return String(tokens.body.access_token);
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
