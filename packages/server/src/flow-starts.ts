import type { Addition, FlowSettings, Inputs, Vault } from '@stepgate/core';
import { keepMs } from './approval.ts';
import type { Audit } from './audit.ts';
import type { EffectPerformerOptions } from './effect-performer.ts';
import { inProgress, notFound, startedElsewhere } from './flow-errors.ts';
import { isLive, joins, ownedBy } from './flow-rules.ts';
import type { FlowSteps, Job, Step } from './flow-steps.ts';
import type { FlowTarget } from './flow-target.ts';
import { telling } from './flow-telling.ts';
import type { HeldHandle } from './handle.ts';
import type { Locks } from './lock.ts';
import type { ParsedPolicy } from './policy.ts';
import { type HandleRecord, RECORD_SLACK_MS } from './record.ts';
import { mustHaveRoom } from './record-size.ts';
import { type Requirement, requirementExpired, requirementHash } from './requirement.ts';

/** Begins flows: one at a time for a session, each counted, and in its place among those of its subject. */
export interface FlowStarts<Native> {
  /** Lets a session start only one flow at a time, which is over when the browser knows the handle. */
  exclusively<T>(
    target: FlowTarget<Native>,
    work: () => Promise<T>,
    handle?: Pick<HeldHandle, 'isTravelling'>,
  ): Promise<T>;
  /** Begins a flow for the requirement, or finds the one that is under way for it. */
  begin(
    target: FlowTarget<Native>,
    requirement: Requirement,
    inputs: Pick<Inputs, 'mfaToken'>,
  ): Promise<Beginning>;
  /** Begins a flow that adds a factor, in place of one that is over. */
  beginAddition(target: FlowTarget<Native>, addition: FlowAddition): Promise<Beginning>;
  /**
   * Counts a start, or what does the same, and takes that back when none came of it. `endsAt`: when the flow then ends
   * at the latest; without it, it has all of its time.
   */
  counted(
    target: FlowTarget<Native>,
    requirement: Requirement,
    start: () => Promise<Beginning>,
    endsAt?: number,
  ): Promise<Beginning>;
}

/** How a start ended: a flow of its own with something to do, or one that was there. */
export interface Beginning {
  readonly isJoined: boolean;
  readonly job?: Job | undefined;
  /** The record as it was written. */
  readonly record?: HandleRecord;
}

/** A factor to be added, by an approval of this policy, and the secrets that the flow begins with. */
export interface FlowAddition {
  readonly policy: ParsedPolicy;
  readonly adds: Addition;
  readonly vault: Vault;
}

/** What starts are made of. */
export interface FlowStartsOptions<Native>
  extends Pick<
    EffectPerformerOptions<Native>,
    'records' | 'subjects' | 'admission' | 'firstLeg' | 'eagerness' | 'clock' | 'onError'
  > {
  /** Where the endpoints are, for the words of refusals. */
  readonly basePath: string;
  /** See `Capacity`. */
  readonly recordBytes: number;
  readonly steps: FlowSteps;
  readonly locks: Locks;
  readonly audit: Audit<Native>;
  readonly settings: Omit<FlowSettings, 'factors' | 'firstLegs' | 'pollSchedule'>;
}

const START_LOCK_MS = 10_000;
/** How long a handle may be on its way to its browser. */
const TRAVEL_MS = 2_000;

const startLock = (session: string): string => `start:${session}`;

