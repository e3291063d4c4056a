import {
  type ApprovalRequest,
  type AuthorizationDetail,
  createCibaWay,
  type Redemption,
  StepUpError,
  type Transport,
  type TransportResponse,
  type Way,
} from '@stepgate/core';
import { type HandedBack, type Seat, type Setup, sessionOf } from './deeds.ts';
import type { Asked, Push, Truth } from './truth.ts';

/** How the provider answers by CIBA: who is asked for what, and what of it gets lost. */
export interface CibaProviderOptions {
  readonly truth: Truth;
  readonly setup: Setup;
  readonly issuer: string;
  /** By the clock of the process. */
  readonly now: () => number;
  readonly stamp: () => Pick<Asked, 'sentAt' | 'countedFrom'>;
  readonly asking: () => Seat | undefined;
  /** A request that may be refused before the provider acts, or whose answer gets lost after it has. */
  readonly request: <T>(signal: AbortSignal | undefined, act: () => T) => Promise<T>;
  /** Notes a poll until the process has its answer. */
  readonly noted: <T>(id: string, poll: () => Promise<T>) => Promise<T>;
  readonly ring: (push: Omit<Push, 'state' | 'isTyped' | 'wrongCodes' | 'isPinged'>) => string;
  /** The answer to a poll. */
  readonly pollOf: (id: string) => Redemption;
  /** Whether the provider wants to be asked less often. */
  readonly complains: () => boolean;
  readonly isDead: () => boolean;
  /** What it says of the details that were approved. */
  readonly handsBack: () => HandedBack;
}

/** How long a push can be answered. */
export const PUSH_TTL_MS = 300_000;
/** What the provider names as the interval, and by how much it complains. */
const CIBA_INTERVAL_MS = 5_000;
const SLOW_DOWN_MS = 5_000;
const WAIT_SECONDS = 1;
const LIMITED: Answer = { status: 429, body: { error: 'too_many_requests' } };

/** What is sent back. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The details of an approval, which its phone shows. */
const detailsOf = ({ action }: ApprovalRequest): readonly AuthorizationDetail[] => [
  {
    type: 'step-up',
    title: action?.title ?? 'Sign in',
    shown: { lines: (action?.details ?? '').split('\n') },
  },
  { type: 'app', of: 'bank' },
];

