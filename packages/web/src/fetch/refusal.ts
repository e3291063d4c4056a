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

/**
 * Reads the refusal from the response to a request that can be made again; `undefined` for every other response. The
 * body of `response` stays unread.
 *
 * A refusal from another origin than the page's is followed only where the app has named that origin's endpoints as
 * `basePath`. One that points to another origin than it came from is never followed.
 */
export async function readRefusal(
  response: Response,
  request: Request,
  basePath = '/',
): Promise<Refusal | undefined> {
  if (response.status !== 401) return undefined;
  // The redirect may be the answer to work that is done: a repeated call would do it twice.
  if (response.redirected && request.method !== 'GET') return undefined;
  const url = response.url || request.url;
  try {
    const body = (await response.clone().json()) as RefusalBody;
    if (body.error !== 'insufficient_user_authentication') return undefined;
    const { start, requirement } = body.step_up as { start: string; requirement: unknown };
    const { href, origin } = new URL(start, url);
    const page = globalThis.location as Location | undefined;
    const followed = new URL(basePath, page?.href ?? url);
    if (typeof requirement !== 'string' || origin !== new URL(url).origin || origin !== followed.origin)
      return undefined;
    return {
      requirement,
      basePath: href.replace(/\/flow$/, ''),
      action: readAction(body.action),
      policy: JSON.stringify([href, body.max_age, body.factors, body.action]),
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
