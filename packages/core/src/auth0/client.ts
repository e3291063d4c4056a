import { type ClientOptions, createClientAuthentication } from '../oauth/client-authentication.ts';
import { createHttp, type HttpOptions } from '../oauth/http.ts';
import { type IssuerOptions, parseIssuer } from '../oauth/issuer.ts';
import { refusalBy } from '../oauth/refusal.ts';
import type { ResponseReport } from '../oauth/response-report.ts';
import { AUTH0_REFUSALS, type Auth0Call } from './errors.ts';

/** What a response says about the tenant's limits. No secrets. */
export type TenantReport = ResponseReport<Auth0Call>;

/** How to reach a tenant, and as which application. A secret goes into the body, which all endpoints accept. */
export interface Auth0Options
  extends IssuerOptions,
    Omit<ClientOptions, 'clientAuthentication'>,
    HttpOptions<Auth0Call> {}

/** A response that is not a refusal. */
export interface Auth0Response {
  /** JSON; `undefined` when there was no body. */
  readonly body: unknown;
  /** How long the provider wants us to wait, when it says so. */
  readonly retryAfterMs: number | undefined;
}

/** The connection to a tenant: client authentication, one request per call, refusals as `StepUpError`. */
export interface Auth0Client {
  get(path: string, options: WireOptions): Promise<Auth0Response>;
  /** Sends JSON, for `/mfa/*`. */
  postJson(
    path: string,
    body: Readonly<Record<string, unknown>>,
    options: WireOptions,
  ): Promise<Auth0Response>;
  /** Sends a form with client authentication, for `/oauth/token`. */
  postToken(form: Readonly<Record<string, string>>, options: WireOptions): Promise<Auth0Response>;
  delete(path: string, options: WireOptions): Promise<Auth0Response>;
}

/** What a single request needs besides its content. */
export interface WireOptions {
  /** What the request is for. The meaning of an error depends on it. */
  readonly call: Auth0Call;
  readonly bearer?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Adds the client's credentials to a JSON body. */
  readonly authenticateClient?: boolean;
  /** Error codes that the caller understands: their responses are returned, not thrown. */
  readonly understands?: readonly string[];
}

/**
 * Connects to a tenant.
 *
 * @throws TypeError when the issuer is not an absolute https address, or when there are two kinds of credentials.
 */
export function createAuth0Client(options: Auth0Options): Auth0Client {
  const issuer = parseIssuer(options);
  const authenticate = createClientAuthentication({ ...options, clientAuthentication: 'client_secret_post' });
  const http = createHttp(options);

  async function send(
    method: 'get' | 'post' | 'delete',
    path: string,
    payload: { readonly json?: unknown; readonly form?: Readonly<Record<string, string>> },
    { call, bearer, headers, signal, understands = [] }: WireOptions,
  ): Promise<Auth0Response> {
    const { status, body, isEmpty, error, retryAfterMs } = await http({
      call,
      method,
      url: issuer + path,
      path,
      ...payload,
      headers: { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
      signal,
    });
    const isUnderstood = error !== undefined && understands.includes(error);
    const isSuccess = status < 300 && error === undefined && (body !== undefined || isEmpty);
    if (isUnderstood || isSuccess) return { body, retryAfterMs };
    throw refusalBy(AUTH0_REFUSALS, { call, method, path, status, error, body, retryAfterMs });
  }

  return {
    get: (path, wire) => send('get', path, {}, wire),
    postJson: async (path, body, wire) => {
      const { form } = wire.authenticateClient === true ? await authenticate(issuer) : {};
      return send('post', path, { json: { ...body, ...form } }, wire);
    },
    postToken: async (body, wire) => {
      const { form } = await authenticate(issuer);
      return send('post', 'oauth/token', { form: { ...body, ...form } }, wire);
    },
    delete: (path, wire) => send('delete', path, {}, wire),
  };
}