/** Makes the starts. */
export function createFlowStarts<Native>(options: FlowStartsOptions<Native>): FlowStarts<Native> {
  const { basePath, recordBytes, records, subjects, steps, locks, admission, firstLeg } = options;
  const { audit, clock, onError } = options;

  /** Puts a flow that has just begun in place of one that is over. */
  function replaced(
    { key, asker }: FlowTarget<Native>,
    record: HandleRecord | undefined,
    flow: {
      readonly requirement: Requirement;
      readonly settings: Pick<FlowSettings, 'firstLegs' | 'adds'>;
      readonly vault?: Vault;
    },
  ): Step {
    if (record?.flow !== undefined && isLive(record.flow, clock.now())) throw inProgress(basePath);
    const settings = {
      ...options.settings,
      pollSchedule: options.eagerness.schedule(),
      ...settingsOf(flow.requirement.policy),
      ...flow.settings,
    };
    const begun = steps.begin({ key, record, ...asker, ...flow, settings });
    const started = steps.apply(key, begun, { type: 'flow.start' });
    mustHaveRoom(started.record, recordBytes, clock.now());
    return started;
  }

  /** Lets a revocation of the subject find what begins here, whichever of the two comes first. */
  async function entered(
    { key, asker }: FlowTarget<Native>,
    { policy, issuedAt }: Requirement,
    start: () => Promise<Beginning>,
    endsAt: number | undefined,
  ): Promise<Beginning> {
    const since = clock.now();
    const flow = { session: asker.session, since, until: endsAt ?? since + options.settings.flowTtlMs };
    const until = flow.until + keepMs(policy) + RECORD_SLACK_MS;
    const revokedAt = await subjects.enter(asker.subject, { key, until, issuedAt, flow });
    if (issuedAt <= revokedAt) throw requirementExpired();
    const beginning = await start();
    if ((await subjects.revokedAt(asker.subject)) === revokedAt) return beginning;
    await records.delete(key);
    throw requirementExpired();
  }

  async function counted(
    target: FlowTarget<Native>,
    requirement: Requirement,
    start: () => Promise<Beginning>,
    endsAt?: number,
  ): Promise<Beginning> {
    const takeBack = await admission.admitStart(target);
    try {
      const beginning = await entered(target, requirement, start, endsAt);
      if (beginning.isJoined) await takeBack().catch(onError);
      return beginning;
    } catch (error) {
      await takeBack().catch(onError);
      throw error;
    }
  }

  return {
    async exclusively({ key, asker }, work, { isTravelling } = { isTravelling: false }) {
      const lock = startLock(asker.session);
      const other = await locks.acquire(lock, key, clock.now() + START_LOCK_MS);
      if (other !== undefined) throw startedElsewhere();
      let isHandedOut = false;
      try {
        const result = await work();
        isHandedOut = isTravelling;
        return result;
      } finally {
        // It ends by itself too: what was begun is not taken from its browser for it.
        const left = isHandedOut
          ? locks.acquire(lock, key, clock.now() + TRAVEL_MS)
          : locks.release(lock, key);
        await left.catch(onError);
      }
    },

    async begin(target, requirement, { mfaToken }) {
      const { key, asker } = target;
      const now = clock.now();
      const hash = requirementHash(requirement.policy);
      const isUnderWay = (record: HandleRecord | undefined): boolean =>
        record !== undefined && joins(record, hash, requirement, now);
      const place = (): Promise<Beginning> =>
        records.update<Beginning>(key, (stored) => {
          const record = ownedBy(asker, stored);
          if (isUnderWay(record)) return { result: { isJoined: true } };
          const own = mfaToken === undefined ? [] : (['mfa-token'] as const);
          const begun = replaced(target, record, {
            requirement,
            settings: { firstLegs: [...own, ...firstLeg.methods] },
          });
          return {
            record: begun.record,
            result: { isJoined: false, job: begun.job, record: begun.record },
            ...telling(audit, target, begun),
          };
        });
      const before = ownedBy(asker, (await records.read(key)).record);
      if (isUnderWay(before)) return { isJoined: true };
      if (before?.flow !== undefined && isLive(before.flow, now)) throw inProgress(basePath);
      return counted(target, requirement, place);
    },

    beginAddition(target, { policy, adds, vault }) {
      const { key, asker } = target;
      const requirement = { policy, issuedAt: clock.now(), expiresAt: adds.tokenExpiresAt };
      return counted(target, requirement, () =>
        records.update<Beginning>(key, (stored) => {
          const record = ownedBy(asker, stored);
          // It held the approval a moment ago: somebody has revoked it.
          if (record === undefined) throw notFound(basePath);
          const begun = replaced(target, record, {
            requirement,
            settings: { firstLegs: ['access-token'], adds },
            vault,
          });
          return {
            record: begun.record,
            result: { isJoined: false, job: begun.job, record: begun.record },
            ...telling(audit, target, begun),
          };
        }),
      );
    },

    counted,
  };
}

/** What a policy asks of a flow. One that wants an old authenticator is not served by adding another. */
function settingsOf({
  factors,
  minAuthenticatorAgeSeconds,
}: ParsedPolicy): Pick<FlowSettings, 'factors'> & Partial<FlowSettings> {
  if (minAuthenticatorAgeSeconds === 0) return { factors };
  return { factors, enroll: 'refuse', minAuthenticatorAgeMs: minAuthenticatorAgeSeconds * 1_000 };
}
