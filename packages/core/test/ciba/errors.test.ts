import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CibaClient, createCibaClient, type ReasonCode, StepUpError } from '../../src/index.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';

const NOW = 1_800_000_000_000;

let server: ScriptedServer;
let ciba: CibaClient;

beforeAll(async () => {
  server = await startScriptedServer();
  ciba = createCibaClient({
    discover: async () => ({
      issuer: server.url,
      jwksUri: `${server.url}jwks`,
      tokenEndpoint: `${server.url}oauth/token`,
      backchannelAuthenticationEndpoint: `${server.url}bc-authorize`,
      backchannelTokenDeliveryModes: ['poll'],
    }),
    clientId: 'client',
    clientSecret: 'client-secret',
    now: () => NOW,
  });
});
afterAll(() => server.close());

type Outcome = ReasonCode | 'pending' | 'slow_down' | 'approved' | 'started';

async function start(): Promise<Outcome> {
  return ciba.start({ subject: 'auth0|ada', bindingMessage: 'K7QM' }).then(() => 'started', codeOf);
}

async function poll({ isOver = false } = {}): Promise<Outcome> {
  const expiresAt = isOver ? NOW : NOW + 60_000;
  return ciba.poll({ authReqId: 'id', expiresAt }).then(({ status }) => status, codeOf);
}

function codeOf(error: unknown): ReasonCode {
  if (!(error instanceof StepUpError)) throw error;
  return error.code as ReasonCode;
}

interface Row {
  /** Who says it: Auth0, the standard, or the provider that was measured. */
  readonly by: string;
  readonly status: number;
  readonly error?: string;
  readonly says?: string;
  /** In place of JSON. */
  readonly text?: string;
  readonly means: Outcome;
}

const bodyOf = ({ error, says, text }: Row): unknown =>
  text ?? { ...(error !== undefined && { error }), ...(says !== undefined && { error_description: says }) };

