import {
  type EnrollingWay,
  MFA_API_CAPABILITIES,
  type MfaTransaction,
  type Redemption,
  StepUpError,
} from '@stepgate/core';
import type { IdentityCheck } from '../../src/provider/id-token-check.ts';
import type { Asked, Truth } from './truth.ts';

/** Carries a request to the tenant and its answer back, each after some time; rejects at once when it is aborted. */
export type Network = <T>(signal: AbortSignal | undefined, act: () => T) => Promise<T>;

/** The tenant of a simulation: it acts on each request once, whether its answer is heard or not. */
export interface SimulatedTenant {
  readonly way: EnrollingWay;
  readonly identityCheck: IdentityCheck;
  /** A first leg of this browser's. */
  firstLeg(browser: string, session: string, signal: AbortSignal): Promise<MfaTransaction>;
  /** An `mfa_token` of somebody else's account, whose phone approves everything. */
  readonly foreignToken: string;
}

/** The one code that is right, as often as it is typed. */
export const RIGHT_CODE = '123456';

const FOREIGN = 'mallory';
const device = (token: string): string => (token === FOREIGN ? 'push|mallory' : 'push|ada');

/** Makes the tenant. `stamp` tells when a request was sent; `fault` what happens to it. */
export function createSimulatedTenant(options: {
  readonly truth: Truth;
  readonly network: Network;
  readonly now: () => number;
  readonly stamp: () => Pick<Asked, 'sentAt' | 'countedFrom'>;
  readonly fault: () => 'none' | 'unheard' | 'refused';
  /** Whether the process that sends the requests has died. */
  readonly isDead: () => boolean;
}): SimulatedTenant {
  const { truth, network, now, stamp, fault, isDead } = options;
  const prover = (token: string): { readonly browser: string; readonly session: string } => {
    const [browser = '', session = ''] = token.split('/');
    return { browser, session };
  };

  /** Notes a poll of a challenge until the process has its answer. */
  async function noted<T>(oobCode: string, poll: () => Promise<T>): Promise<T> {
    const before = truth.polls.get(oobCode) ?? [];
    let isAnswered = false;
    const isSecond = before.some(({ isOver }) => !isOver());
    truth.polls.set(oobCode, [...before, { sentAt: now(), isSecond, isOver: () => isAnswered || isDead() }]);
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

  return {
    foreignToken: FOREIGN,
    firstLeg: (browser, session, signal) => network(signal, () => ({ mfaToken: `${browser}/${session}` })),
    identityCheck: {
      prepare: async () => {},
      async check({ accessToken }) {
        if (accessToken === FOREIGN) throw new StepUpError('subject_mismatch', 'somebody else approved');
      },
    },
    way: {
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
          truth.pushes.push({ ...prover(mfaToken), ...sent, state: 'waiting' });
          return { binding: 'poll' as const, oobCode: String(truth.pushes.length - 1) };
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
          if (proof.type !== 'oob' || code !== undefined) {
            const isRight = code === RIGHT_CODE;
            truth.codes.push({ ...prover(mfaToken), ...sent, isRight });
            if (!isRight) throw new StepUpError('code_refused', 'wrong code', { status: 400 });
          } else {
            const push = truth.pushes[Number(proof.oobCode)];
            if (push?.state === 'denied') return { status: 'rejected' as const };
            if (push?.state === 'given out') throw new StepUpError('result_lost', 'given out already');
            if (push?.state !== 'approved') return { status: 'pending' as const };
            push.state = 'given out';
          }
          truth.proofs.push({ browser: prover(mfaToken).browser, at: now() });
          return approved(mfaToken);
        }
      },
      remove: async () => {},
    },
  };
}

const approved = (accessToken: string) =>
  ({ status: 'approved', tokens: { accessToken, tokenType: 'Bearer' } }) as const;
