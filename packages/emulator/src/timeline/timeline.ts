import { requestPath } from '../lib/request-path.ts';
import { sessionCookie } from '../login/tenant-session.ts';
import { bearerToken, type Params, parseBody } from '../request/api-request.ts';
import type { Tenant } from '../state/tenant.ts';
import { attribute, type Clues } from './attribution.ts';
import { createFlows, type FlowKeys, keysOfAnswer, keysOfRequest } from './flows.ts';
import type { Belonging, LoggedAnswer, LoggedRequest } from './logged-request.ts';
import { claimsIn, maskHeader, maskMembers, maskValue } from './mask.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';

/** What arrives at a tenant. */
export interface Arrival {
  readonly tenant: Tenant;
  readonly request: Request;
  readonly body: string;
}

/** A request that is logged and not answered yet. */
export interface OpenRequest {
  readonly entry: Omit<LoggedRequest, 'id'>;
  /** Notes that a fault hit it. */
  hit(): void;
  drop(dropped: 'before' | 'after'): void;
  /** Logs the answer; the response to send takes the place of the one given, whose body has been read. */
  answer(response: Response): Promise<Response>;
}

/** Writes the request log: who asked for what, and what the tenant answered. */
export interface Timeline {
  readonly log: RequestLog;
  open(arrival: Arrival): OpenRequest;
  clear(): void;
}

const shownRequestHeaders = ['authorization', 'content-type', 'accept', 'origin', 'user-agent'];
const shownAnswerHeaders = [
  'content-type',
  'location',
  'set-cookie',
  'www-authenticate',
  'retry-after',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
];

/** An empty timeline; `onRequest` is called with every request that has ended. */
export function createTimeline(onRequest?: (request: LoggedRequest) => void): Timeline {
  const log = createRequestLog();
  const flows = createFlows();
  log.subscribe((entry) => {
    if (entry?.durationMs !== undefined) onRequest?.(entry);
  });

  function belongingOf(tenant: Tenant, clues: Clues, keys: FlowKeys): Belonging {
    const facts = attribute(tenant, clues);
    const flow = flows.numberOf(keys);
    return flow === undefined ? facts : { ...flows.learn(flow, facts), flow };
  }

  return {
    log,
    open({ tenant, request, body }) {
      const startedAt = performance.now();
      const path = requestPath(request, tenant.basePath);
      const params = paramsOf(request, body);
      const clues: Clues = {
        params,
        authorization: request.headers.get('authorization'),
        sessionId: sessionOf(request.headers),
      };
      const keys = keysOfRequest(path, params, bearerToken(request.headers));
      const entry = {
        ...(tenant.basePath !== '' && { tenant: tenant.basePath.slice('/t/'.length) }),
        ...toEntry(request, path, params, tenant.clock.now()),
        ...belongingOf(tenant, clues, keys),
      };
      const add = log.add(entry);
      const durationMs = (): number => Math.round((performance.now() - startedAt) * 10) / 10;
      return {
        entry,
        hit: () => add({ isFault: true }),
        drop: (dropped) => add({ dropped, durationMs: durationMs() }),
        async answer(response) {
          const took = durationMs();
          const { json, logged, unread } = await readAnswer(response);
          const further = keysOfAnswer(json, response.headers.get('location'));
          const belonging = belongingOf(tenant, { ...clues, answer: json }, [...keys, ...further]);
          add({ status: response.status, durationMs: took, ...belonging, answer: logged });
          return unread;
        },
      };
    },
    clear() {
      flows.clear();
      log.clear();
    },
  };
}

function paramsOf(request: Request, body: string): Params {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  try {
    return { ...query, ...parseBody(body, request.headers.get('content-type') ?? '') };
  } catch {
    return query;
  }
}

function sessionOf(headers: Headers): string | undefined {
  const cookie = headers.get('cookie') ?? '';
  return new RegExp(`(?:^|;\\s*)${sessionCookie}=([^;]+)`).exec(cookie)?.[1];
}

function toEntry(request: Request, path: string, params: Params, at: number): Omit<LoggedRequest, 'id'> {
  const { headers, method } = request;
  const forwardedFor = headers.get('auth0-forwarded-for');
  const grantType = path === '/oauth/token' ? params.grant_type : undefined;
  return {
    method,
    path,
    ...(typeof grantType === 'string' && { grantType }),
    ...(forwardedFor !== null && { forwardedFor }),
    at,
    params: maskMembers(params),
    headers: pickHeaders(headers, shownRequestHeaders),
  };
}

function pickHeaders(headers: Headers, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, maskHeader(name, value)]];
    }),
  );
}

interface ReadAnswer {
  readonly json?: unknown;
  readonly logged: LoggedAnswer;
  /** The same response with its body not read yet: reading a clone would take several times as long. */
  readonly unread: Response;
}

async function readAnswer(response: Response): Promise<ReadAnswer> {
  const headers = pickHeaders(response.headers, shownAnswerHeaders);
  const type = response.headers.get('content-type') ?? '';
  if (response.body === null || !/json|text/.test(type)) return { logged: { headers }, unread: response };
  const text = await response.text();
  const unread = new Response(text, response);
  if (type.includes('html')) {
    const title = /<title>([^<]*)<\/title>/.exec(text)?.[1];
    // A form that posts itself to the app hands over the code.
    const code = /name="code" value="([^"]+)"/.exec(text)?.[1];
    return { json: { code }, logged: { headers, body: `A page: ${title ?? 'without a title'}` }, unread };
  }
  if (!type.includes('json')) return { logged: { headers, body: maskValue(text) }, unread };
  try {
    const json: unknown = JSON.parse(text);
    const claims = claimsIn(json);
    const logged = { headers, body: maskValue(json), ...(claims !== undefined && { claims }) };
    return { json, logged, unread };
  } catch {
    return { logged: { headers, body: '[not valid JSON]' }, unread };
  }
}
