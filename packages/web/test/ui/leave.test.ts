// @vitest-environment happy-dom
import type { Authenticator, FlowView } from '@stepgate/core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { english } from '../../src/texts/texts-en.ts';
import { type RenderFlowOptions, renderFlow } from '../../src/ui/render-flow.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { type DrawnScreen, screenIn } from '../support/screen.ts';
import { createScriptedActor, type ScriptedActor } from '../support/scripted-actor.ts';
import { pollingView, viewOf } from '../support/views.ts';

const page: Authenticator = { id: 'hosted', factor: 'hosted', active: true };
const ADDRESS = 'https://login.test/authorize?request_uri=one';

const choosing = (members: Partial<FlowView> = {}): FlowView =>
  viewOf('choosing', {
    factors: ['hosted'],
    authenticators: [page],
    allowedEvents: ['factor.choose', 'flow.cancel'],
    ...members,
  });
const away = (address = ADDRESS, members: Partial<FlowView> = {}): FlowView =>
  viewOf('redirecting', {
    version: 2,
    factor: 'hosted',
    authenticatorId: 'hosted',
    authenticators: [page],
    allowedEvents: ['factor.choose', 'flow.cancel'],
    disclosure: { authorizationUrl: address },
    ...members,
  });
const idle = viewOf('idle', { version: 0, allowedEvents: ['flow.start', 'flow.cancel'] });

const assign = vi.fn();
let opened: { opener: unknown; location: { href: string }; close: () => void; isClosed: boolean } | null;
const open = vi.fn(() => opened);

