import { type FlowView, parseRequest, StepUpError, type StepUpRequest } from '@stepgate/core';
import { createOwners } from '../endpoints/call/owner.ts';
import type { Runtime } from '../events/runtime.ts';
import type { FlowDriver } from '../flow/driver.ts';
import { crossSite, notFound, signInFirst } from '../flow/errors.ts';
import { targetOf } from '../flow/parts.ts';
import type { Watchers } from '../limits/watchers.ts';
import type { Links } from '../policy/links.ts';
import type { Requirements } from '../policy/requirement.ts';
import type { Caller } from '../request/caller.ts';
import type { Callers } from '../request/callers.ts';
import { type HostRequest, whenAborted } from '../request/host-request.ts';
import { siteOf } from '../request/same-origin.ts';
import type { Reporting } from './reporting.ts';

/** A flow that the app drives itself, without the endpoints. It belongs to the login that started it. */
export interface RunningFlow {
  /**
   * Response headers that hand the client its handle; empty when the request has shown one. A client that sent
   * `stepgate-handle: new` gets it in a header, a browser in a cookie.
   */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The view now, after what is due was given a moment to happen.
   *
   * @throws StepUpError `flow_not_found` (404) once the flow's time is over, `login_required` (401) after a logout.
   */
  view(): Promise<FlowView>;
  /**
   * The view now, and each one that follows, until the flow is approved or cancelled. While you iterate, the flow goes
   * on: nobody else asks the provider for the answer. The iteration also ends, without a last view, when the signal
   * aborts, the flow's time is over, or the gate closes. It does not cancel the flow.
   *
   * @throws StepUpError `login_required` (401) after a logout, `too_many_watchers` (429), `overloaded` (503).
   */
  changes(signal?: AbortSignal): AsyncGenerator<FlowView, void>;
  /**
   * Sends a user's request, like a code, to the flow. `version`: that of the view which the user has seen.
   *
   * @throws StepUpError with a code that says what the client can do.
   */
  send(request: StepUpRequest, version: number): Promise<FlowView>;
  /** Ends the flow, so that another one can start. */
  cancel(): Promise<FlowView>;
}

/** Starts flows for clients that are no browsers: tools of agents, terminals, jobs. */
export interface DirectFlows<Native> {
  /**
   * Starts the flow that a refused request needs, or joins the one that is under way for it, for the user and the handle
   * of the request. Repeat the refused request with the same handle when the flow is approved.
   *
   * It can send a push, so it takes no GET or HEAD, and no request of another site's page. `refusal`: what
   * `assert` has thrown, or the `error` of a guard's verdict.
   *
   * @example
   * const { changes } = await gate.flow(request, refusal);
   * for await (const view of changes(signal)) if (view.state === 'rejected') break;
   *
   * @throws StepUpError `requirement_invalid` or `requirement_expired` (400), `flow_in_progress` (409), and others with
   *   a code that says what the client can do.
   * @throws TypeError when `refusal` is no such error.
   */
  flow(request: HostRequest<Native>, refusal: unknown): Promise<RunningFlow>;
  /**
   * Makes a link to the page, where the user approves in another login: in the browser, for a client that has no page.
   * The policy must have `allowOtherLogin`. Calling it again for the same requirement gives a link to the same flow.
   *
   * The same rules hold as for {@link flow}.
   *
   * @example
   * const { path, changes } = await gate.link(request, refusal);
   * open(`https://bank.example/step-up${path}`);
   */
  link(request: HostRequest<Native>, refusal: unknown): Promise<WaitingFlow>;
}

