import { StepUpError } from '@stepgate/core';
import { approvalMembers, requestMembers } from '../events/audit-event.ts';
import type { Runtime } from '../events/runtime.ts';
import { type ClaimsOf, provenAt } from '../policy/evidence.ts';
import type { ParsedPolicy } from '../policy/policy.ts';
import type { Demand, PolicyReader } from '../policy/policy-reader.ts';
import type { Requirements } from '../policy/requirement.ts';
import type { Receipts } from '../receipts/receipts.ts';
import { findApproval } from '../records/approval.ts';
import type { Approval } from '../records/handle-record.ts';
import { openTokens } from '../records/kept-tokens.ts';
import type { State } from '../records/state.ts';
import type { Caller, Login } from '../request/caller.ts';
import type { Callers } from '../request/callers.ts';
import type { HostBody } from '../request/form-body.ts';
import { recordKey } from '../request/handle-cookie.ts';
import { type HostRequest, originOf } from '../request/host-request.ts';
import { type AnswerKind, isNavigation } from '../request/navigation.ts';
import type { Decision, StepUp, Verdict } from './decision.ts';
import { forged, mayBeForged } from './forgery.ts';
import { refuse } from './refusal.ts';
import type { PostedForm, Replay } from './replay.ts';
import { type LoginUrl, signedOut } from './signed-out.ts';
import { traceGuard } from './trace-guard.ts';
import {
  createUses,
  enterGuard,
  type GuardPlace,
  type RequestUses,
  type UsedApproval,
} from './used-approvals.ts';

/** Decides about one request under one policy. `body` is read only to keep a refused form. */
export type Guard<Native = unknown> = (
  request: HostRequest<Native>,
  body?: () => HostBody | Promise<HostBody>,
  place?: GuardPlace,
) => Promise<Verdict>;

/** How a route wants refused requests to be treated. */
export interface GuardedRoute {
  /** Keeps refused forms. */
  readonly replay: Replay | undefined;
  /** The kind of response for every refused request; `undefined` if the request itself decides. */
  readonly answer: AnswerKind | undefined;
}

/** Decides about requests, before a route and inside a handler. */
export interface Guards {
  /**
   * The guard of a route. With a fresh approval it costs one store read and a hash; the record's signature is checked
   * once, for a store that returns the same object again. Several guards of one request take one approval each, or
   * the same one if they ask for the same. If one of several that directly follow each other refuses, what the others
   * have used up is given back.
   */
  guard(read: PolicyReader, route: GuardedRoute): (...args: Parameters<Guard>) => Promise<Decision>;
  /** Decides without a route. `uses`: whether it uses up a single-use approval. */
  check(request: HostRequest, read: PolicyReader, options: { readonly uses: boolean }): Promise<Decision>;
}

/** What guards need. */
export interface GuardOptions {
  readonly basePath: string;
  readonly state: Pick<State, 'records' | 'subjects' | 'sealer'>;
  readonly callers: Pick<Callers, 'callerOf' | 'handles' | 'origins'>;
  /** Whether to refuse requests that another origin may have forged. */
  readonly checksOrigin: boolean;
  readonly requirements: Requirements;
  readonly receipts: Pick<Receipts, 'issue'>;
  readonly loginUrl: LoginUrl | undefined;
  readonly claimsOf: ClaimsOf | undefined;
  readonly runtime: Pick<Runtime, 'audit' | 'clock'>;
}

const ofAnyAge = (): boolean => true;

