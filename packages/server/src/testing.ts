import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Authenticator,
  type EnrollingWay,
  FACTORS,
  type Factor,
  isFactor,
  MFA_API_CAPABILITIES,
  StepUpError,
  type TokenSet,
} from '@stepgate/core';
import type { GateOptions } from './gate/gate-options.ts';
import { assertKnownOptions } from './lib/parse-options.ts';
import { createSealer } from './lib/seal.ts';
import { boundOf } from './policy/binding.ts';
import { type ParsedPolicy, type Policy, parseAction, parsePolicy } from './policy/policy.ts';
import { requirementHash } from './policy/requirement.ts';
import { namespaceOf } from './provider/namespace.ts';
import { keepMs } from './records/approval.ts';
import type { Approval } from './records/handle-record.ts';
import { createRecords } from './records/records.ts';
import { type Identity, toCaller } from './request/caller.ts';
import { HANDLE_HEADER, recordKey } from './request/handle-cookie.ts';
import { createMemoryStore } from './store/memory-store.ts';
import { scopedStore } from './store/scoped-store.ts';

/** The phone of every user of a {@link TestKit}. It is enrolled, and takes pushes and shows codes. */
export interface TestPhone {
  /** The one-time password that is right. */
  readonly code: string;
  /** The code that it shows with a push whose policy has `phoneShows`; `undefined` with every other one. */
  readonly pushCode: string | undefined;
  /** How many pushes it has got. */
  readonly pushes: number;
  /** @throws Error when no push waits for an answer. */
  approve(): void;
  /** @throws Error when no push waits for an answer. */
  deny(): void;
}

/** What an app's gate has that its test kit must know. */
export interface TestKitOptions {
  /** The gate's `factors`, if it has them. They are among the kit's options, too. */
  readonly factors?: readonly Factor[];
}

/** What an approval that is granted in a test is like. */
export interface GrantOptions {
  /** The policy of the route, where it has an action or a single use: such an approval serves no other. */
  readonly policy?: Policy;
  /** What the policy's `action.bind` finds in the request: for paths an object of them, `{ to: 'Grace' }`. */
  readonly bound?: unknown;
  /** Default `push`, or the first factor that counts where that does not. */
  readonly factor?: Factor;
  /** Default 0. */
  readonly ageMs?: number;
}

/** The options of a gate that {@link TestKit} gives. */
type KitOptions = Required<
  Pick<GateOptions<unknown>, 'provider' | 'secret' | 'store' | 'enroll' | 'testing'>
> &
  TestKitOptions & { readonly firstLeg: { readonly custom: () => Promise<{ readonly mfaToken: string }> } };

/** A gate's surroundings for an app's own tests: no tenant, no network, no waiting. */
export interface TestKit {
  /** Options for `createGate`; the app adds its `identify`, and its other options. */
  readonly options: KitOptions;
  readonly phone: TestPhone;
  /**
   * Grants an approval, without a flow, to a client that has no handle yet. Answers with the headers by which its
   * requests show it. `identity`: what `identify` will say of those requests.
   *
   * @throws TypeError for a wrong identity or option.
   */
  approve(identity: Identity, options?: GrantOptions): Promise<Readonly<Record<string, string>>>;
}

const NAMES = { issuer: 'https://tenant.test/', clientId: 'test' };
const NAMESPACE = namespaceOf(NAMES);
const CODE = '123456';
const AUTHENTICATORS: readonly Authenticator[] = [
  { id: 'push|dev_test', factor: 'push', active: true, name: 'Test phone' },
  { id: 'totp|dev_test', factor: 'otp', active: true },
];
const TOKENS: TokenSet = { accessToken: 'test access token', tokenType: 'Bearer', expiresIn: 600 };

/**
 * Makes the surroundings of a gate under test. It grants every approval, so never use it in production.
 *
 * @throws TypeError for a wrong option. `createGate` checks the factors.
 *
 * @example
 * const kit = createTestKit();
 * const gate = createGate({ ...kit.options, identify });
 * // ...
 * await request(app).post('/transfers').set(await kit.approve({ subject: 'ada', sessionId: 's' })).expect(200);
 */
