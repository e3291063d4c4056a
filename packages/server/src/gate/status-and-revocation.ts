import { type Factor, type FlowStateName, type ReasonCode, stateName } from '@stepgate/core';
import type { Runtime } from '../events/runtime.ts';
import type { Admission } from '../flow/admission.ts';
import type { FlowDriver } from '../flow/driver.ts';
import { type FlowTarget, linkedTarget, targetOf } from '../flow/parts.ts';
import { isLive } from '../flow/rules.ts';
import { keepUseful } from '../records/approval.ts';
import type { Approval, FlowRecord } from '../records/handle-record.ts';
import type { State } from '../records/state.ts';
import type { Login } from '../request/caller.ts';
import type { Callers } from '../request/callers.ts';
import { recordKey } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';
import type { Reporting } from './reporting.ts';

/** Where a signed-in user's step-up stands in this browser, for templates. Holds no secret. */
export interface StepUpStatus {
  /** The freshest approval; some serve one use or one action only. */
  readonly approval?: Approval;
  /** How old it is, in milliseconds. */
  readonly approvalAgeMs?: number;
  /** The flow that is under way. */
  readonly flow?: FlowStatus;
}

/** The flow in a {@link StepUpStatus}. */
export interface FlowStatus {
  readonly state: FlowStateName;
  readonly reason?: ReasonCode;
  readonly factor?: Factor;
}

/** Looks at approvals and ends them, outside of guards and flows. */
export interface StatusAndRevocation<Native> {
  /**
   * Where the signed-in user's step-up stands in this browser, for templates; `undefined` when nobody is signed in.
   * Reads the store once, moves no flow on, and holds no secret.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   */
  status(request: HostRequest<Native>): Promise<StepUpStatus | undefined>;
  /**
   * Ends the approvals and the flow of this browser's login, and flows that it runs for another login, by a link. For
   * the sign-out, before the session is destroyed.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   */
  revoke(request: HostRequest<Native>): Promise<void>;
  /**
   * Ends the approvals, flows and requirements of all the subject's logins: after a password change, or for a lost
   * phone. Ending the logins themselves is up to the app. If it fails, call it again.
   *
   * @throws StepUpError `store_unavailable` (503).
   */
  revokeSubject(subject: string): Promise<void>;
}

/** Makes both. */
export function createStatusAndRevocation(options: {
  readonly state: Pick<State, 'records' | 'subjects'>;
  readonly callers: Pick<Callers, 'callerOf' | 'handles'>;
  readonly driver: Pick<FlowDriver, 'request'>;
  readonly admission: Pick<Admission, 'release'>;
  readonly runtime: Pick<Runtime, 'audit' | 'clock'>;
  readonly reporting: Pick<Reporting, 'rethrow'>;
}): StatusAndRevocation<unknown> {
  const { admission, driver, reporting } = options;
  const { records, subjects } = options.state;
  const { callerOf, handles } = options.callers;
  const { audit, clock } = options.runtime;
  const now = (): number => clock.now();

  /** Whatever is running for the record can no longer commit, and its push no longer blocks the subject's next one. */
  async function end(key: string, caller: Login): Promise<void> {
    await records.delete(key);
    await admission.release({ key, caller });
  }

  async function status(request: HostRequest): Promise<StepUpStatus | undefined> {
    const caller = await callerOf(request);
    if (caller === undefined) return undefined;
    const handle = handles.read(request);
    const record = handle && (await records.read(recordKey(handle, caller))).record;
    if (!record || record.session !== caller.session) return {};
    const approval = keepUseful(record.approvals, now()).at(-1);
    return {
      ...(approval && { approval: { ...approval }, approvalAgeMs: now() - approval.approvedAt }),
      ...(record.flow && isLive(record.flow, now()) && { flow: statusOf(record.flow) }),
    };
  }

  async function revoke(request: HostRequest): Promise<void> {
    const caller = await callerOf(request);
    const handle = handles.read(request);
    if (caller === undefined || handle === undefined) return;
    const own = targetOf(request, caller, handle);
    await end(own.key, caller);
    await leaveOthers(own);
    audit.publish({ caller }, { type: 'approval.revoked', scope: 'login' });
  }

  /** Cancels the flows that this browser runs for other logins. Approvals that it has given to them are theirs. */
  async function leaveOthers(own: FlowTarget): Promise<void> {
    for (const key of await subjects.keysOf(own.caller)) {
      const { record } = await records.read(key);
      const link = record?.flow?.link;
      if (record?.flow === undefined || link?.openedBy !== own.key || !isLive(record.flow, now())) continue;
      const { session } = record;
      await driver.request(
        linkedTarget(own, { key, session, id: link.id }),
        { type: 'flow.cancel' },
        undefined,
      );
    }
  }

  async function revokeSubject(subject: string): Promise<void> {
    const keys = await subjects.revoke(subject);
    await Promise.all(keys.map((key) => end(key, { subject, session: '' })));
    audit.publish({ caller: { subject } }, { type: 'approval.revoked', scope: 'subject' });
  }

  return {
    status: (request) => status(request).catch(reporting.rethrow),
    revoke: (request) => revoke(request).catch(reporting.rethrow),
    revokeSubject: (subject) => revokeSubject(subject).catch(reporting.rethrow),
  };
}

function statusOf({ state }: FlowRecord): FlowStatus {
  const { reason, target } = state.context;
  return {
    state: stateName(state),
    ...(reason !== undefined && { reason }),
    ...(target !== undefined && { factor: target.factor }),
  };
}