const AT_THE_START: readonly Row[] = [
  {
    by: 'Auth0',
    status: 400,
    error: 'unknown_user_id',
    says: 'User ID is malformed or unknown',
    means: 'not_enrolled',
  },
  {
    by: 'oidc-provider',
    status: 400,
    error: 'unknown_user_id',
    says: 'could not identify end-user',
    means: 'not_enrolled',
  },
  { by: 'Keycloak', status: 400, error: 'invalid_request', says: 'invalid user', means: 'not_enrolled' },
  { by: 'Auth0', status: 400, error: 'invalid_request', means: 'not_enrolled' },
  {
    by: 'Auth0',
    status: 400,
    error: 'invalid_request',
    says: 'User is not enrolled in push notifications',
    means: 'not_enrolled',
  },
  {
    by: 'Auth0',
    status: 400,
    error: 'invalid_request',
    says: 'binding_message is required',
    means: 'provider_error',
  },
  {
    by: 'Auth0',
    status: 400,
    error: 'invalid_request',
    says: 'characters not allowed in binding_message',
    means: 'provider_error',
  },
  { by: 'the standard', status: 400, error: 'invalid_binding_message', means: 'provider_error' },
  ...[
    ['Auth0', 'openid scope must be requested'],
    ['Auth0', 'login_hint parameter validation failed: "sub" contains unsupported format'],
    ['oidc-provider', "missing required parameter 'scope'"],
    ['oidc-provider', 'missing one of required parameters login_hint_token, id_token_hint, or login_hint'],
    [
      'oidc-provider',
      'only one of required parameters login_hint_token, id_token_hint, or login_hint must be provided',
    ],
    ['oidc-provider', 'could not validate id_token_hint'],
    ['oidc-provider', 'invalid requested_expiry parameter value'],
    ['oidc-provider', 'urn:openid:params:grant-type:ciba is not allowed for this client'],
    ['oidc-provider', 'Request Object must be used by this client'],
    ['oidc-provider', "missing required parameter 'client_notification_token'"],
    ['oidc-provider', 'client_notification_token must be a valid Bearer token'],
    [
      'oidc-provider',
      'only application/x-www-form-urlencoded content-type bodies are supported on POST /bc-authorize',
    ],
  ].map(([by = '', says = '']) => ({
    by,
    status: 400,
    error: 'invalid_request',
    says,
    means: 'provider_misconfigured' as const,
  })),
  ...[
    'invalid_scope',
    'invalid_target',
    'invalid_authorization_details',
    'missing_user_code',
    'invalid_user_code',
    'request_not_supported',
    'invalid_request_object',
    'unsupported_grant_type',
  ].map((error) => ({ by: 'the standard', status: 400, error, means: 'provider_misconfigured' as const })),
  { by: 'the standard', status: 400, error: 'unauthorized_client', means: 'provider_misconfigured' },
  { by: 'Auth0', status: 403, error: 'unauthorized_client', means: 'provider_misconfigured' },
  { by: 'the standard', status: 401, error: 'invalid_client', means: 'provider_misconfigured' },
  { by: 'the standard', status: 400, error: 'expired_login_hint_token', means: 'provider_error' },
  { by: 'the standard', status: 403, error: 'access_denied', means: 'factor_unavailable' },
  { by: 'Auth0', status: 429, error: 'too_many_requests', means: 'rate_limited' },
  { by: 'Auth0', status: 429, error: 'slow_down', means: 'rate_limited' },
  { by: 'Auth0', status: 429, means: 'rate_limited' },
  { by: 'a gateway', status: 429, text: '<html>Too many</html>', means: 'rate_limited' },
  { by: 'Keycloak', status: 503, error: 'server_error', means: 'delivery_unknown' },
  { by: 'the standard', status: 400, error: 'temporarily_unavailable', means: 'delivery_unknown' },
  { by: 'a server', status: 500, means: 'delivery_unknown' },
  { by: 'a gateway', status: 502, text: '<html>Bad gateway</html>', means: 'delivery_unknown' },
  { by: 'a gateway', status: 403, text: '<html>Blocked</html>', means: 'delivery_unknown' },
  { by: 'a gateway', status: 200, text: '<html>Welcome</html>', means: 'delivery_unknown' },
  { by: 'a server', status: 400, error: 'unheard_of', means: 'provider_error' },
  { by: 'a server', status: 400, means: 'provider_error' },
  { by: 'a server', status: 201, means: 'provider_error' },
  { by: 'a server', status: 200, means: 'provider_error' },
];

const WHILE_POLLING: readonly Row[] = [
  ...[400, 403, 401, 200].map((status) => ({
    by: 'a server',
    status,
    error: 'authorization_pending',
    means: 'pending' as const,
  })),
  {
    by: 'Auth0',
    status: 429,
    error: 'slow_down',
    says: 'You are polling faster than allowed. Try again in 10 seconds.',
    means: 'slow_down',
  },
  ...[400, 403, 200, 503].map((status) => ({
    by: 'a server',
    status,
    error: 'slow_down',
    means: 'slow_down' as const,
  })),
  {
    by: 'Auth0',
    status: 400,
    error: 'access_denied',
    says: 'The end-user denied the authorization request or it has been expired',
    means: 'rejected',
  },
  { by: 'the standard', status: 403, error: 'access_denied', means: 'rejected' },
  { by: 'the standard', status: 400, error: 'expired_token', means: 'challenge_expired' },
  { by: 'the standard', status: 400, error: 'invalid_grant', means: 'result_lost' },
  {
    by: 'Auth0',
    status: 401,
    error: 'invalid_grant',
    says: 'Invalid or expired auth_req_id',
    means: 'result_lost',
  },
  {
    by: 'Keycloak',
    status: 400,
    error: 'invalid_grant',
    says: 'Client not allowed OIDC CIBA Grant',
    means: 'provider_misconfigured',
  },
  { by: 'oidc-provider', status: 400, error: 'transaction_failed', means: 'factor_unavailable' },
  {
    by: 'oidc-provider',
    status: 400,
    error: 'invalid_request',
    says: "missing required parameter 'auth_req_id'",
    means: 'provider_error',
  },
  ...['unauthorized_client', 'unsupported_grant_type', 'invalid_client', 'invalid_scope'].map((error) => ({
    by: 'the standard',
    status: error === 'invalid_client' ? 401 : 400,
    error,
    means: 'provider_misconfigured' as const,
  })),
  { by: 'the standard', status: 400, error: 'server_error', means: 'provider_unavailable' },
  { by: 'the standard', status: 503, means: 'provider_unavailable' },
  { by: 'a gateway', status: 503, text: 'busy', means: 'provider_unavailable' },
  { by: 'a gateway', status: 403, text: '<html>Blocked</html>', means: 'provider_unavailable' },
  { by: 'a gateway', status: 200, text: '<html>Welcome</html>', means: 'provider_unavailable' },
  { by: 'Auth0', status: 429, error: 'too_many_requests', means: 'rate_limited' },
  { by: 'a gateway', status: 429, text: 'slow down', means: 'rate_limited' },
  { by: 'a server', status: 400, error: 'unheard_of', means: 'provider_error' },
  { by: 'a server', status: 200, means: 'provider_error' },
];