beforeEach(() => {
  opened = {
    opener: window,
    location: { href: '' },
    isClosed: false,
    close() {
      this.isClosed = true;
    },
  };
  assign.mockClear();
  open.mockClear();
  vi.spyOn(location, 'assign').mockImplementation(assign);
  vi.stubGlobal('open', open);
  window.open = open as unknown as typeof window.open;
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function draw(
  view: FlowView,
  options: Partial<RenderFlowOptions> = {},
): { readonly actor: ScriptedActor; readonly screen: DrawnScreen } {
  const actor = createScriptedActor(view);
  const root = document.createElement('div');
  document.body.append(root);
  const stop = renderFlow(root, actor, { texts: english, clock: createManualClock(), ...options });
  onTestFinished(() => {
    stop();
    root.remove();
  });
  return { actor, screen: screenIn(root) };
}

/** The answer of the server to a request. */
function answer(actor: ScriptedActor, view: FlowView): void {
  actor.tell(actor.view, { pending: 'factor.choose' });
  actor.tell(view, { pending: undefined });
}

describe('the provider’s page, from the built-in page', () => {
  it('replaces the page once its address is known', () => {
    const { actor, screen } = draw(choosing());
    expect(screen.buttons).toEqual(['Go to the sign-in page', 'Cancel']);
    screen.press('Go to the sign-in page');

    expect(actor.sent).toEqual([{ type: 'factor.choose', authenticatorId: 'hosted', display: 'page' }]);
    expect(assign).not.toHaveBeenCalled();
    answer(actor, away());
    expect(assign).toHaveBeenCalledExactlyOnceWith(ADDRESS);
    expect(open).not.toHaveBeenCalled();
  });

  it('is not loaded by a page that only watches', () => {
    const { actor, screen } = draw(choosing());
    actor.tell(away());
    expect(assign).not.toHaveBeenCalled();
    expect(screen.heading).toBe('Confirm on the sign-in page');
    expect(screen.text).toContain('The sign-in page is at login.test.');
    expect(screen.buttons).toEqual(['Go to the sign-in page', 'Cancel']);
  });

  it('is loaded again by another click, at the new address', () => {
    const { actor, screen } = draw(away());
    screen.press('Go to the sign-in page');
    expect(assign).not.toHaveBeenCalled();
    answer(actor, away('https://login.test/authorize?request_uri=two', { version: 3 }));
    expect(assign).toHaveBeenCalledExactlyOnceWith('https://login.test/authorize?request_uri=two');
  });

  it('is not loaded when the flow goes elsewhere meanwhile', () => {
    const { actor, screen } = draw(choosing());
    screen.press('Go to the sign-in page');
    answer(actor, viewOf('failed', { version: 2, factor: 'hosted', reason: 'rate_limited' }));
    actor.tell(away(ADDRESS, { version: 3 }));
    expect(assign).not.toHaveBeenCalled();
  });

  it('follows the first click, where there is nothing else to choose', async () => {
    const { actor, screen } = draw(idle, { startsOnPage: true });
    expect(screen.buttons[0]).toBe('Go to the sign-in page');
    screen.press('Go to the sign-in page');
    expect(actor.sent).toEqual([{ type: 'flow.start' }]);
    actor.tell(idle, { pending: 'flow.start' });
    actor.tell(choosing(), { pending: undefined });
    await Promise.resolve();
    answer(actor, away());

    expect(actor.sent.map(({ type }) => type)).toEqual(['flow.start', 'factor.choose']);
    expect(assign).toHaveBeenCalledExactlyOnceWith(ADDRESS);
  });

  it('waits for a choice where there is something else', () => {
    const { actor, screen } = draw(idle, { startsOnPage: true });
    screen.press('Go to the sign-in page');
    actor.tell(pollingView(), { pending: undefined });
    expect(actor.sent).toEqual([{ type: 'flow.start' }]);
  });
});

describe('the provider’s page, from the dialog', () => {
  it('is opened in a window by the click itself, and led to its address later', () => {
    const { actor, screen } = draw(choosing(), { display: 'popup' });
    screen.press('Go to the sign-in page');

    expect(open).toHaveBeenCalledOnce();
    expect(actor.sent).toEqual([{ type: 'factor.choose', authenticatorId: 'hosted', display: 'popup' }]);
    answer(actor, away());
    expect(opened).toMatchObject({ opener: null, location: { href: ADDRESS }, isClosed: false });
    expect(assign).not.toHaveBeenCalled();
  });

  it('takes the place of the page where the browser opens no window', () => {
    opened = null;
    const { actor, screen } = draw(choosing(), { display: 'popup' });
    screen.press('Go to the sign-in page');
    expect(actor.sent).toEqual([{ type: 'factor.choose', authenticatorId: 'hosted', display: 'page' }]);
    answer(actor, away());
    expect(assign).toHaveBeenCalledExactlyOnceWith(ADDRESS);
  });

  it('is closed when there is nowhere to go', () => {
    const { actor, screen } = draw(choosing(), { display: 'popup' });
    screen.press('Go to the sign-in page');
    answer(actor, viewOf('failed', { version: 2, factor: 'hosted', reason: 'provider_unavailable' }));
    expect(opened).toMatchObject({ isClosed: true });
  });

  it('is closed when the user cancels before it has an address', () => {
    const { actor, screen } = draw(choosing(), { display: 'popup' });
    screen.press('Go to the sign-in page');
    actor.tell(viewOf('cancelled', { version: 2 }));
    expect(opened).toMatchObject({ isClosed: true });
  });

  it('can be opened again, taken to this tab, or given up', () => {
    const { actor, screen } = draw(away(), { display: 'popup' });
    expect(screen.buttons).toEqual(['Open the window again', 'Continue in this tab', 'Cancel']);
    screen.press('Continue in this tab');
    expect(open).not.toHaveBeenCalled();
    answer(actor, away('https://login.test/authorize?request_uri=two', { version: 3 }));
    expect(assign).toHaveBeenCalledOnce();
    screen.press('Open the window again');
    expect(open).toHaveBeenCalledOnce();
  });

  it('is one of several ways to choose', () => {
    const { screen } = draw(
      choosing({
        factors: ['push', 'hosted'],
        authenticators: [page, { id: 'p', factor: 'push', active: true }],
      }),
      { display: 'popup' },
    );
    screen.press('Confirm on the sign-in page');
    expect(open).toHaveBeenCalledOnce();
  });
});

describe('the button that continues on the sign-in page', () => {
  const other: Partial<FlowView> = { otherWay: 'redirect', allowedEvents: ['way.next', 'flow.cancel'] };
  const NEXT = 'Continue on the sign-in page';

  /** The answer to the change of the way: the flow looks what there is, and then asks. */
  function goOver(actor: ScriptedActor, view: FlowView): void {
    actor.tell(actor.view, { pending: 'way.next' });
    actor.tell(viewOf('authenticating', { version: 2 }), { pending: undefined });
    actor.tell(view);
  }

  it('opens the window in its click, and leads it to the address', async () => {
    const { actor, screen } = draw(pollingView(other), { display: 'popup' });
    screen.press(NEXT);
    expect(open).toHaveBeenCalledOnce();
    expect(actor.sent).toEqual([{ type: 'way.next' }]);
    goOver(actor, choosing({ version: 3 }));
    await Promise.resolve();
    expect(actor.sent.slice(1)).toEqual([
      { type: 'factor.choose', authenticatorId: 'hosted', display: 'popup' },
    ]);
    answer(actor, away(ADDRESS, { version: 4 }));

    expect(open).toHaveBeenCalledOnce();
    expect(opened).toMatchObject({ opener: null, location: { href: ADDRESS }, isClosed: false });
    expect(screen.buttons).toEqual(['Open the window again', 'Continue in this tab', 'Cancel']);
  });

  it('takes the place of the page where the browser opens no window', async () => {
    opened = null;
    const { actor, screen } = draw(pollingView(other), { display: 'popup' });
    screen.press(NEXT);
    goOver(actor, choosing({ version: 3 }));
    await Promise.resolve();
    answer(actor, away(ADDRESS, { version: 4 }));
    expect(actor.sent.at(-1)).toMatchObject({ display: 'page' });
    expect(assign).toHaveBeenCalledExactlyOnceWith(ADDRESS);
  });

  it('leads the built-in page there, without a window', async () => {
    const { actor, screen } = draw(pollingView(other));
    screen.press(NEXT);
    goOver(actor, choosing({ version: 3 }));
    await Promise.resolve();
    answer(actor, away(ADDRESS, { version: 4 }));
    expect(assign).toHaveBeenCalledExactlyOnceWith(ADDRESS);
    expect(open).not.toHaveBeenCalled();
  });

  it.each<[string, FlowView]>([
    ['fails', viewOf('failed', { version: 3, reason: 'rate_limited' })],
    ['leads to a phone', pollingView({ version: 3 })],
    ['asks for a password', viewOf('authenticating', { version: 3, allowedEvents: ['password.submit'] })],
    [
      'leaves something to choose',
      choosing({ version: 3, authenticators: [page, { id: 'p', factor: 'push', active: true }] }),
    ],
    ['is cancelled', viewOf('cancelled', { version: 3 })],
  ])('closes the window again when the flow %s', async (_what, view) => {
    const { actor, screen } = draw(pollingView(other), { display: 'popup' });
    screen.press(NEXT);
    goOver(actor, view);
    await Promise.resolve();
    expect(opened).toMatchObject({ isClosed: true, location: { href: '' } });
    expect(actor.sent).toEqual([{ type: 'way.next' }]);
  });

  it('closes the window again when the server refuses', () => {
    const { actor, screen } = draw(pollingView(other), { display: 'popup' });
    screen.press(NEXT);
    actor.tell(actor.view, { pending: 'way.next' });
    actor.tell(actor.view, { pending: undefined, error: { code: 'unreachable', message: 'Not reached.' } });
    expect(opened).toMatchObject({ isClosed: true });
  });

  it('opens no window for a way that needs none', () => {
    const { actor, screen } = draw(pollingView({ ...other, otherWay: 'ciba' }), { display: 'popup' });
    screen.press('Confirm on your phone');
    expect(actor.sent).toEqual([{ type: 'way.next' }]);
    expect(open).not.toHaveBeenCalled();
  });
});

describe('what the user reads afterwards', () => {
  it.each<[Partial<FlowView> & { readonly state: 'rejected' | 'expired' | 'failed' }, string]>([
    [{ state: 'rejected', reason: 'rejected' }, 'You did not confirm on the sign-in page.'],
    [{ state: 'expired', reason: 'challenge_expired' }, 'You did not come back in time.'],
    [{ state: 'failed', reason: 'subject_mismatch' }, 'Somebody else signed in there.'],
    [{ state: 'failed', reason: 'authentication_stale' }, 'You were not asked to sign in again.'],
  ])('%j', ({ state, ...members }, text) => {
    const { screen } = draw(
      viewOf(state, {
        factor: 'hosted',
        authenticators: [page],
        allowedEvents: ['factor.choose', 'flow.retry', 'flow.cancel'],
        ...members,
      }),
    );
    expect(screen.text).toContain(text);
    expect(screen.text).not.toContain('phone');
    expect(screen.buttons[0]).toBe('Go to the sign-in page');
  });
});
