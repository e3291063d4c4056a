// @vitest-environment happy-dom
import type { FlowView } from '@stepgate/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FlowMoment, type FormTarget, flowToHtml } from '../src/html.ts';
import { english } from '../src/texts/texts-en.ts';
import { renderFlow } from '../src/ui/render-flow.ts';
import { createManualClock } from './support/manual-clock.ts';
import { createScriptedActor } from './support/scripted-actor.ts';
import { app, phone, pollingView, promptingView, texts, viewOf } from './support/views.ts';

const HOSTILE = '"><img src=x onerror=alert(1)>';
const target: FormTarget = {
  action: '/step-up/flow/events',
  start: '/step-up/flow',
  page: (detail: string) => `/step-up?show=${detail}`,
  fields: [
    ['version', '7'],
    ['form_token', 'token'],
  ],
};

function draw(view: FlowView, moment: Partial<FlowMoment> = {}): HTMLElement {
  const root = document.createElement('div');
  root.innerHTML = flowToHtml({ texts: english, view, ...moment }, target).html;
  document.body.append(root);
  onTestFinished(() => root.remove());
  return root;
}

function button(root: HTMLElement, label: string): HTMLButtonElement {
  const found = [...root.querySelectorAll('button')].find(({ textContent }) =>
    textContent?.startsWith(label),
  );
  if (found === undefined) throw new Error(`there is no button "${label}"`);
  return found;
}

const disclosure = { barcodeUri: 'otpauth://totp/Bank:ada?secret=JBSWY3DPEHPK3PXP' };
const views: readonly FlowView[] = [
  viewOf('idle', { allowedEvents: ['flow.start'] }),
  viewOf('authenticating'),
  viewOf('authenticating', { allowedEvents: ['password.submit', 'flow.cancel'] }),
  viewOf('choosing', { authenticators: [phone, texts], allowedEvents: ['factor.choose', 'flow.cancel'] }),
  viewOf('confirming', { disclosure }),
  pollingView(),
  promptingView({ reason: 'code_refused' }),
  viewOf('acknowledging', { disclosure: { recoveryCodes: ['AAAA'] }, allowedEvents: ['codes.acknowledge'] }),
  viewOf('failed', { reason: 'provider_unavailable', allowedEvents: ['flow.retry', 'flow.cancel'] }),
];

/** Every control character that can change the order in which a text is read (Unicode, UAX #9). */
const CONTROLS = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069';

describe('flowToHtml', () => {
  it.each(views)('lets no text reorder what the user reads, in $state', (view) => {
    const authenticators = [phone, texts].map((one) => ({ ...one, name: `${CONTROLS}Pixel` }));
    const root = draw(
      { ...view, authenticators, allowedEvents: [...view.allowedEvents, 'factor.choose'] },
      { action: { title: `Pay ${CONTROLS}250 €`, details: `To ${CONTROLS}Grace` }, detail: 'ways' },
    );

    expect(root.textContent).not.toMatch(/\p{Bidi_Control}/u);
    expect(root.querySelector('.title')?.textContent).toBe('Pay 250\u00a0€');
    for (const selector of ['.title', '.details']) {
      expect(root.querySelector(selector)?.getAttribute('dir')).toBe('auto');
    }
    for (const name of [...root.querySelectorAll('*')].filter((one) => one.innerHTML === 'Pixel')) {
      expect(name.localName).toBe('bdi');
    }
  });

  it('shows everything as text, never as markup', () => {
    const device = { ...phone, name: HOSTILE };
    const root = draw(pollingView({ authenticators: [device] }), {
      action: { title: HOSTILE, details: HOSTILE },
      leaveTo: HOSTILE,
    });

    expect(root.querySelector('img')).toBeNull();
    expect(root.textContent).toContain(`Sent to ${HOSTILE}`);
  });

  it('makes each button a submit button with its event', () => {
    const root = draw(
      viewOf('choosing', { authenticators: [app], allowedEvents: ['factor.choose', 'flow.cancel'] }),
    );
    const form = root.querySelector('form');
    const way = button(root, 'Code from an authenticator app');

    expect(form?.getAttribute('method')).toBe('post');
    expect(form?.getAttribute('action')).toBe('/step-up/flow/events');
    expect(way.type).toBe('submit');
    expect(way.name).toBe('event');
    expect(JSON.parse(way.value)).toEqual({ type: 'factor.choose', authenticatorId: app.id });
    expect(JSON.parse(button(root, 'Cancel').value)).toEqual({ type: 'flow.cancel' });
    expect([...root.querySelectorAll('[type="hidden"]')].map((one) => one.getAttribute('name'))).toEqual([
      'version',
      'form_token',
    ]);
  });

  it('marks inputs as required, and lets the user cancel without them', () => {
    const root = draw(promptingView());

    expect(root.querySelector('input')?.hasAttribute('required')).toBe(true);
    expect(button(root, 'Confirm').hasAttribute('formnovalidate')).toBe(false);
    expect(button(root, 'Cancel').hasAttribute('formnovalidate')).toBe(true);
  });

  it('sends a start to the start URL, and turns buttons that only show something into links', () => {
    const idle = draw(viewOf('idle', { allowedEvents: ['flow.start'] }));
    expect(button(idle, 'Send approval request').getAttribute('formaction')).toBe('/step-up/flow');

    const link = draw(pollingView()).querySelector('a');
    expect(link?.textContent).toBe('Try another way');
    expect(link?.getAttribute('href')).toBe('/step-up?show=ways');
  });

  it('shows no time that could not tick', () => {
    const root = draw(pollingView());

    expect(root.textContent).not.toMatch(/\d:\d\d|seconds/);
    expect(button(root, 'Send again').getAttribute('aria-disabled')).toBe('true');
  });

  it('says when the form for the approval is no longer kept', () => {
    const approved = viewOf('approved');

    expect(draw(approved, { continueTo: '/account' }).textContent).toContain('Taking you back…');
    const { textContent } = draw(approved, { continueTo: '/account', form: 'gone' });
    expect(textContent).toContain('Your form was not kept.');
  });

  it.each(views)('is taken over where it stands: $state', (view) => {
    const root = draw(view);
    const kept = [...root.querySelectorAll('section, form, h1, input:not([type="hidden"]), button, svg')];
    expect(kept.length).toBeGreaterThan(3);

    const stop = renderFlow(root, createScriptedActor(view), {
      texts: english,
      clock: createManualClock(),
      keepsFirstFocus: true,
    });
    onTestFinished(stop);

    expect(kept.filter((element) => !root.contains(element))).toEqual([]);
    expect(root.querySelector('[type="hidden"], [name="event"], [formaction]')).toBeNull();
  });
});
