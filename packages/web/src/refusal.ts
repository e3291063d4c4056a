/** What an approval is asked for, as the guard names it. Shown to the user. */
export interface StepUpAction {
  readonly title?: string;
  readonly details?: string;
}

/** A call that the guard refused until there is an approval (RFC 9470, and how to get one). */
export interface Refusal {
  readonly requirement: string;
  /** The URL of the endpoints. */
  readonly basePath: string;
  readonly action?: StepUpAction;
  /** Equal for refusals that one and the same approval can satisfy. */
  readonly policy: string;
}

/**
 * Reads a refusal out of a response; `undefined` for every other response. The body of `response` stays unread.
 * A refusal that points to another origin than it came from is not one of ours.
 */
export async function readRefusal(response: Response, url: string): Promise<Refusal | undefined> {
  if (response.status !== 401 || !response.headers.get('content-type')?.includes('json')) return undefined;
  let body: RefusalBody;
  try {
    body = (await response.clone().json()) as RefusalBody;
    if (body.error !== 'insufficient_user_authentication') return undefined;
    const { start, requirement } = body.step_up as { start: unknown; requirement: unknown };
    if (typeof start !== 'string' || typeof requirement !== 'string') return undefined;
    const target = new URL(start, url);
    if (target.origin !== new URL(url).origin || !target.pathname.endsWith('/flow')) return undefined;
    return {
      requirement,
      basePath: target.origin + target.pathname.slice(0, -'/flow'.length),
      ...readAction(body.action),
      policy: JSON.stringify([target.pathname, body.max_age, body.factors, body.action]),
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

function readAction(value: unknown): { action?: StepUpAction } {
  const { title, details } = (value ?? {}) as { title?: unknown; details?: unknown };
  if (typeof title !== 'string') return {};
  return { action: { title, ...(typeof details === 'string' && { details }) } };
}