/** Creates the guards. */
export function createGuards(options: GuardOptions): Guards {
  const { basePath, requirements, receipts } = options;
  const { records, subjects, sealer } = options.state;
  const { callerOf, handles, origins } = options.callers;
  const { audit, clock } = options.runtime;
  const now = (): number => clock.now();

  /**
   * `uses`: what the guards of this request have used. `usesUp`: whether to use up a single-use approval. `answer`:
   * the kind that the route wants. `form`: what it keeps of the request.
   */
  async function decide(
    request: HostRequest,
    read: PolicyReader,
    {
      uses,
      usesUp,
      answer,
      form,
    }: {
      readonly uses: RequestUses;
      readonly usesUp: boolean;
      readonly answer?: AnswerKind | undefined;
      readonly form?: PostedForm | undefined;
    },
  ): Promise<Decision> {
    const isPageLoad = (): boolean => (answer === undefined ? isNavigation(request) : answer === 'page');
    // Only promises are awaited: each wait costs more than the rest of this path.
    const asking = callerOf(request);
    const caller = asking instanceof Promise ? await asking : asking;
    if (caller === undefined) {
      return { isAllowed: false, ...signedOut(request, options.loginUrl, isPageLoad()) };
    }
    const reading = read(request);
    const demand = reading instanceof Promise ? await reading : reading;
    if (demand === undefined) return { isAllowed: true };
    if (options.checksOrigin && mayBeForged(request, origins)) throw forged(request);
    if (demand.evidence && (await isProven(request, caller, demand))) return { isAllowed: true };
    const handle = handles.read(request);
    const key = handle && recordKey(handle, caller);
    const met = uses.used.find((use) => use.key === key && use.hash === demand.hash);
    const use = met ?? (key && (await take(key, caller, demand, usesUp)));
    if (!use) {
      if (audit.hasListeners()) {
        audit.publish({ caller }, { type: 'guard.denied', ...requestMembers(request, demand) });
      }
      const refusal = await refuse(
        { request, caller, handle, demand, isPageLoad: isPageLoad(), form },
        { basePath, handles, requirements },
      );
      return { isAllowed: false, ...refusal };
    }
    if (met === undefined) uses.used.push(use);
    // A form that stays behind does no harm: it expires, and sending it again needs its own approval.
    if (form) await form.use(use).catch(() => {});
    if (met === undefined && usesUp && audit.hasListeners()) {
      const approval = approvalMembers(use.approval);
      audit.publish({ caller }, { type: 'approval.used', ...approval, ...requestMembers(request, demand) });
    }
    return { isAllowed: true, stepUp: stepUpOf(use, uses, { request, policy: demand.policy }) };
  }

  /** Whether claims replace an approval, and were not revoked since. */
  async function isProven(
    { native }: HostRequest,
    { subject }: Login,
    { policy: { maxAgeSeconds }, evidence }: Demand,
  ): Promise<boolean> {
    const claims = evidence && (await options.claimsOf?.(native));
    if (!claims) return false;
    const at = provenAt(claims, { evidence, subject, maxAgeSeconds, now: now() });
    return at !== undefined && at > (await subjects.revokedAt(subject));
  }

  function stepUpOf(
    use: UsedApproval,
    uses: RequestUses,
    { request, policy }: { readonly request: HostRequest; readonly policy: ParsedPolicy },
  ): StepUp {
    const { key, approval, kept } = use;
    const decidedAt = now();
    return {
      // A copy: the record stays in memory for later requests, and a handler may change what it gets.
      approval: { ...approval },
      tokens: () => openTokens(sealer, key, approval, { kept, now: now() }),
      async receipt(receipt) {
        assertHeld(use, uses);
        return receipts.issue({ approval, policy, decidedAt, origin: originOf(request) }, receipt);
      },
      release: () => giveBack(uses, 0),
    };
  }

  async function take(
    key: string,
    caller: Caller,
    { policy, hash }: Demand,
    usesUp: boolean,
  ): Promise<UsedApproval | undefined> {
    const { subject, session } = caller;
    const isOldEnough = policy.minAuthenticatorAgeSeconds === 0 ? ofAnyAge : await ageCheck(subject, policy);
    const find = (approvals: readonly Approval[]): Approval | undefined =>
      findApproval({ approvals, subject, policy, hash, now: now(), isOldEnough });
    const { record } = await records.read(key);
    if (record === undefined || record.session !== session) return undefined;
    const found = find(record.approvals);
    if (found === undefined || !found.singleUse || !usesUp) {
      return found && { key, caller, hash, approval: found, kept: record.tokens, isUsedUp: false };
    }
    // Used up before the handler runs, in the same write that finds it unused.
    return records.update<UsedApproval | undefined>(key, (current) => {
      const unused = current?.session === session ? find(current.approvals) : undefined;
      if (current === undefined || unused === undefined) return { result: undefined };
      return {
        record: replace(current, { ...unused, usedAt: now() }),
        result: { key, caller, hash, approval: unused, kept: current.tokens, isUsedUp: true },
      };
    });
  }

  /** A second read, for policies that ask for it. */
  async function ageCheck(
    subject: string,
    { minAuthenticatorAgeSeconds }: ParsedPolicy,
  ): Promise<(approval: Approval) => boolean> {
    const knownSince = await subjects.knownSince(subject);
    return ({ authenticatorId }) => {
      const since = authenticatorId === undefined ? undefined : knownSince(authenticatorId);
      return since !== undefined && since + minAuthenticatorAgeSeconds * 1_000 <= now();
    };
  }

  /** Gives back what was used from the `first` on. Call it once: later it may belong to another request. */
  async function giveBack({ used }: RequestUses, first: number): Promise<void> {
    for (const { key, caller, approval, isUsedUp } of used.splice(first)) {
      if (!isUsedUp) continue;
      const afterwards = (): void =>
        audit.publish({ caller }, { type: 'approval.released', ...approvalMembers(approval) });
      await records.update(key, (record) =>
        record === undefined
          ? { result: undefined }
          : { record: replace(record, approval), result: undefined, afterwards },
      );
    }
  }

  return {
    guard:
      (read, { replay, answer }) =>
      async (request, body, place) => {
        const uses = enterGuard(request.native, place);
        const form = body && replay?.(request, body);
        const decision = await traceGuard(request, () =>
          decide(request, read, { uses, usesUp: true, answer, form }),
        );
        if (!decision.isAllowed) await giveBack(uses, uses.settled);
        return decision;
      },
    check: (request, read, { uses: usesUp }) =>
      traceGuard(request, () => decide(request, read, { uses: createUses(), usesUp })),
  };
}

/** A receipt of an approval that is unused, or unused again, would let it be used twice. */
function assertHeld(use: UsedApproval, { used }: RequestUses): void {
  if (!used.includes(use)) {
    throw new StepUpError(
      'insufficient_user_authentication',
      'The approval was given back, so it has no receipt. Ask for the receipt before you release it.',
    );
  }
  if (!use.approval.singleUse || use.isUsedUp) return;
  throw new StepUpError(
    'misconfigured',
    '`check` leaves a single-use approval unused, so it has no receipt. Call `assert`, or use a guard.',
  );
}

function replace<T extends { readonly approvals: readonly Approval[] }>(record: T, approval: Approval): T {
  return { ...record, approvals: record.approvals.map((one) => (one.id === approval.id ? approval : one)) };
}
