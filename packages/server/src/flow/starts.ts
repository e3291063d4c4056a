import {
  type Addition,
  type FirstLegMethod,
  type FlowSettings,
  type Inputs,
  isDone,
  type PollSchedule,
  type Vault,
  type WaySettings,
  waySettings,
} from '@stepgate/core';
import { linkInvalid } from '../policy/links.ts';
import type { ParsedPolicy } from '../policy/policy.ts';
import { type Requirement, requirementExpired, requirementHash } from '../policy/requirement.ts';
import { refusesTaps, waysFor } from '../policy/ways.ts';
import { keepMs } from '../records/approval.ts';
import type { FlowLink, FlowRecord, HandleRecord } from '../records/handle-record.ts';
import { mustHaveRoom } from '../records/record-size.ts';
import { type Change, RECORD_SLACK_MS } from '../records/records.ts';
import type { HeldHandle } from '../request/handle-cookie.ts';
import { inProgress, notFound, onlyInBrowser, startedElsewhere } from './errors.ts';
import { type FlowParts, type FlowTarget, type LinkedTarget, telling } from './parts.ts';
import { isLive, joins, linkOf, ownedBy } from './rules.ts';
import type { Job } from './steps.ts';

/** Begins flows: one at a time for a session, each counted, and in its slot among those of its subject. */
export interface FlowStarts {
  /** Lets a session start only one flow at a time. The start ends when the browser has the handle. */
  exclusively<T>(
    target: FlowTarget,
    work: () => Promise<T>,
    handle?: Pick<HeldHandle, 'isTravelling'>,
  ): Promise<T>;
  /** Begins a flow for the requirement; `undefined` if one is already under way for it. */
  begin(
    target: FlowTarget,
    requirement: Requirement,
    inputs: Pick<Inputs, 'mfaToken'>,
  ): Promise<Beginning | undefined>;
  /** Makes a flow that waits for another login to open its link; `undefined` if one is under way already. */
  beginLinked(target: FlowTarget, requirement: Requirement, link: FlowLink): Promise<Beginning | undefined>;
  /**
   * Begins the flow that a link leads to; `undefined` if this browser has begun it already.
   *
   * @throws StepUpError `requirement_invalid` or `requirement_expired` (400).
   */
  open(target: LinkedTarget, inputs: Pick<Inputs, 'mfaToken'>): Promise<Beginning | undefined>;
  /** Begins a flow that adds a factor, in place of a finished one. */
  beginAddition(target: FlowTarget, addition: FactorToAdd): Promise<Beginning>;
  /**
   * Counts a start, or what does the same, and takes it back if the result is `undefined`. `endsAt`: when the flow
   * then ends at the latest; default its full time.
   */
  counted<T>(
    target: FlowTarget,
    requirement: Requirement,
    start: () => Promise<T>,
    endsAt?: number,
  ): Promise<T>;
}

/** A flow that has begun: its record as written, and what it has to do. */
export interface Beginning {
  readonly record: HandleRecord;
  readonly job?: Job | undefined;
}

/** A factor to add, the policy of its approval, and the secrets that the flow begins with. */
export interface FactorToAdd {
  readonly policy: ParsedPolicy;
  readonly adds: Addition;
  readonly vault: Vault;
}

const START_LOCK_MS = 10_000;
/** How long a handle may take to reach its browser. */
const TRAVEL_MS = 2_000;

const startLock = (session: string): string => `start:${session}`;