export function createTestKit(kitOptions: TestKitOptions = {}): TestKit {
  assertKnownOptions('', kitOptions, ['factors']);
  const { factors } = kitOptions;
  const store = createMemoryStore();
  const now = (): number => Date.now();
  const secret = randomBytes(32).toString('base64url');
  const records = createRecords({
    store: scopedStore(store, NAMESPACE),
    sealer: createSealer(secret, randomBytes),
    now,
  });
  let pushes = 0;
  let answer: 'waiting' | 'approved' | 'rejected' | undefined;
  let pushCode: string | undefined;

  const way: EnrollingWay = {
    name: 'mfa-api',
    // So that every policy can be tested.
    can: { ...MFA_API_CAPABILITIES, factors: FACTORS, phoneShows: 'details' },
    list: () => Promise.resolve(AUTHENTICATORS),
    enroll: () => Promise.reject(new StepUpError('already_enrolled', 'the phone of the tests is enrolled')),
    async challenge({ approval }) {
      pushes += 1;
      answer = 'waiting';
      const shown = approval?.mustShow;
      pushCode = shown && approval?.code;
      return { binding: 'poll', oobCode: `push ${pushes}`, ...(shown && { shown }) };
    },
    async redeem({ proof }) {
      if (proof.type === 'oob') {
        if (answer === 'approved') return { status: 'approved', tokens: TOKENS };
        return { status: answer === 'rejected' ? 'rejected' : 'pending' };
      }
      if (proof.code === CODE) return { status: 'approved', tokens: TOKENS };
      throw new StepUpError('code_refused', `the code of the tests is ${CODE}`);
    },
    remove: () => Promise.resolve(),
  };

  function reply(given: 'approved' | 'rejected'): void {
    if (answer !== 'waiting') throw new Error('no push waits for an answer: start a flow first');
    answer = given;
  }

  return {
    options: {
      provider: {
        ...NAMES,
        isConfidential: true,
        ways: [way],
        connect: () => ({
          ways: [way],
          // The tokens of the tests have no owner to check.
          identityCheck: { prepare: () => Promise.resolve(), check: () => Promise.resolve() },
          timeoutMs: 1_000,
        }),
      },
      secret,
      store,
      firstLeg: { custom: () => Promise.resolve({ mfaToken: 'test mfa_token' }) },
      enroll: 'refuse',
      ...(factors && { factors }),
      testing: {
        // The next look at the flow finds the phone's answer.
        timing: { pollIntervalMs: 1 },
        random: () => 0,
      },
    },
    phone: {
      code: CODE,
      get pushCode() {
        return pushCode;
      },
      get pushes() {
        return pushes;
      },
      approve: () => reply('approved'),
      deny: () => reply('rejected'),
    },
    async approve(identity, options = {}) {
      assertKnownOptions('', options, ['policy', 'bound', 'factor', 'ageMs']);
      const { policy = {}, bound, ageMs = 0 } = options;
      const parsed = parseBoundPolicy(policy, { bound, factors });
      const { factor = parsed.factors.find((one) => one === 'push') ?? parsed.factors[0] } = options;
      if (!isFactor(factor)) throw new TypeError(`factor: must be one of ${FACTORS.join(', ')}`);
      if (!Number.isFinite(ageMs) || ageMs < 0) throw new TypeError('ageMs: must be milliseconds, 0 or more');
      const caller = toCaller(identity, NAMESPACE);
      const handle = randomBytes(32).toString('base64url');
      const approvedAt = now() - ageMs;
      const approval: Approval = {
        id: randomUUID(),
        subject: caller.subject,
        factor,
        approvedAt,
        requirement: requirementHash(parsed),
        singleUse: parsed.singleUse,
        isForAction: parsed.action !== undefined,
        ...(parsed.phoneShows !== undefined && { shown: parsed.phoneShows }),
        enrolledInFlow: false,
        keepUntil: approvedAt + keepMs(parsed),
      };
      const { subject, session } = caller;
      const record = { subject, session, approvals: [approval] };
      await records.update(recordKey(handle, caller), () => ({ record, result: undefined }));
      return { [HANDLE_HEADER]: handle };
    },
  };
}

/** An action that is a function is only known to a gate, which has the request. */
function parseBoundPolicy(
  policy: Policy,
  { bound, factors }: Pick<GrantOptions, 'bound'> & { readonly factors: readonly Factor[] | undefined },
): ParsedPolicy {
  const parsed = parsePolicy(policy, factors);
  const { action } = policy;
  const bind = typeof action === 'object' ? action.bind : undefined;
  if (action === undefined || typeof action === 'function' || bind === undefined) {
    if (bound === undefined) return parsed;
    throw new TypeError('bound: needs a policy whose action has bind');
  }
  if (bound === undefined) throw new TypeError('bound: must say what the action binds, like { to: "Grace" }');
  const value = typeof bind === 'function' ? boundOf(bound) : boundOf(bound, bind);
  return { ...parsed, action: parseAction(action, value) };
}
