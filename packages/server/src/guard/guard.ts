import { approvalMembers, requestMembers } from '../events/audit-event.ts';
import type { Runtime } from '../events/runtime.ts';
import { type ClaimsOf, provenAt } from '../policy/evidence.ts';
import type { ParsedPolicy } from '../policy/policy.ts';
import type { Demand, PolicyReader } from '../policy/policy-reader.ts';
import type { Requirements } from '../policy/requirement.ts';
import type { Receipts } from '../receipts/receipts.ts';
import { findApproval } from '../records/approval.ts';
import type { Approval, HandleRecord } from '../records/handle-record.ts';
import { openTokens } from '../records/kept-tokens.ts';
import type { State } from '../records/state.ts';
import type { Caller, Login } from '../request/caller.ts';
import type { Callers } from '../request/callers.ts';
import type { HostBody } from '../request/form-body.ts';
import { recordKey } from '../request/handle-cookie.ts';
import { type HostRequest, originOf } from '../request/host-request.ts';
import { type AnswerKind, isNavigation } from '../request/navigation.ts';
import type { Decision, Verdict } from './decision.ts';
import { forged, mayBeForged } from './forgery.ts';
import { GrantedStepUp, type Granting } from './granted-step-up.ts';
import { refuse } from './refusal.ts';
import type { PostedForm, Replay } from './replay.ts';
import { type LoginUrl, signedOut } from './signed-out.ts';
import { isGuardTraced, traceGuard } from './trace-guard.ts';
import {
  addUse,
  createUses,
  enterGuard,
  findUse,
  type GuardPlace,
  type RequestUses,
  takeUses,
  type UsedApproval,
} from './used-approvals.ts';

/** Decides about one request under one policy. Without an `entry`, no form is kept and every guard stands alone. */
export type Guard<Native = unknown> = (request: HostRequest<Native>, entry?: GuardEntry) => Promise<Verdict>;

/** What a guard asks of the host besides the request: its place in the route, and the body of a refused form. */
export interface GuardEntry extends GuardPlace {
  body(): HostBody | Promise<HostBody>;
}

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
  guard(
    read: PolicyReader,
    route: GuardedRoute,
  ): (request: HostRequest, entry?: GuardEntry) => Promise<Decision>;
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

/** How a decision treats approvals and refusals. */
interface Terms {
  /** Whether to use up a single-use approval. */
  readonly usesUp: boolean;
  /** The kind of response that the route wants. */
  readonly answer?: AnswerKind | undefined;
  /** What it keeps of the request. */
  readonly form?: PostedForm | undefined;
}

/** A handle, and the key of its record for the user who is signed in. */
interface HandleKey {
  readonly handle: string;
  readonly key: string;
}

/** One request of a signed-in user, in front of one guard. */
interface Visit {
  readonly request: HostRequest;
  readonly caller: Caller;
  /** What the guards of this request have used. */
  readonly uses: RequestUses;
  readonly terms: Terms;
}

