import ky, { type KyInstance } from 'ky';
import { setDeadline } from '../lib/deadline.ts';
import { parseJson, stringMember } from '../lib/json.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { type Auth0Call, refusal, retryAfter } from './errors.ts';
import { reportOf, type TenantReport } from './report.ts';

/** How to reach a tenant, and as which application. */
export interface Auth0Options {
  /** The address of the tenant or its custom domain, `https://tenant.eu.auth0.com/`. */
  readonly issuer: string;
  readonly clientId: string;
  /** For applications that authenticate with a secret. It goes into the body, which every `/mfa/*` endpoint accepts. */
  readonly clientSecret?: string;
  /**
   * For applications that authenticate with `private_key_jwt`: signs a fresh assertion for every request.
   * `iss` and `sub` are the client id, `aud` is the issuer with its trailing slash, `jti` is unique, and the assertion
   * expires within 5 minutes.
   */
  readonly clientAssertion?: () => Promise<string>;
  /** Accepts an `http:` issuer. For emulators on the same machine. */
  readonly allowInsecureIssuer?: boolean;
  /** How long a request may take, in milliseconds; default 10 000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
  /** The clock that `x-ratelimit-reset` is compared with when a response has no `Date`. */
  readonly now?: () => number;
  /** Called with every response, refusals included, for budgets and metrics. What it throws is ignored. */
  readonly onResponse?: (report: TenantReport) => void;
}

/** A response that is not a refusal. */
export interface Auth0Answer {
  /** JSON; `undefined` when there was no body. */
  readonly body: unknown;
  /** How long the provider wants us to wait, when it says so. */
  readonly retryAfterMs: number | undefined;
}

/** The connection to a tenant: client authentication, one request per call, refusals as `StepUpError`. */
export interface Auth0Client {
  get(path: string, options: WireOptions): Promise<Auth0Answer>;
  /** Sends JSON, for `/mfa/*`. */
  postJson(path: string, body: Readonly<Record<string, unknown>>, options: WireOptions): Promise<Auth0Answer>;
  /** Sends a form with client authentication, for `/oauth/token`. */
  postToken(form: Readonly<Record<string, string>>, options: WireOptions): Promise<Auth0Answer>;
  delete(path: string, options: WireOptions): Promise<Auth0Answer>;
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

const LONGEST_TIMEOUT_MS = 600_000;
const DEEPEST_CAUSE = 4;

/**
 * Connects to a tenant.
 *
 * @throws TypeError when the issuer is not an absolute https address, or when there are two kinds of credentials.
 */
export function createAuth0Client(options: Auth0Options): Auth0Client {
  const issuer = parseIssuer(options);
  const { clientId, clientSecret, clientAssertion, timeoutMs = 10_000, now = Date.now } = options;
  if (!isText(clientId)) throw new TypeError('clientId: must be a non-empty string');
  if (clientSecret !== undefined && !isText(clientSecret)) {
    throw new TypeError('clientSecret: must be a non-empty string; leave it out for a public client');
  }
  if (clientSecret !== undefined && clientAssertion !== undefined) {
    throw new TypeError('clientSecret and clientAssertion: set only one of them');
  }
  if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS)) {
    throw new TypeError('timeoutMs: must be a number of milliseconds, at most 10 minutes');
  }
  const http: KyInstance = ky.create({
    prefix: issuer,
    // The machine does all the waiting. ky would sleep through a 429, for an hour if the header says so.
    retry: 0,
    throwHttpErrors: false,
    // ky's own timeout ends with the headers, but a body can stall too.
    timeout: false,
    // A redirect would send the credentials to another address.
    redirect: 'error',
    ...(options.fetch && { fetch: options.fetch }),
  });

  async function credentials(): Promise<Record<string, string>> {
    if (clientAssertion !== undefined) {
      return {
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await clientAssertion(),
      };
    }
    return { client_id: clientId, ...(clientSecret !== undefined && { client_secret: clientSecret }) };
  }

  function tell(report: TenantReport): void {
    try {
      options.onResponse?.(report);
    } catch {
      // A listener that throws must not fail the request.
    }
  }

  async function send(
    method: 'get' | 'post' | 'delete',
    path: string,
    payload: { json?: unknown; body?: URLSearchParams },
    { call, bearer, headers, signal, understands = [] }: WireOptions,
  ): Promise<Auth0Answer> {
    const deadline = setDeadline(timeoutMs, signal);
    const { status, responseHeaders, text } = await http(path, {
      method,
      ...payload,
      headers: { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
      signal: deadline.signal,
    })
      .then(async (response) => ({
        status: response.status,
        responseHeaders: response.headers,
        text: await response.text(),
      }))
      .catch((failure: unknown) => {
        // ky's errors hold the request, and so its secrets: keep only the system's error code.
        const word = networkCode(failure);
        const why = word === undefined ? '' : `: ${word}`;
        throw new StepUpError('provider_unavailable', `no response to ${method.toUpperCase()} ${path}${why}`);
      })
      .finally(() => deadline.end());
    tell(reportOf(call, status, responseHeaders));
    const body = parseJson(text);
    const error = stringMember(body, 'error');
    const retryAfterMs = retryAfter({
      isLimited: status === 429 || error === 'slow_down',
      headers: responseHeaders,
      now: now(),
    });
    const isUnderstood = error !== undefined && understands.includes(error);
    const isAnswer = status < 300 && error === undefined && (body !== undefined || text === '');
    if (isUnderstood || isAnswer) return { body, retryAfterMs };
    throw refusal({ call, method, path, status, error, body, retryAfterMs });
  }

  return {
    get: (path, wire) => send('get', path, {}, wire),
    postJson: async (path, body, wire) => {
      const json = wire.authenticateClient === true ? { ...body, ...(await credentials()) } : body;
      return send('post', path, { json }, wire);
    },
    postToken: async (form, wire) => {
      const body = new URLSearchParams({ ...form, ...(await credentials()) });
      return send('post', 'oauth/token', { body }, wire);
    },
    delete: (path, wire) => send('delete', path, {}, wire),
  };
}

/** The system's error code among the causes: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED` and so on. */
function networkCode(failure: unknown): string | undefined {
  let cause = failure;
  for (let depth = 0; depth < DEEPEST_CAUSE && cause instanceof Error; depth += 1) {
    const { code } = cause as { readonly code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z\d_]{2,40}$/.test(code)) return code;
    cause = cause.cause;
  }
  return undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/**
 * The issuer's address with a slash at its end, which is how Stepgate writes it everywhere.
 *
 * @throws TypeError when the text is not an issuer's address.
 */
export function parseIssuer({
  issuer,
  allowInsecureIssuer,
}: {
  readonly issuer: string;
  readonly allowInsecureIssuer?: boolean | undefined;
}): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('issuer: must be an absolute address, like https://tenant.eu.auth0.com/');
  }
  if (url.protocol === 'http:' && allowInsecureIssuer !== true) {
    throw new TypeError('issuer: must be https (allowInsecureIssuer: true accepts http, for an emulator)');
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('issuer: must have no user name, query or fragment');
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}
