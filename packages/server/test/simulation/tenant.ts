import {
  cibaCapabilities,
  type EnrollingWay,
  MFA_API_CAPABILITIES,
  type MfaTransaction,
  type Redemption,
  StepUpError,
  type Way,
} from '@stepgate/core';
import type { IdentityCheck } from '../../src/provider/id-token-check.ts';
import { BROWSERS, type Browser } from './deeds.ts';
import { createSimulatedPage } from './provider-page.ts';
import type { Asked, Push, Truth } from './truth.ts';

/** Carries a request to the tenant and its answer back, each after some time; rejects at once when it is aborted. */
export type Network = <T>(signal: AbortSignal | undefined, act: () => T) => Promise<T>;

/** The tenant of a simulation: it acts on each request once, whether its answer is heard or not. */
export interface SimulatedTenant {
  readonly mfaApi: EnrollingWay;
  readonly ciba: Way;
  readonly page: Way;
  readonly identityCheck: IdentityCheck;
  /** A first leg of this browser's. */
  firstLeg(browser: string, session: string, signal: AbortSignal): Promise<MfaTransaction>;
}

/** The one code that is right, as often as it is typed. */
export const RIGHT_CODE = '123456';
/** An `mfa_token` of somebody else's account, whose phone approves everything. */
export const FOREIGN = 'mallory';

const PUSH_TTL_MS = 300_000;
/** What the tenant of the CIBA way names as the interval, and by how much it complains. */
const CIBA_INTERVAL_MS = 5_000;
const SLOW_DOWN_MS = 5_000;
const device = (token: string): string => (token === FOREIGN ? 'push|mallory' : 'push|ada');

