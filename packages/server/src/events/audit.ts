import { channel } from 'node:diagnostics_channel';
import type { HookContext, Login } from '../request/caller.ts';
import type { AuditEvent, AuditEventOf, EventBody } from './audit-event.ts';

/** The name of the diagnostics channel on which every gate of the process publishes its audit events. */
export const AUDIT_CHANNEL = 'stepgate:audit';

/** The user an event is about, and the request in which it happened. */
export interface EventContext {
  /** Without a `session`, the event is about all logins of the subject. */
  readonly caller: Pick<Login, 'subject' | 'ip'> & Partial<Pick<Login, 'session'>>;
  readonly context?: HookContext;
}

/** Publishes what has happened, after it was committed. Never throws, and waits for no listener. */
export interface Audit {
  /** Whether anybody listens: if not, a caller can skip making the event. */
  hasListeners(): boolean;
  publish(context: EventContext, body: EventBody): void;
}

/** The app's own listeners for audit events. */
export interface AuditListeners<Native> {
  /**
   * Called with everything that belongs in an audit trail; see `AuditEvent`. It is called after the commit and not
   * awaited; what it throws, or rejects with, goes to `onError`.
   */
  readonly onEvent?: (event: AuditEvent) => unknown;
  /**
   * Called when the user has denied a push ("it was not me"). Somebody else may be using the session; end it here,
   * by `context.identity`. Errors are handled as for `onEvent`.
   */
  readonly onPushRejected?: (context: HookContext<Native>, event: AuditEventOf<'push.rejected'>) => unknown;
}

const auditChannel = channel(AUDIT_CHANNEL);

/** Makes the publisher. */
export function createAudit(
  options: AuditListeners<unknown> & {
    readonly now: () => number;
    readonly onError: (error: unknown) => void;
  },
): Audit {
  const { onEvent, onPushRejected, now, onError } = options;
  const hasHooks = onEvent !== undefined || onPushRejected !== undefined;
  const hasListeners = (): boolean => hasHooks || auditChannel.hasSubscribers;

  /** Calls a hook, so that its failure does not become the publisher's. */
  function call(hook: () => unknown): void {
    void (async () => hook())().catch(onError);
  }

  return {
    hasListeners,
    publish({ caller: { subject, session, ip }, context }, body) {
      if (!hasListeners()) return;
      const event: AuditEvent = Object.freeze({
        ...body,
        version: 1,
        at: now(),
        subject,
        ...(session !== undefined && { session }),
        ...(ip !== undefined && { ip }),
      });
      if (onEvent) call(() => onEvent(event));
      if (onPushRejected && context && event.type === 'push.rejected') {
        call(() => onPushRejected(context, event));
      }
      auditChannel.publish(event);
    },
  };
}
