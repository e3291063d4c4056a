import {
  type EnrollingWay,
  MFA_API_CAPABILITIES,
  type MfaTransaction,
  type Redemption,
  StepUpError,
  type Way,
} from '@stepgate/core';
import type { IdentityCheck } from '../../src/provider/id-token-check.ts';
import type { SignIn } from '../../src/provider/provider.ts';
import { createSimulatedCiba, PUSH_TTL_MS } from './ciba-provider.ts';
import type { HandedBack, Seat, Setup } from './deeds.ts';
import { createPhones } from './phones.ts';
import { createSimulatedPage } from './provider-page.ts';
import { type AddedPhone, type Asked, isRecoveryCode, type Push, type Truth } from './truth.ts';

/** Carries a request to the tenant and its answer back, each after some time; rejects at once when it is aborted. */
export type Network = <T>(signal: AbortSignal | undefined, act: () => T) => Promise<T>;

/** The tenant of a simulation: it acts on each request once, whether its answer is heard or not. */
export interface SimulatedTenant {
  readonly mfaApi: EnrollingWay;
  readonly ciba: Way;
  readonly page: Way;
  readonly identityCheck: IdentityCheck;
  /** The first leg by the password. */
  readonly signIn: SignIn;
  /** A first leg of this browser's. */
  firstLeg(browser: string, session: string, signal: AbortSignal): Promise<MfaTransaction>;
}

/** The one code that is right, as often as it is typed. */
export const RIGHT_CODE = '123456';
/** An `mfa_token` of somebody else's account, whose phone approves everything. */
export const FOREIGN = 'mallory';

/** What only the user knows. */
export const PASSWORD = 'correct-horse';
/** Marks a sign-in that the password was typed for. */
const BY_PASSWORD = 'password';

/** How many requests later the answer comes to one that adds a phone. */
const SLOW_TURNS = 10;
const device = (token: string): string => (token === FOREIGN ? 'push|mallory' : 'push|ada');