describe('a refusal at the start', () => {
  it.each(AT_THE_START)('by $by: $status $error "$says" means $means', async (row) => {
    server.answer({ status: row.status, body: bodyOf(row) });
    expect(await start()).toBe(row.means);
    expect(server.requests).toHaveLength(1);
  });

  it.each(['reset', 'stall'] as const)('means delivery_unknown without a response: %s', async (script) => {
    server.answer(script);
    const controller = new AbortController();
    const outcome = ciba
      .start({ subject: 'auth0|ada', bindingMessage: 'K7QM', signal: controller.signal })
      .then(() => 'started', codeOf);
    if (script === 'stall') controller.abort();
    expect(await outcome).toBe('delivery_unknown');
  });
});

describe('a refusal while polling', () => {
  it.each(WHILE_POLLING)('by $by: $status $error "$says" means $means', async (row) => {
    server.answer({ status: row.status, body: bodyOf(row) });
    expect(await poll()).toBe(row.means);
    expect(server.requests).toHaveLength(1);
  });

  it('means provider_unavailable without a response', async () => {
    server.answer('reset');
    expect(await poll()).toBe('provider_unavailable');
  });

  it.each(['access_denied', 'invalid_grant', 'expired_token'])(
    'means challenge_expired after our own deadline: %s',
    async (error) => {
      server.answer({ status: 400, body: { error } });
      expect(await poll({ isOver: true })).toBe('challenge_expired');
    },
  );

  it('means challenge_expired right before our own deadline, which starts later than the provider’s', async () => {
    const denial = { status: 400, body: { error: 'access_denied' } };
    server.answer(denial, denial);
    const late = ciba.poll({ authReqId: 'id', expiresAt: NOW + 1_000 });
    await expect(late).rejects.toMatchObject({ code: 'challenge_expired' });
    expect(await ciba.poll({ authReqId: 'id', expiresAt: NOW + 2_000 })).toEqual({ status: 'rejected' });
  });

  it('means the same after our own deadline when it is about something else', async () => {
    server.answer({ status: 400, body: { error: 'transaction_failed' } });
    expect(await poll({ isOver: true })).toBe('factor_unavailable');
  });
});

it('names the request, the status and the error, and nothing else of the response', async () => {
  server.answer({
    status: 401,
    body: { error: 'invalid_client', error_description: 'secret client-secret of ada is wrong' },
  });
  await expect(ciba.start({ subject: 'auth0|ada', bindingMessage: 'K7QM' })).rejects.toThrow(
    /^POST bc-authorize was refused: 401 invalid_client: the client id or its credentials are wrong$/,
  );
});
