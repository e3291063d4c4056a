import type { Authentication, EnrollableFactor, Factor, ReasonCode, WayName } from '@stepgate/core';
import type { LimitName } from '../limits/limits.ts';
import type { ParsedPolicy } from '../policy/policy.ts';
import type { Approval } from '../records/handle-record.ts';
import { type HostRequest, pathOf } from '../request/host-request.ts';

/** The types of {@link AuditEvent}. */
export const AUDIT_EVENT_TYPES = [
  'link.issued',
  'flow.started',
  'flow.resumed',
  'flow.ended',
  'password.refused',
  'push.sent',
  'push.rejected',
  'push.contested',
  'message.sent',
  'delivery.unknown',
  'code.refused',
  'push_code.refused',
  'way.changed',
  'redirect.started',
  'redirect.returned',
  'attempt.unanswered',
  'recovery_code.used',
  'authenticator.enrolled',
  'authenticator.removed',
  'identity.refused',
  'subject.mismatch',
  'approval.granted',
  'approval.used',
  'approval.released',
  'approval.revoked',
  'guard.denied',
  'limit.reached',
] as const;

/** One of {@link AUDIT_EVENT_TYPES}. */
export type AuditEventType = (typeof AUDIT_EVENT_TYPES)[number];

/** How a flow stops going on by itself. After the last three its user can take it up again. */
export type FlowEnd = 'approved' | 'cancelled' | 'rejected' | 'expired' | 'failed';

/** The flow that an event is about. */
interface InFlow {
  /** Names the flow, at random: nothing can be done with it. */
  readonly flow: string;
}

/** The authenticator that an event is about; the factor alone, while that is being added. */
interface ByFactor {
  readonly factor: Factor;
  readonly authenticatorId?: string;
}

/** The approval that an event is about. */
interface OfApproval extends ByFactor {
  /** The approval's id. */
  readonly approval: string;
  readonly singleUse: boolean;
}

/** The action that the policy names. */
interface OfAction {
  /** The action's id. */
  readonly action?: string;
}

/** The request that an event is about. */
interface OfRequest {
  readonly method: string;
  /** The path without its query, at most 256 characters of it. */
  readonly path: string;
}

/** What can happen, without when and to whom. */
export type EventBody =
  | (InFlow & OfAction & { readonly type: 'link.issued' })
  | (InFlow & OfAction & { readonly type: 'flow.started'; readonly adds?: EnrollableFactor })
  | (InFlow & { readonly type: 'flow.resumed' })
  | (InFlow & {
      readonly type: 'flow.ended';
      readonly end: FlowEnd;
      /** Why; absent for `approved`. */
      readonly reason?: ReasonCode;
      /** How long after its start, in milliseconds. */
      readonly afterMs: number;
    })
  | (InFlow & { readonly type: 'password.refused' })
  | (InFlow & ByFactor & { readonly type: 'push.sent' })
  | (InFlow & ByFactor & { readonly type: 'push.rejected' })
  | (InFlow & { readonly type: 'push.contested' })
  | (InFlow & ByFactor & { readonly type: 'message.sent' })
  | (InFlow & ByFactor & { readonly type: 'delivery.unknown' })
  | (InFlow & ByFactor & { readonly type: 'code.refused' })
  | (InFlow & {
      readonly type: 'push_code.refused';
      /** After the last one the flow is rejected. */
      readonly triesLeft: number;
    })
  | (InFlow & {
      readonly type: 'way.changed';
      /** The way that the flow takes from now on. */
      readonly way: WayName;
    })
  | (InFlow & { readonly type: 'redirect.started' })
  | (InFlow & {
      readonly type: 'redirect.returned';
      /** Why the user came back without a code; absent if they brought one. */
      readonly reason?: ReasonCode;
    })
  | (InFlow & { readonly type: 'attempt.unanswered'; readonly attempt: 'code' | 'password' })
  | (InFlow & { readonly type: 'recovery_code.used' })
  | (InFlow & { readonly type: 'authenticator.enrolled'; readonly factor: Factor })
  | (ByFactor & { readonly type: 'authenticator.removed' })
  | (InFlow & { readonly type: 'identity.refused' })
  | (InFlow & { readonly type: 'subject.mismatch' })
  | (InFlow &
      OfApproval &
      OfAction & {
        readonly type: 'approval.granted';
        /** The factor was added in the same flow. */
        readonly enrolledInFlow: boolean;
        /** How the user authenticated, where the provider's answer says so. */
        readonly authentication?: Authentication;
        /** Another login of the subject has got it, by a link. */
        readonly byOtherLogin?: boolean;
      })
  | (OfApproval & OfAction & OfRequest & { readonly type: 'approval.used' })
  | (OfApproval & { readonly type: 'approval.released' })
  | {
      readonly type: 'approval.revoked';
      /** All approvals of one browser's login, or of all the subject's logins. */
      readonly scope: 'login' | 'subject';
    }
  | (OfAction & OfRequest & { readonly type: 'guard.denied' })
  | {
      readonly type: 'limit.reached';
      /** What there was too much of. */
      readonly limit: LimitName;
      readonly retryAfterMs: number;
    };