/** Makes the tenant. `stamp` tells when a request was sent; `fault` what happens to it. */
export function createSimulatedTenant(options: {
  readonly setup: Setup;
  readonly issuer: string;
  readonly truth: Truth;
  readonly network: Network;
  readonly now: () => number;
  /** By the clock of the process. */
  readonly processNow: () => number;
  readonly stamp: () => Pick<Asked, 'sentAt' | 'countedFrom'>;
  readonly fault: () => 'none' | 'unheard' | 'refused';
  /** Whether the tenant wants to be asked less often. */
  readonly complains: () => boolean;
  /** Whether the process that sends the requests has died. */
  readonly isDead: () => boolean;
  /** The browser whose request the gate is at. */
  readonly asking: () => Seat | undefined;
  /** The least time between two polls by the MFA API. */
  readonly leastIntervalMs: number;
  /** What the provider says of the details that were approved. */
  readonly handsBack: () => HandedBack;
}): SimulatedTenant {
  const { setup, truth, network, now, stamp, fault, isDead } = options;
  const phones = createPhones(truth);
  const prover = (
    token: string,
  ): { readonly browser: string; readonly session: string; readonly how: string } => {
    const [browser = '', session = '', , how = ''] = token.split('/');
    return { browser, session, how };
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

  /** Notes a request of which only one of a sign-in may be under way. */
  async function exclusively<T>(what: string, mfaToken: string, send: () => Promise<T>): Promise<T> {
    const key = `${what} ${mfaToken}`;
    const before = truth.exclusive.get(key) ?? [];
    let isAnswered = false;
    const isOver = (): boolean => isAnswered || isDead();
    const underWaySince = before.find((one) => !one.isOver())?.sentAt;
    truth.exclusive.set(key, [...before, { what, sentAt: now(), isOver, underWaySince }]);
    return send().finally(() => {
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

  /** A new push on the phone. Somebody else who holds it says yes. */
  function ring(push: Omit<Push, 'state' | 'isTyped' | 'wrongCodes' | 'isPinged'>): string {
    const state = push.phone?.holder === 'mallory' ? 'approved' : 'waiting';
    truth.pushes.push({ ...push, state, isTyped: false, wrongCodes: 0, isPinged: false });
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
    const { browser, phone, details } = push;
    truth.proofs.push({
      browser,
      at: now(),
      factor: 'push',
      push,
      phone,
      handedBack: details && options.handsBack(),
    });
    return approved(browser);
  }

  /** The answer to a poll for a phone that is being added. */
  function confirmationOf(phone: AddedPhone, browser: string): Redemption {
    const status = phones.confirm(phone);
    if (status !== 'approved') return { status };
    truth.proofs.push({ browser, at: now(), factor: 'push', phone, isConfirmation: true });
    return approved(browser);
  }

  function signedIn(browser: string, session: string, how = 'session'): MfaTransaction {
    truth.signIns += 1;
    return { mfaToken: [browser, session, truth.signIns, how].join('/') };
  }

  return {
    firstLeg: (browser, session, signal) => network(signal, () => signedIn(browser, session)),
    signIn: {
      ask: {},
      refreshToken: () => Promise.reject(new StepUpError('login_required', 'there is no refresh token')),
      password: ({ password, ip = '', signal }) =>
        request(signal, () => {
          const { browser, session } = prover(ip);
          if (password !== PASSWORD) throw new StepUpError('credentials_refused', 'wrong password');
          return { status: 'mfa_required', ...signedIn(browser, session, BY_PASSWORD) };
        }),
    },
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
        network(signal, () =>
          setup.enroll !== undefined && mfaToken !== FOREIGN
            ? phones.list()
            : [
                { id: device(mfaToken), factor: 'push' as const, active: true },
                { id: `otp|${device(mfaToken)}`, factor: 'otp' as const, active: true },
                { id: 'sms|ada', factor: 'sms' as const, active: true },
                { id: 'recovery|ada', factor: 'recovery-code' as const, active: true },
              ],
        ),
      enroll({ mfaToken, factor, signal }) {
        const { browser, how } = prover(mfaToken);
        if (setup.enroll === undefined || factor !== 'push') {
          return Promise.reject(new StepUpError('already_enrolled', 'there is a phone'));
        }
        if (setup.enroll === 'password' && how !== BY_PASSWORD) {
          truth.noticed.push('a phone was to be added without the password');
        }
        return exclusively('phones were added', mfaToken, async () => {
          const started = await request(signal, () => phones.begin(mfaToken, browser));
          // It takes its time, so that there is some to ask again in.
          for (let turns = 0; turns < SLOW_TURNS; turns += 1) await network(signal, () => undefined);
          return started;
        });
      },
      challenge({ mfaToken, authenticatorId, factor, signal }) {
        const sent = stamp();
        return request(signal, () => {
          if (mfaToken === FOREIGN) return { binding: 'poll' as const, oobCode: FOREIGN };
          if (factor === 'sms') {
            const { browser, session } = prover(mfaToken);
            truth.messages.push({ browser, session, ...sent });
            return { binding: 'prompt' as const, oobCode: 'sms' };
          }
          const intervalMs = options.leastIntervalMs;
          const phone = phones.named(authenticatorId);
          const { browser, session } = prover(mfaToken);
          const oobCode = ring({ browser, session, ...sent, way: 'mfa-api', intervalMs, phone });
          return { binding: 'poll' as const, oobCode };
        });
      },
      redeem({ mfaToken, proof, signal }) {
        const sent = stamp();
        const isPoll = mfaToken !== FOREIGN && proof.type === 'oob' && proof.bindingCode === undefined;
        const send = (): Promise<Redemption> => request(signal, judge);
        return isPoll ? noted(proof.oobCode, send) : exclusively('codes were judged', mfaToken, send);

        function judge(): Redemption {
          if (mfaToken === FOREIGN) return approved(FOREIGN);
          const { browser, session } = prover(mfaToken);
          if (isPoll) {
            const phone = phones.named(proof.oobCode);
            return phone === undefined ? pollOf(proof.oobCode) : confirmationOf(phone, browser);
          }
          const factor = proof.type === 'otp' || proof.type === 'recovery-code' ? proof.type : 'sms';
          const code = (proof.type === 'oob' ? proof.bindingCode : proof.code) ?? '';
          if (isRecoveryCode(code)) truth.recoverySent += 1;
          const recoveryCode = factor === 'recovery-code' ? phones.recover(code, browser) : undefined;
          const isRight = factor === 'recovery-code' ? recoveryCode !== undefined : code === RIGHT_CODE;
          truth.codes.push({ browser, session, ...sent, isRight });
          if (!isRight) throw new StepUpError('code_refused', 'wrong code', { status: 400 });
          truth.proofs.push({ browser, at: now(), factor });
          return { ...approved(mfaToken), ...(recoveryCode !== undefined && { recoveryCode }) };
        }
      },
      remove: async () => {},
    },
    page: createSimulatedPage({ truth, now, asking: options.asking, request }),
    ciba: createSimulatedCiba({ ...options, now: options.processNow, request, noted, ring, pollOf }),
  };
}

export const approved = (accessToken: string) =>
  ({ status: 'approved', tokens: { accessToken, tokenType: 'Bearer' } }) as const;