/** Creates the starts. */
export function createFlowStarts(parts: FlowParts): FlowStarts {
  const { basePath, capacity, steps, admission, pushCode } = parts;
  const { firstLeg, eagerPolling, ways } = parts.connection;
  const { records, subjects, locks } = parts.state;
  const { audit, clock, onError } = parts.runtime;

  /** The ways that can meet the policy. A token that the client has got by itself goes before the order. */
  function waysOf(
    policy: ParsedPolicy,
    firstLegs: readonly FirstLegMethod[],
    { canLeave }: FlowTarget,
  ): readonly [WaySettings, ...WaySettings[]] {
    const able = waysFor(policy, ways)
      .filter(({ can }) => canLeave || !can.needsBrowser)
      .map((way) => waySettings(way, { firstLegs, pushCode, refusesTaps: refusesTaps(way, ways, pushCode) }));
    const isOwn = ({ firstLegs: [leg] }: WaySettings): boolean => leg === 'mfa-token';
    const [first, ...others] = [...able.filter(isOwn), ...able.filter((way) => !isOwn(way))];
    if (first === undefined && !canLeave) throw onlyInBrowser();
    // Its guard would have refused a policy that no way can meet.
    if (first === undefined)
      throw new TypeError("the provider's ways cannot meet the policy of this requirement");
    return [first, ...others];
  }

  /** Replaces a finished flow with one that has just begun. */
  function replace(
    target: FlowTarget,
    record: HandleRecord | undefined,
    flow: {
      readonly requirement: Requirement;
      /** The first legs of ways that have any. */
      readonly firstLegs: readonly FirstLegMethod[];
      readonly adds?: Addition;
      readonly pollSchedule: PollSchedule;
      readonly vault?: Vault;
      readonly link?: FlowLink;
      readonly waitsUntil?: number;
    },
  ): Change<Beginning> {
    const { key, caller } = target;
    const isOpening = target.link !== undefined;
    if (!isOpening && record?.flow !== undefined && isLive(record.flow, clock.now())) {
      throw inProgress(basePath);
    }
    const settings = {
      ...parts.settings,
      ...settingsOf(flow.requirement.policy),
      ways: waysOf(flow.requirement.policy, flow.firstLegs, target),
      pollSchedule: flow.pollSchedule,
      ...(flow.adds && { adds: flow.adds }),
    };
    const begun = steps.begin({ key, record, caller, ...flow, settings });
    if (flow.waitsUntil !== undefined) return { record: begun, result: { record: begun } };
    const started = steps.apply(key, begun, { type: 'flow.start' });
    mustHaveRoom(started.record, capacity.recordBytes, clock.now());
    return { record: started.record, result: started, ...telling(audit, target, started) };
  }

  /** Lets a revocation of the subject find what begins here, whichever of the two comes first. */
  async function entered<T>(
    { key, caller }: FlowTarget,
    { policy, issuedAt }: Requirement,
    start: () => Promise<T>,
    endsAt: number | undefined,
  ): Promise<T> {
    const since = clock.now();
    const flow = { session: caller.session, since, until: endsAt ?? since + parts.settings.flowTtlMs };
    const until = flow.until + keepMs(policy) + RECORD_SLACK_MS;
    const revokedAt = await subjects.enter(caller.subject, { key, until, issuedAt, flow });
    if (issuedAt <= revokedAt) throw requirementExpired();
    const started = await start();
    if ((await subjects.revokedAt(caller.subject)) === revokedAt) return started;
    await records.delete(key);
    throw requirementExpired();
  }

  async function counted<T>(
    target: FlowTarget,
    requirement: Requirement,
    start: () => Promise<T>,
    endsAt?: number,
  ): Promise<T> {
    const takeBack = await admission.admitStart(target);
    try {
      const started = await entered(target, requirement, start, endsAt);
      if (started === undefined) await takeBack().catch(onError);
      return started;
    } catch (error) {
      await takeBack().catch(onError);
      throw error;
    }
  }

  return {
    async exclusively({ key, caller }, work, { isTravelling } = { isTravelling: false }) {
      const lock = startLock(caller.session);
      const other = await locks.acquire(lock, key, clock.now() + START_LOCK_MS);
      if (other !== undefined) throw startedElsewhere();
      let isHandedOut = false;
      try {
        const result = await work();
        isHandedOut = isTravelling;
        return result;
      } finally {
        // It also ends by itself, so a failure here does not cost the browser its flow.
        const left = isHandedOut
          ? locks.acquire(lock, key, clock.now() + TRAVEL_MS)
          : locks.release(lock, key);
        await left.catch(onError);
      }
    },

    async begin(target, requirement, { mfaToken }) {
      const { key } = target;
      const now = clock.now();
      const hash = requirementHash(requirement.policy);
      const isUnderWay = (record: HandleRecord | undefined): boolean =>
        record !== undefined && joins(record, hash, requirement, now);
      const own = mfaToken === undefined ? [] : (['mfa-token'] as const);
      const pollSchedule = await eagerPolling.schedule();
      const place = (): Promise<Beginning | undefined> =>
        records.update<Beginning | undefined>(key, (stored) => {
          const record = ownedBy(target, stored);
          if (isUnderWay(record)) return { result: undefined };
          return replace(target, record, {
            requirement,
            firstLegs: [...own, ...firstLeg.methods],
            pollSchedule,
          });
        });
      const before = ownedBy(target, (await records.read(key)).record);
      if (isUnderWay(before)) return undefined;
      if (before?.flow !== undefined && isLive(before.flow, now)) throw inProgress(basePath);
      return counted(target, requirement, place);
    },

    async beginLinked(target, requirement, link) {
      const { key } = target;
      const { policy, expiresAt } = requirement;
      const now = clock.now();
      const hash = requirementHash(policy);
      const isUnderWay = (record: HandleRecord | undefined): boolean =>
        record?.flow?.link !== undefined && joins(record, hash, requirement, now);
      if (isUnderWay(ownedBy(target, (await records.read(key)).record))) return undefined;
      const place = (): Promise<Beginning | undefined> =>
        records.update<Beginning | undefined>(key, (stored) => {
          const record = ownedBy(target, stored);
          if (isUnderWay(record)) return { result: undefined };
          const change = replace(target, record, {
            requirement,
            firstLegs: firstLeg.methods,
            pollSchedule: 'steady',
            link,
            waitsUntil: expiresAt,
          });
          const { id: flow } = change.result.record.flow ?? link;
          const action = policy.action && { action: policy.action.id };
          return {
            ...change,
            afterwards: () => audit.publish(target, { type: 'link.issued', flow, ...action }),
          };
        });
      return counted(target, requirement, place, expiresAt);
    },

    async open(target, { mfaToken }) {
      const { key, link } = target;
      const own = mfaToken === undefined ? [] : (['mfa-token'] as const);
      const pollSchedule = await eagerPolling.schedule();
      const before = offered(target, (await records.read(key)).record, clock.now());
      if (before === undefined) return undefined;
      const { requirement } = before;
      return counted(target, requirement, () =>
        records.update<Beginning | undefined>(key, (stored) =>
          offered(target, stored, clock.now()) === undefined
            ? { result: undefined }
            : replace(target, stored, {
                requirement,
                firstLegs: [...own, ...firstLeg.methods],
                pollSchedule,
                link: { id: link.id, openedBy: link.by },
              }),
        ),
      );
    },

    async beginAddition(target, { policy, adds, vault }) {
      const { key } = target;
      const requirement = { policy, issuedAt: clock.now(), expiresAt: adds.tokenExpiresAt };
      const pollSchedule = await eagerPolling.schedule();
      return counted(target, requirement, () =>
        records.update<Beginning>(key, (stored) => {
          const record = ownedBy(target, stored);
          // It held the approval a moment ago, so it was revoked.
          if (record === undefined) throw notFound(basePath);
          return replace(target, record, {
            requirement,
            firstLegs: ['access-token'],
            adds,
            pollSchedule,
            vault,
          });
        }),
      );
    },

    counted,
  };
}

/** The flow that waits for the link to be opened; `undefined` if this browser has opened it. */
function offered(
  { caller, link }: LinkedTarget,
  record: HandleRecord | undefined,
  now: number,
): FlowRecord | undefined {
  const known = linkOf(link, record);
  if (known === undefined || record?.flow === undefined || record.subject !== caller.subject) {
    throw linkInvalid();
  }
  if (known.openedBy === link.by) return undefined;
  if (known.openedBy !== undefined || isDone(record.flow.state)) throw linkInvalid();
  if (record.flow.state.context.expiresAt <= now) throw requirementExpired();
  return record.flow;
}

/** What a policy asks of a flow. If it wants an old authenticator, adding another does not help. */
function settingsOf({
  factors,
  minAuthenticatorAgeSeconds,
}: ParsedPolicy): Pick<FlowSettings, 'factors'> & Partial<FlowSettings> {
  if (minAuthenticatorAgeSeconds === 0) return { factors };
  return { factors, enroll: 'refuse', minAuthenticatorAgeMs: minAuthenticatorAgeSeconds * 1_000 };
}