/**
 * What has happened to a user's step-up, for the audit trail. JSON, frozen, and without a secret. The list is closed;
 * a new member or type leaves `version` as it is, any other change raises it.
 *
 * | type | members | told when |
 * | --- | --- | --- |
 * | `link.issued` | `flow`, `action`? | a login has got a link, by which another login of the subject can run this flow for it |
 * | `flow.started` | `flow`, `action`?, `adds`? | a flow has begun; `adds`: the factor that it is there to add |
 * | `flow.resumed` | `flow` | the user goes on with a flow that was rejected, expired or failed |
 * | `flow.ended` | `flow`, `end`, `reason`?, `afterMs` | a flow is approved or cancelled, or stopped as rejected, expired or failed |
 * | `password.refused` | `flow` | the password was wrong |
 * | `push.sent` | `flow`, `factor`, `authenticatorId` | the provider has taken a push |
 * | `push.rejected` | `flow`, `factor`, `authenticatorId` | the user said no on the phone: somebody else may have the session |
 * | `push.contested` | `flow` | a push was asked for while another browser of the user waits for one, and was not sent |
 * | `message.sent` | `flow`, `factor`, `authenticatorId`? | the provider has taken a text, call or e-mail |
 * | `delivery.unknown` | `flow`, `factor`, `authenticatorId`? | a push or message may have gone out: no answer came, or none was waited for |
 * | `code.refused` | `flow`, `factor`, `authenticatorId`? | a typed code was wrong |
 * | `push_code.refused` | `flow`, `triesLeft` | the code that the phone shows was typed wrong; after the last try the flow is rejected |
 * | `way.changed` | `flow`, `way` | the flow goes over to another way of the provider, by itself or because the user asked |
 * | `redirect.started` | `flow` | the user was sent to the provider's page |
 * | `redirect.returned` | `flow`, `reason`? | the user is back from the provider's page, with a code or with the reason for none |
 * | `attempt.unanswered` | `flow`, `attempt` | a code or password went out and its answer never came, or was aborted: the provider may have judged it, and it counts |
 * | `recovery_code.used` | `flow` | the recovery code was taken |
 * | `authenticator.enrolled` | `flow`, `factor` | a new authenticator was confirmed |
 * | `authenticator.removed` | `factor`, `authenticatorId` | an authenticator is gone; one event for each that went along |
 * | `identity.refused` | `flow` | the `id_token` of an approval could not be trusted |
 * | `subject.mismatch` | `flow` | somebody else has approved |
 * | `approval.granted` | `flow`, `approval`, `factor`, `authenticatorId`?, `action`?, `singleUse`,<br>`enrolledInFlow`, `authentication`?, `byOtherLogin`? | a flow has ended in an approval |
 * | `approval.used` | `approval`, `factor`, `authenticatorId`?, `action`?, `singleUse`, `method`, `path` | a guard has let a request through on an approval |
 * | `approval.released` | `approval`, `factor`, `authenticatorId`?, `singleUse` | the handler, or a later guard that refused, has given an approval for a single use back |
 * | `approval.revoked` | `scope` | `gate.revoke` has ended a login's approvals (`login`), or `gate.revokeSubject` all (`subject`) |
 * | `guard.denied` | `action`?, `method`, `path` | a guard has refused a request for want of an approval |
 * | `limit.reached` | `limit`, `retryAfterMs` | a limit of the gate has refused a start, push, message, password, code or list, or a second message (`resends`) |
 */
export type AuditEvent = EventBody & {
  readonly version: 1;
  /** Milliseconds since the epoch, by the gate's clock. */
  readonly at: number;
  /** The `sub` claim. */
  readonly subject: string;
  /** A digest that names the login; absent where all of the subject's logins are meant. */
  readonly session?: string;
  /** The address that `identify` gave for the request in which it happened. */
  readonly ip?: string;
};

/** One type of {@link AuditEvent}. */
export type AuditEventOf<T extends AuditEventType> = Extract<AuditEvent, { readonly type: T }>;

/** An approval, as events tell of it. */
export function approvalMembers({ id, factor, authenticatorId, singleUse }: Approval): OfApproval {
  return { approval: id, factor, ...(authenticatorId !== undefined && { authenticatorId }), singleUse };
}

const LONGEST_PATH = 256;

/** A guarded request, as events tell of it. */
export function requestMembers(
  request: HostRequest<unknown>,
  { policy: { action } }: { readonly policy: ParsedPolicy },
): OfRequest & OfAction {
  const path = pathOf(request).slice(0, LONGEST_PATH);
  return { ...(action && { action: action.id }), method: request.method, path };
}
