import { channel } from 'node:diagnostics_channel';
import type { HookContext, Login } from '../request/caller.ts';
import type { AuditEvent, AuditEventOf, EventBody } from './audit-event.ts';

/** The name of the diagnostics channel that every gate of the process publishes its audit events on. */
export const AUDIT_CHANNEL = 'stepgate:audit';

/** To whom something has happened, and in which request. */
export interface EventContext {
  /** Without a `session` where all of the subject's logins are meant. */
  readonly caller: Pick<Login, 'subject' | 'ip'> & Partial<Pick<Login, 'session'>>;
  readonly context?: HookContext;
}

/** Tells whoever listens of what has happened, after it was committed. Never throws, and waits for nobody. */
export interface Audit {
  /** Whether anybody listens. */
  isHeard(): boolean;
  tell(context: EventContext, body: EventBody): void;
}

/** Who hears of audit events. */
export interface AuditListeners<Native> {
  /**
   * Hears of everything that goes into an audit trail; see `AuditEvent`. It is called after the commit and not waited
   * for; what it throws, or rejects with, goes to `onError`.
   */
  readonly onEvent?: (event: AuditEvent) => unknown;
  /**
   * Hears that the user has denied a push ("it was not me"): somebody else may be using the session, which the app can
   * end here by `context.identity`. Called and shielded as `onEvent` is.
   */
  readonly onPushRejected?: (context: HookContext<Native>, event: AuditEventOf<'push.rejected'>) => unknown;
}

const audience = channel(AUDIT_CHANNEL);

/** Makes the teller. */
export function createAudit(
  options: AuditListeners<unknown> & {
    readonly now: () => number;
    readonly onError: (error: unknown) => void;
  },
): Audit {
  const { onEvent, onPushRejected, now, onError } = options;
  const hasHooks = onEvent !== undefined || onPushRejected !== undefined;
  const isHeard = (): boolean => hasHooks || audience.hasSubscribers;

  /** A hook that fails must not fail what it hears of. */
  function shielded(hook: () => unknown): void {
    void (async () => hook())().catch(onError);
  }

  return {
    isHeard,
    tell({ caller: { subject, session, ip }, context }, body) {
      if (!isHeard()) return;
      const event: AuditEvent = Object.freeze({
        ...body,
        version: 1,
        at: now(),
        subject,
        ...(session !== undefined && { session }),
        ...(ip !== undefined && { ip }),
      });
      if (onEvent) shielded(() => onEvent(event));
      if (onPushRejected && context && event.type === 'push.rejected') {
        shielded(() => onPushRejected(context, event));
      }
      audience.publish(event);
    },
  };
}
