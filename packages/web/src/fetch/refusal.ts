import { readAction, type StepUpAction } from '../screens/step-up-action.ts';

/** A call that the guard refused until there is an approval (RFC 9470), and how to get one. */
export interface Refusal {
  readonly requirement: string;
  /** The URL of the endpoints. */
  readonly basePath: string;
  readonly action?: StepUpAction | undefined;
  /** Equal for refusals that the same approval can satisfy. */
  readonly policy: string;
}

/** Where a refusal comes from. */
export interface RefusalOrigin {
  /** The URL that gave it. Default: the page's. */
  readonly url?: string;
  /** Where the server's endpoints are, where they are on another origin than the page: its refusals are followed too. */
  readonly basePath?: string;
}

/**
 * Reads the refusal from the response to a request that can be made again; `undefined` for every other response. The
 * body of `response` stays unread.
 */
export async function readRefusal(
  response: Response,
  request: Request,
  basePath?: string,
): Promise<Refusal | undefined> {
  if (response.status !== 401) return undefined;
  // The redirect may be the answer to work that is done: a repeated call would do it twice.
  if (response.redirected && request.method !== 'GET') return undefined;
  try {
    const body: unknown = await response.clone().json();
    return parseRefusal(body, {
      url: response.url || request.url,
      ...(basePath !== undefined && { basePath }),
    });
  } catch {
    return undefined;
  }
}

/**
 * Reads the refusal from the body that the server made of the guard's error (`errorBody`, or `errorResponse` as JSON),
 * however it came: the value of a Server Action, an entry of GraphQL's `errors`, a message of a socket.
 * `undefined` for everything else.
 *
 * A refusal from another origin than the page's is followed only where the app has named that origin's endpoints as
 * `basePath`. One that points to another origin than it came from is never followed.
 */
export function parseRefusal(
  body: unknown,
  { url, basePath = '/' }: RefusalOrigin = {},
): Refusal | undefined {
  const page = (globalThis.location as Location | undefined)?.href;
  const from = url ?? page;
  const refusal = (body ?? {}) as RefusalBody;
  if (refusal.error !== 'insufficient_user_authentication' || from === undefined) return undefined;
  try {
    const { start, requirement } = refusal.step_up as { start: string; requirement: unknown };
    const { href, origin } = new URL(start, from);
    const followed = new URL(basePath, page ?? from);
    if (typeof requirement !== 'string' || origin !== new URL(from).origin || origin !== followed.origin)
      return undefined;
    return {
      requirement,
      basePath: href.replace(/\/flow$/, ''),
      action: readAction(refusal.action),
      policy: JSON.stringify([href, refusal.max_age, refusal.factors, refusal.action]),
    };
  } catch {
    return undefined;
  }
}

interface RefusalBody {
  readonly error?: unknown;
  readonly max_age?: unknown;
  readonly factors?: unknown;
  readonly action?: unknown;
  readonly step_up?: unknown;
}