/** CIBA: the gate's own client, at a provider that has no network between. */
export function createSimulatedCiba(options: CibaProviderOptions): Way {
  const { truth, setup, issuer, now, request, isDead } = options;
  const endpoint = `${issuer}ask`;

  const transport: Transport = async ({ url, body, signal }) => {
    const form = new URLSearchParams(body);
    const { status, body: answer } = await (url === endpoint ? start(form, signal) : poll(form, signal));
    return respond(status, answer);
  };

  /** A request that is refused is one too many. */
  function answered(signal: AbortSignal | undefined, act: () => Answer): Promise<Answer> {
    return request(signal, act).catch((error: unknown) => {
      if (error instanceof StepUpError && error.code === 'rate_limited') return LIMITED;
      throw error;
    });
  }

  function start(form: URLSearchParams, signal: AbortSignal | undefined): Promise<Answer> {
    const browser = options.asking();
    const sent = options.stamp();
    if (browser === undefined) truth.noticed.push('a push went out that nobody has asked for');
    return answered(signal, () => {
      // The phone shows the code before whatever else it shows.
      const code = form.get('binding_message')?.slice(0, 4) ?? '';
      const details = form.get('authorization_details');
      const id = options.ring({
        browser: browser ?? 'nobody',
        session: sessionOf(browser ?? 'owner'),
        ...sent,
        intervalMs: CIBA_INTERVAL_MS,
        way: 'ciba',
        code,
        details: details === null ? undefined : (JSON.parse(details) as unknown[]),
        pingToken: form.get('client_notification_token') ?? undefined,
      });
      const times = { expires_in: PUSH_TTL_MS / 1_000, interval: CIBA_INTERVAL_MS / 1_000 };
      return { status: 200, body: { auth_req_id: id, ...times } };
    });
  }

  async function poll(form: URLSearchParams, signal: AbortSignal | undefined): Promise<Answer> {
    const id = form.get('auth_req_id') ?? '';
    const push = truth.pushes[Number(id)];
    const isWaiting = (): boolean => push?.state === 'waiting';
    const answer = await options.noted(id, () =>
      answered(signal, () =>
        isWaiting() && options.complains()
          ? { status: 400, body: { error: 'slow_down' } }
          : answerOf(id, push?.details),
      ),
    );
    // From then on, since the answer was heard.
    if (answer.body.error === 'slow_down' && push !== undefined && !isDead()) push.intervalMs += SLOW_DOWN_MS;
    return answer;
  }

  function answerOf(id: string, details: readonly unknown[] | undefined): Answer {
    try {
      const redemption = options.pollOf(id);
      if (redemption.status !== 'approved')
        return { status: 400, body: { error: ERRORS[redemption.status] } };
      const { accessToken } = redemption.tokens;
      const approved = details && handedBack(details, options.handsBack());
      return {
        status: 200,
        body: {
          access_token: accessToken,
          ...(approved !== undefined && { authorization_details: approved }),
        },
      };
    } catch (error) {
      const isLate = error instanceof StepUpError && error.code === 'challenge_expired';
      return { status: 400, body: { error: isLate ? 'expired_token' : 'invalid_grant' } };
    }
  }

  return createCibaWay({
    discover: async () => ({
      issuer,
      jwksUri: `${issuer}keys`,
      tokenEndpoint: `${issuer}token`,
      backchannelAuthenticationEndpoint: endpoint,
      backchannelTokenDeliveryModes: [],
    }),
    clientId: 'bank',
    clientSecret: 'a secret of the client',
    transport,
    now,
    ping: setup.pings === true,
    ...(setup.details !== undefined && { details: detailsOf }),
  });
}

const ERRORS: Readonly<Record<Exclude<Redemption['status'], 'approved'>, string>> = {
  pending: 'authorization_pending',
  slow_down: 'slow_down',
  rejected: 'access_denied',
  mfa_required: 'transaction_failed',
};

function respond(status: number, body: Answer['body']): TransportResponse {
  const wait = status === 429 ? String(WAIT_SECONDS) : null;
  return {
    status,
    headers: { get: (name) => (name === 'retry-after' ? wait : null) },
    text: JSON.stringify(body),
  };
}

/** The details as the provider tells them. It may add members (RFC 9396, section 7.1); what else differs was not asked for. */
function handedBack(details: readonly unknown[], what: HandedBack): unknown {
  const [first, ...others] = details as readonly [Detail, ...unknown[]];
  const { shown } = first;
  switch (what) {
    case 'the same':
      return details;
    case 'as text':
      return JSON.stringify(details);
    case 'in another order':
      return [...others, Object.fromEntries(Object.entries(first).toReversed())];
    case 'with a member more':
      return [{ ...first, id: 1, shown: { ...shown, at: 'the bank' } }, ...others];
    case 'a member changed':
      return [{ ...first, shown: { lines: shown.lines.map((line) => `${line}0`) } }, ...others];
    case 'a member less':
      return [{ ...first, shown: {} }, ...others];
    case 'a line more':
      return [{ ...first, shown: { lines: [...shown.lines, 'to: mallory'] } }, ...others];
    case 'one less':
      return [first];
    case 'nothing':
      return undefined;
  }
}

interface Detail {
  readonly shown: { readonly lines: readonly string[] };
}

/** Whether what was handed back is worth an approval. */
export const isAsAsked = (what: HandedBack | undefined): boolean =>
  what === undefined || ['the same', 'as text', 'in another order', 'with a member more'].includes(what);
