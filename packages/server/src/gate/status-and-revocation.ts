import { type Factor, type FlowStateName, type ReasonCode, stateName } from '@stepgate/core';
import type { Audit } from '../events/audit.ts';
import type { Admission } from '../flow/admission.ts';
import { isLive } from '../flow/rules.ts';
import { keepUseful } from '../records/approval.ts';
import type { Approval, FlowRecord } from '../records/handle-record.ts';
import type { Records } from '../records/records.ts';
import type { Subjects } from '../records/subjects.ts';
import type { CallerOf, Login } from '../request/caller.ts';
import { type Handles, recordKey } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';

/** Where a signed-in user's step-up stands in this browser, for a template to show. No secret. */
export interface StepUpStatus {
  /** The freshest approval; some serve one use or one action only. */
  readonly approval?: Approval;
  /** How old it is, in milliseconds. */
  readonly approvalAgeMs?: number;
  /** The flow that is under way. */
  readonly flow?: FlowStatus;
}

/** A flow, as {@link StepUpStatus} tells of it. */
export interface FlowStatus {
  readonly state: FlowStateName;
  readonly reason?: ReasonCode;
  readonly factor?: Factor;
}

/** Looks at approvals and ends them, from outside of guards and flows. */
export interface StatusAndRevocation<Native> {
  /** `undefined` when nobody is signed in. One store read; moves no flow on. */
  status(request: HostRequest<Native>): Promise<StepUpStatus | undefined>;
  /** Ends the approvals and the flow of this browser's login. */
  revoke(request: HostRequest<Native>): Promise<void>;
  /** Ends the approvals, flows and requirements of all the subject's logins, as of now. */
  revokeSubject(subject: string): Promise<void>;
}

/** Makes the overseer. */
export function createStatusAndRevocation<Native>(options: {
  readonly records: Records;
  readonly subjects: Subjects;
  readonly handles: Handles;
  readonly admission: Admission;
  readonly audit: Audit<Native>;
  readonly now: () => number;
  readonly callerOf: CallerOf<Native>;
}): StatusAndRevocation<Native> {
  const { records, subjects, handles, admission, audit, now, callerOf } = options;

  /** What runs for the record finds nothing to commit to; its push lets the subject's next one go out. */
  async function end(key: string, caller: Login): Promise<void> {
    await records.delete(key);
    await admission.release({ key, caller });
  }

  return {
    async status(request) {
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
    },

    async revoke(request) {
      const caller = await callerOf(request);
      const handle = handles.read(request);
      if (caller === undefined || handle === undefined) return;
      await end(recordKey(handle, caller), caller);
      audit.tell({ caller }, { type: 'approval.revoked', scope: 'login' });
    },

    async revokeSubject(subject) {
      const keys = await subjects.revoke(subject);
      await Promise.all(keys.map((key) => end(key, { subject, session: '' })));
      audit.tell({ caller: { subject } }, { type: 'approval.revoked', scope: 'subject' });
    },
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