/** A flow that another login of the user runs, on the page that a link leads to. */
export interface WaitingFlow extends Omit<RunningFlow, 'send'> {
  /** The link's path below the address of the page. It works once, for the same user, until `expiresAt`. */
  readonly path: string;
  /** When the link expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How often it is found out whether the login lasts, while nothing happens. */
const ASK_AGAIN_MS = 5_000;

/** Makes the starter. */
export function createDirectFlows(options: {
  readonly basePath: string;
  readonly driver: FlowDriver;
  readonly callers: Callers;
  readonly requirements: Pick<Requirements, 'open'>;
  readonly links: Links;
  readonly watchers: Watchers;
  readonly runtime: Pick<Runtime, 'clock' | 'closing'>;
  readonly reporting: Pick<Reporting, 'rethrow'>;
}): DirectFlows<unknown> {
  const { basePath, driver, requirements, watchers, reporting } = options;
  const { handles, origins } = options.callers;
  const { clock, closing } = options.runtime;
  const { mustBeSignedIn, isStillSignedIn } = createOwners(options);

  /** Does `begin` for the request, and gives what it has begun. */
  async function start<T>(
    request: HostRequest,
    ticket: string,
    begin: (...args: Parameters<FlowDriver['offer']>) => Promise<T>,
  ): Promise<{ readonly flow: RunningFlow; readonly begun: T }> {
    mustMeanIt(request);
    const caller = await mustBeSignedIn(request);
    const { handle, headers, isTravelling } = handles.hold(request);
    // Nobody is there to send to the provider's page.
    const target = { ...targetOf(request, caller, handle), canLeave: false };
    const begun = await begin(target, requirements.open(caller, ticket), { isTravelling });

    async function view(): Promise<FlowView> {
      await mustStillBe(request, caller);
      const found = await driver.read(target);
      if (found === undefined) throw notFound(basePath);
      return found;
    }

    async function* changes(signal?: AbortSignal): AsyncGenerator<FlowView, void> {
      const leave = watchers.enter(target.key);
      let hurry = (): void => {};
      if (signal) whenAborted(signal, () => hurry());
      const isOver = (): boolean => closing.aborted || signal?.aborted === true;
      try {
        await mustStillBe(request, caller);
        let shown: number | undefined;
        let found = await driver.read(target);
        while (found !== undefined) {
          if (found.version !== shown) yield found;
          shown = found.version;
          if (found.state === 'approved' || found.state === 'cancelled' || isOver()) return;
          found = await driver.watch(target, {
            version: shown,
            until: clock.now() + ASK_AGAIN_MS,
            whenGone(callback) {
              hurry = callback;
            },
          });
          // Before each view, since it may hold a secret.
          await mustStillBe(request, caller);
        }
      } catch (error) {
        reporting.rethrow(error);
      } finally {
        leave();
      }
    }

    const flow: RunningFlow = {
      headers,
      view: () => view().catch(reporting.rethrow),
      changes,
      async send(event, version) {
        await mustStillBe(request, caller).catch(reporting.rethrow);
        return driver.request(target, parseRequest(event), version).catch(reporting.rethrow);
      },
      cancel: () => driver.request(target, { type: 'flow.cancel' }, undefined).catch(reporting.rethrow),
    };
    return { flow, begun };
  }

  /** A link, a prefetch or another site's page sends no push. */
  function mustMeanIt(request: HostRequest): void {
    if (SAFE_METHODS.includes(request.method)) {
      throw new StepUpError(
        'method_not_allowed',
        `A flow can send a push, so it starts with a POST, not with ${request.method}.`,
      );
    }
    if (siteOf(request) === 'other' && !origins.areCalling(request)) throw crossSite();
  }

  async function mustStillBe(request: HostRequest, caller: Caller): Promise<void> {
    if (!(await isStillSignedIn(request, caller))) throw signInFirst();
  }

  return {
    async flow(request, refusal) {
      const ticket = ticketOf(refusal);
      const { flow } = await start(request, ticket, (...begun) => driver.start(...begun)).catch(
        reporting.rethrow,
      );
      return flow;
    },
    async link(request, refusal) {
      const ticket = ticketOf(refusal);
      const { flow, begun } = await start(request, ticket, (...offered) => driver.offer(...offered)).catch(
        reporting.rethrow,
      );
      return {
        ...begun,
        headers: flow.headers,
        view: () => flow.view(),
        changes: (signal) => flow.changes(signal),
        cancel: () => flow.cancel(),
      };
    },
  };
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** The requirement that a refusal names. */
function ticketOf(refusal: unknown): string {
  const { details } = (refusal ?? {}) as { readonly details?: { readonly step_up?: unknown } };
  const { requirement } = (details?.step_up ?? {}) as { readonly requirement?: unknown };
  if (typeof requirement === 'string') return requirement;
  throw new TypeError(
    'gate.flow: pass the error `insufficient_user_authentication` that `assert` has thrown, or that a guard has refused with',
  );
}