/** Creates the guards. */
export function createGuards(options: GuardOptions): Guards {
  const { basePath, requirements, receipts } = options;
  const { records, subjects, sealer } = options.state;
  const { callerOf, handles, origins } = options.callers;
  const { audit, clock } = options.runtime;
  const now = (): number => clock.now();

  // Synchronous as far as it can be: each promise, and each wait, costs more than the rest of the path of a request that
  // has its approval.
  function decide(
    request: HostRequest,
    read: PolicyReader,
    uses: RequestUses,
    terms: Terms,
  ): Promise<Decision> {
    const asking = callerOf(request);
    if (asking instanceof Promise)
      return asking.then((caller) => decideFor(caller, request, read, uses, terms));
    return decideFor(asking, request, read, uses, terms);
  }

  function decideFor(
    caller: Caller | undefined,
    request: HostRequest,
    read: PolicyReader,
    uses: RequestUses,
    terms: Terms,
  ): Promise<Decision> {
    if (caller === undefined) return turnAway(request, uses, terms);
    // Whatever the policy asks for: it may ask for nothing, and the handler runs then too.
    if (options.checksOrigin && mayBeForged(request, origins)) throw forged(request);
    const reading = read(request);
    if (reading instanceof Promise) {
      return reading.then((demand) => decideOn({ request, caller, uses, terms }, demand));
    }
    return decideOn({ request, caller, uses, terms }, reading);
  }

  function decideOn(visit: Visit, demand: Demand | undefined): Promise<Decision> {
    if (demand === undefined) return Promise.resolve({ isAllowed: true });
    return demand.evidence ? decideByClaims(visit, demand) : decideByApproval(visit, demand);
  }

  async function decideByClaims(visit: Visit, demand: Demand): Promise<Decision> {
    const isEnough = await isProven(visit.request, visit.caller, demand);
    return isEnough ? { isAllowed: true } : decideByApproval(visit, demand);
  }

  function decideByApproval(visit: Visit, demand: Demand): Promise<Decision> {
    const { request, caller, uses } = visit;
    const handle = handles.read(request);
    if (handle === undefined) return refused(visit, demand, handle);
    const key = recordKey(handle, caller);
    const met = findUse(uses, key, demand);
    if (met !== undefined) return Promise.resolve(letOn(visit, demand, met));
    return decideByRecord(visit, demand, { handle, key });
  }

  async function decideByRecord(visit: Visit, demand: Demand, { handle, key }: HandleKey): Promise<Decision> {
    const { caller, uses, terms } = visit;
    const isAged = demand.policy.minAuthenticatorAgeSeconds > 0;
    const isOldEnough = isAged ? await ageCheck(caller, demand.policy) : ofAnyAge;
    const { record } = await records.read(key);
    const found = record && findIn(record, caller, demand, isOldEnough);
    if (record === undefined || found === undefined) return refused(visit, demand, handle);
    const use =
      found.singleUse && terms.usesUp
        ? await useUp(key, caller, demand, isOldEnough)
        : { key, caller, hash: demand.hash, approval: found, kept: record.tokens, isUsedUp: false };
    if (use === undefined) return refused(visit, demand, handle);
    addUse(uses, use);
    if (terms.usesUp && audit.hasListeners()) {
      const approval = approvalMembers(use.approval);
      const request = requestMembers(visit.request, demand);
      audit.publish({ caller }, { type: 'approval.used', ...approval, ...request });
    }
    return letOn(visit, demand, use);
  }

  function letOn(visit: Visit, { policy }: Demand, use: UsedApproval): Decision | Promise<Decision> {
    const { request, uses, terms } = visit;
    const grant = { use, uses, request, policy, decidedAt: now() };
    const decision: Decision = { isAllowed: true, stepUp: new GrantedStepUp(grant, granting) };
    // A form that stays behind does no harm: it expires, and sending it again needs its own approval.
    return terms.form
      ? terms.form.use(use).then(
          () => decision,
          () => decision,
        )
      : decision;
  }

  /** Refuses a request that nobody is signed in for. */
  async function turnAway(request: HostRequest, uses: RequestUses, terms: Terms): Promise<Decision> {
    await giveBack(uses, uses.settled);
    return { isAllowed: false, ...signedOut(request, options.loginUrl, isPageLoad(request, terms)) };
  }

  /** Refuses the request, and gives back what the guards directly before this one have used. */
  async function refused(
    { request, caller, uses, terms }: Visit,
    demand: Demand,
    handle: string | undefined,
  ): Promise<Decision> {
    if (audit.hasListeners()) {
      audit.publish({ caller }, { type: 'guard.denied', ...requestMembers(request, demand) });
    }
    const refusal = await refuse(
      { request, caller, handle, demand, isPageLoad: isPageLoad(request, terms), form: terms.form },
      { basePath, handles, requirements },
    );
    await giveBack(uses, uses.settled);
    return { isAllowed: false, ...refusal };
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

  /** A revocation deletes the record, which otherwise keeps an approval that was used. */
  async function isRevoked({ key, approval }: UsedApproval): Promise<boolean> {
    if (now() >= approval.keepUntil) return false;
    const { record } = await records.read(key);
    return record?.approvals.every(({ id }) => id !== approval.id) ?? true;
  }

  const granting: Granting = {
    isRevoked,
    tokens: ({ key, approval, kept }) => openTokens(sealer, key, approval, { kept, now: now() }),
    receipt({ use, policy, decidedAt, request }, options) {
      const { approval, firstReceiptAt } = use;
      const origin = originOf(request);
      const receipt = receipts.issue({ approval, policy, decidedAt, origin, firstReceiptAt }, options);
      // Before it is signed, so that no `release()` comes between.
      use.firstReceiptAt ??= now();
      return receipt;
    },
    giveBack: (uses) => giveBack(uses, 0),
  };

  function findIn(
    { session, approvals }: HandleRecord,
    caller: Login,
    { policy, hash }: Demand,
    isOldEnough: (approval: Approval) => boolean,
  ): Approval | undefined {
    if (session !== caller.session) return undefined;
    return findApproval({ approvals, subject: caller.subject, policy, hash, now: now(), isOldEnough });
  }

  /** Uses it up before the handler runs, in the same write that finds it unused. */
  function useUp(
    key: string,
    caller: Caller,
    demand: Demand,
    isOldEnough: (approval: Approval) => boolean,
  ): Promise<UsedApproval | undefined> {
    return records.update<UsedApproval | undefined>(key, (record) => {
      const unused = record && findIn(record, caller, demand, isOldEnough);
      if (record === undefined || unused === undefined) return { result: undefined };
      return {
        record: replace(record, { ...unused, usedAt: now() }),
        result: { key, caller, hash: demand.hash, approval: unused, kept: record.tokens, isUsedUp: true },
      };
    });
  }

  /** A second read, for policies that ask for it. */
  async function ageCheck(
    { subject }: Login,
    { minAuthenticatorAgeSeconds }: ParsedPolicy,
  ): Promise<(approval: Approval) => boolean> {
    const knownSince = await subjects.knownSince(subject);
    return ({ authenticatorId }) => {
      const since = authenticatorId === undefined ? undefined : knownSince(authenticatorId);
      return since !== undefined && since + minAuthenticatorAgeSeconds * 1_000 <= now();
    };
  }

  /** Gives back what was used from the `first` on. Call it once: later it may belong to another request. */
  async function giveBack(uses: RequestUses, first: number): Promise<void> {
    for (const { key, caller, approval, isUsedUp } of takeUses(uses, first)) {
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

  /** Never throws: what goes wrong before the first wait is a rejection too. */
  function decided(...visit: Parameters<typeof decide>): Promise<Decision> {
    try {
      return isGuardTraced() ? traceGuard(visit[0], async () => decide(...visit)) : decide(...visit);
    } catch (error) {
      return rejected(error);
    }
  }

  return {
    guard(read, { replay, answer }) {
      const terms: Terms = { usesUp: true, answer };
      if (replay === undefined) {
        return (request, entry) => decided(request, read, enterGuard(request.native, entry), terms);
      }
      return async (request, entry) => {
        const uses = enterGuard(request.native, entry);
        const form = entry && replay(request, () => entry.body());
        return decided(request, read, uses, { ...terms, form });
      };
    },
    check: (request, read, { uses: usesUp }) => decided(request, read, createUses(), { usesUp }),
  };
}

async function rejected(error: unknown): Promise<never> {
  throw error;
}

function isPageLoad(request: HostRequest, { answer }: Terms): boolean {
  return answer === undefined ? isNavigation(request) : answer === 'page';
}

function replace<T extends { readonly approvals: readonly Approval[] }>(record: T, approval: Approval): T {
  return { ...record, approvals: record.approvals.map((one) => (one.id === approval.id ? approval : one)) };
}