/** Makes the tenant. `stamp` tells when a request was sent; `fault` what happens to it. */
export function createSimulatedTenant(options: {
  readonly truth: Truth;
  readonly network: Network;
  readonly now: () => number;
  readonly stamp: () => Pick<Asked, 'sentAt' | 'countedFrom'>;
  readonly fault: () => 'none' | 'unheard' | 'refused';
  /** Whether the tenant wants to be asked less often. */
  readonly complains: () => boolean;
  /** Whether the process that sends the requests has died. */
  readonly isDead: () => boolean;
  /** The browser whose request the gate is at. */
  readonly asking: () => Browser | undefined;
  /** The least time between two polls by the MFA API. */
  readonly leastIntervalMs: number;
}): SimulatedTenant {
  const { truth, network, now, stamp, fault, isDead } = options;
  const prover = (token: string): { readonly browser: string; readonly session: string } => {
    const [browser = '', session = ''] = token.split('/');
    return { browser, session };
  };

  /** Notes a poll of a challenge until the process has its answer. */
  async function noted<T>(id: string, poll: () => Promise<T>): Promise<T> {
    const before = truth.polls.get(id) ?? [];
    let isAnswered = false;
    truth.polls.set(id, [
      ...before,
      {
        sentAt: now(),
        intervalMs: truth.pushes[Number(id)]?.intervalMs ?? 0,
        underWaySince: before.find(({ isOver }) => !isOver())?.sentAt,
        isOver: () => isAnswered || isDead(),
      },
    ]);
    return poll().finally(() => {
      isAnswered = true;
    });
  }

  /** A request that may be refused before the tenant acts, or whose answer gets lost after it has. */
  async function request<T>(signal: AbortSignal | undefined, act: () => T): Promise<T> {
    const what = fault();
    const answer = await network(signal, () => (what === 'refused' ? undefined : { value: act() }));
    if (answer === undefined) throw new StepUpError('rate_limited', 'refused', { retryAfterMs: 1_000 });
    if (what === 'unheard') throw new StepUpError('provider_unavailable', 'no answer');
    return answer.value;
  }

  /** A new push on the phone. */
  function ring(push: Omit<Push, 'state' | 'isTyped' | 'wrongCodes'>): string {
    truth.pushes.push({ ...push, state: 'waiting', isTyped: false, wrongCodes: 0 });
    return String(truth.pushes.length - 1);
  }

  /** The answer to a poll: the tokens go out once. */
  function pollOf(id: string): Redemption {
    const push = truth.pushes[Number(id)];
    if (push === undefined) throw new StepUpError('result_lost', 'no such push');
    if (push.state === 'denied') return { status: 'rejected' };
    if (push.state === 'given out') throw new StepUpError('result_lost', 'given out already');
    if (push.state === 'waiting') {
      if (now() - push.sentAt > PUSH_TTL_MS) throw new StepUpError('challenge_expired', 'too late');
      return { status: 'pending' };
    }
    push.state = 'given out';
    truth.proofs.push({ browser: push.browser, at: now(), push });
    return approved(push.browser);
  }

  return {
    firstLeg: (browser, session, signal) => network(signal, () => ({ mfaToken: `${browser}/${session}` })),
    identityCheck: {
      prepare: async () => {},
      async check({ accessToken }) {
        if (accessToken === FOREIGN) throw new StepUpError('subject_mismatch', 'somebody else approved');
      },
    },
    mfaApi: {
      name: 'mfa-api',
      can: MFA_API_CAPABILITIES,
      list: ({ mfaToken, signal }) =>
        network(signal, () => [
          { id: device(mfaToken), factor: 'push' as const, active: true },
          { id: `otp|${device(mfaToken)}`, factor: 'otp' as const, active: true },
          { id: 'sms|ada', factor: 'sms' as const, active: true },
        ]),
      enroll: () => Promise.reject(new StepUpError('already_enrolled', 'there is a phone')),
      challenge({ mfaToken, factor, signal }) {
        const sent = stamp();
        return request(signal, () => {
          if (mfaToken === FOREIGN) return { binding: 'poll' as const, oobCode: FOREIGN };
          if (factor === 'sms') {
            truth.messages.push({ ...prover(mfaToken), ...sent });
            return { binding: 'prompt' as const, oobCode: 'sms' };
          }
          const intervalMs = options.leastIntervalMs;
          const oobCode = ring({ ...prover(mfaToken), ...sent, way: 'mfa-api', intervalMs });
          return { binding: 'poll' as const, oobCode };
        });
      },
      redeem({ mfaToken, proof, signal }) {
        const sent = stamp();
        const isPoll = mfaToken !== FOREIGN && proof.type === 'oob' && proof.bindingCode === undefined;
        const send = (): Promise<Redemption> => request(signal, judge);
        return isPoll ? noted(proof.oobCode, send) : send();

        function judge(): Redemption {
          if (mfaToken === FOREIGN) return approved(FOREIGN);
          const code = proof.type === 'oob' ? proof.bindingCode : proof.code;
          if (proof.type === 'oob' && code === undefined) return pollOf(proof.oobCode);
          const isRight = code === RIGHT_CODE;
          truth.codes.push({ ...prover(mfaToken), ...sent, isRight });
          if (!isRight) throw new StepUpError('code_refused', 'wrong code', { status: 400 });
          truth.proofs.push({ browser: prover(mfaToken).browser, at: now(), push: undefined });
          return approved(mfaToken);
        }
      },
      remove: async () => {},
    },
    page: createSimulatedPage({ truth, now, asking: options.asking, request }),
    ciba: {
      name: 'ciba',
      can: cibaCapabilities({}),
      list: () => Promise.resolve([{ id: 'ciba', factor: 'push', active: true }]),
      challenge({ approval, signal }) {
        const sent = stamp();
        const browser = options.asking();
        if (browser === undefined) truth.noticed.push('a push went out that nobody has asked for');
        const { session } = BROWSERS[browser ?? 'owner'];
        return request(signal, () => {
          const push = { browser: browser ?? 'nobody', session, ...sent, intervalMs: CIBA_INTERVAL_MS };
          const oobCode = ring({ ...push, way: 'ciba', code: approval?.code ?? '' });
          return {
            binding: 'poll' as const,
            oobCode,
            expiresInMs: PUSH_TTL_MS,
            intervalMs: CIBA_INTERVAL_MS,
            shown: approval?.action === undefined ? ('code' as const) : ('message' as const),
          };
        });
      },
      redeem: ({ proof, signal }) =>
        proof.type !== 'oob' || proof.bindingCode !== undefined
          ? Promise.reject(new StepUpError('factor_unavailable', 'CIBA takes no codes'))
          : noted(proof.oobCode, () => pollCiba(proof.oobCode, signal)),
    },
  };

  /** A poll by CIBA, to which the tenant may say that it wants to be asked less often. */
  async function pollCiba(id: string, signal: AbortSignal | undefined): Promise<Redemption> {
    const push = truth.pushes[Number(id)];
    const answer = await request<Redemption>(signal, () =>
      push?.state === 'waiting' && options.complains() ? { status: 'slow_down' } : pollOf(id),
    );
    // From then on, since the answer was heard.
    if (answer.status === 'slow_down' && push !== undefined && !isDead()) push.intervalMs += SLOW_DOWN_MS;
    return answer;
  }
}

export const approved = (accessToken: string) =>
  ({ status: 'approved', tokens: { accessToken, tokenType: 'Bearer' } }) as const;
