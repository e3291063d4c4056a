import type { Display, FlowView, StepUpActor, StepUpRequest } from '@stepgate/core';
import { isHosted } from '@stepgate/core/ui';
import type { RemoteStepUpSnapshot } from '../remote/snapshots.ts';

type Leaving = Extract<StepUpRequest, { type: 'factor.choose' }>;

const FEATURES = 'popup,width=480,height=720';

/** Whether the request sends the user to the provider's page. */
export function leaves(request: StepUpRequest): request is Leaving {
  return request.type === 'factor.choose' && request.display !== undefined;
}

/**
 * Takes the user to the provider's page. Call it in the click itself: browsers open a window only then. The window keeps no
 * tie to this page: what comes of it, the server tells.
 */
export function leave(actor: StepUpActor, request: Leaving): void {
  depart(actor, request, openWindow(request.display));
}

/**
 * Sends a request that leads to the provider's page, and takes the user there by the same click. Closes the window if the
 * flow leads elsewhere, or leaves something else to choose.
 */
export function sendAndLeave(actor: StepUpActor, request: StepUpRequest, display: Display): void {
  const opened = openWindow(display);
  const subscription = actor.subscribe({
    next({ view, ...rest }: RemoteStepUpSnapshot) {
      if (rest.pending !== undefined || isWorking(view)) return;
      subscription.unsubscribe();
      const page = onlyPage(view);
      if (page === undefined) return opened?.close();
      // After the other observers: a new one would still be told of this snapshot.
      queueMicrotask(() => depart(actor, { type: 'factor.choose', authenticatorId: page }, opened));
    },
    complete: () => opened?.close(),
  });
  actor.send(request);
}

function openWindow(display: Display | undefined): Window | null {
  return display === 'popup' ? window.open('', 'stepgate', FEATURES) : null;
}

/** Asks for the address of the provider's page, and sends the window, or this page, there. Closes the window if none comes. */
function depart(actor: StepUpActor, request: Leaving, opened: Window | null): void {
  const before = addressIn(actor.view);
  const subscription = actor.subscribe({
    next({ view, pending }: RemoteStepUpSnapshot) {
      const address = addressIn(view);
      if (address !== undefined && address !== before) {
        subscription.unsubscribe();
        go(opened, address);
      } else if (pending === undefined && !isWorking(view)) {
        subscription.unsubscribe();
        opened?.close();
      }
    },
    complete: () => opened?.close(),
  });
  actor.send({ ...request, display: opened === null ? 'page' : 'popup' });
}

function go(opened: Window | null, address: string): void {
  if (opened === null) {
    location.assign(address);
    return;
  }
  // The provider's page, or where that leads to, must not reach this one.
  opened.opener = null;
  opened.location.href = address;
}

function addressIn({ disclosure }: FlowView): string | undefined {
  return disclosure?.authorizationUrl;
}

/** Whether the flow goes on by itself. */
function isWorking({ state, allowedEvents }: FlowView): boolean {
  return (
    ['authenticating', 'listing', 'challenging'].includes(state) && !allowedEvents.includes('password.submit')
  );
}

/** What stands for the provider's page, where there is nothing else to choose. */
function onlyPage({ state, authenticators, enrollable }: FlowView): string | undefined {
  const [only, ...others] = authenticators;
  if (state !== 'choosing' || only === undefined || others.length + enrollable.length > 0) return undefined;
  return isHosted(only.factor) ? only.id : undefined;
}
