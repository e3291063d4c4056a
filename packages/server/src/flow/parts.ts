import type { FlowSettings, PushCodeEntry } from '@stepgate/core';
import type { Audit } from '../events/audit.ts';
import type { Runtime } from '../events/runtime.ts';
import { publishTransition } from '../events/signals.ts';
import type { Bounds } from '../limits/capacity.ts';
import type { LinkedFlow, Links, OpenedLink } from '../policy/links.ts';
import type { Connection } from '../provider/connection.ts';
import type { Change } from '../records/records.ts';
import type { State } from '../records/state.ts';
import type { Caller, HookContext } from '../request/caller.ts';
import { HANDLE_HEADER, type Owner, recordKey } from '../request/handle-cookie.ts';
import { type HostRequest, originOf } from '../request/host-request.ts';
import type { Admission } from './admission.ts';
import type { FlowSteps, Step } from './steps.ts';

/** What the parts of this room work with. Each takes the whole and picks what it needs. */
export interface FlowParts {
  /** Where the endpoints are, for the texts of refusals. */
  readonly basePath: string;
  /** The settings of every flow; a start adds those of its policy. */
  readonly settings: Omit<FlowSettings, 'factors' | 'ways' | 'pollSchedule'>;
  /** How the answer on the phone is tied to the flow, where the phone shows a code. */
  readonly pushCode: PushCodeEntry;
  /** Makes an id. */
  readonly randomId: () => string;
  /** Makes a push code. */
  readonly createPushCode: () => string;
  /** The app's choice of the language, of the host's request. */
  readonly language: ((request: unknown) => string | undefined) | undefined;
  readonly capacity: Pick<Bounds, 'recordBytes' | 'pollsPerProcess'>;
  readonly connection: Connection;
  readonly state: State;
  readonly steps: FlowSteps;
  readonly admission: Admission;
  readonly links: Links;
  readonly runtime: Runtime;
}

/** Whose flow it is, and what the app's hooks get of the request that drives it. */
export interface FlowTarget extends Owner {
  readonly caller: Caller;
  readonly context: HookContext;
  /** Where the browser sees the gate. */
  readonly origin: string;
  /** Whether its browser can go to the provider's page and come back to this flow. */
  readonly canLeave: boolean;
  /** The link by which this login runs the flow of another one. */
  readonly link?: OpenedLink;
}

/** The flow of another login, which a link leads to. */
export interface LinkedTarget extends FlowTarget {
  readonly link: OpenedLink;
}

/** The flow that the handle owns for this login. */
export function targetOf(request: HostRequest, caller: Caller, handle: string): FlowTarget {
  return {
    key: recordKey(handle, caller),
    caller,
    context: { request: request.native, identity: caller.identity },
    origin: originOf(request),
    // Browsers have a cookie.
    canLeave: request.header(HANDLE_HEADER) === undefined,
  };
}

/** Publishes what happened in a step, once the step is written. */
export function telling(
  audit: Audit,
  target: FlowTarget,
  { events, transition }: Step,
): Pick<Change<never>, 'afterwards'> {
  return {
    afterwards() {
      if (transition) publishTransition(transition);
      for (const body of events) audit.publish(target, body);
    },
  };
}

/** The flow that a link leads to, as the handle's browser runs it for the other login. */
export function linkedTarget(target: FlowTarget, { key, id, session }: LinkedFlow): LinkedTarget {
  // A return finds only the record of the browser that brings it.
  return { ...target, key, canLeave: false, link: { id, session, by: target.key } };
}
