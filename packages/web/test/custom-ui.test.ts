// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StepUpActor } from '@stepgate/core';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createScriptedActor } from './support/scripted-actor.ts';
import { pollingView, promptingView, viewOf } from './support/views.ts';

type ShowStepUp = (root: HTMLElement, stepUp: StepUpActor) => void;

/** The screen from the guide. */
async function screenOfGuide(): Promise<ShowStepUp> {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/custom-ui.md'), 'utf8');
  const [, source = ''] = /^```ts\n(.*?)^```$/ms.exec(guide) ?? [];
  const { code } = await transform(source, { loader: 'ts' });
  const module = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
    showStepUp: ShowStepUp;
  };
  return module.showStepUp;
}

let showStepUp: ShowStepUp;
beforeAll(async () => {
  showStepUp = await screenOfGuide();
});

function show(stepUp: StepUpActor): HTMLElement {
  const root = document.body.appendChild(document.createElement('main'));
  onTestFinished(() => root.remove());
  showStepUp(root, stepUp);
  return root;
}

function press(root: HTMLElement, text: string): void {
  const buttons = [...root.querySelectorAll('button')];
  const found = buttons.find((button) => button.textContent === text);
  if (found === undefined)
    throw new Error(`no "${text}" among ${buttons.map((one) => one.textContent).join()}`);
  found.click();
}

describe("the guide's own screen", () => {
  it('offers what the view allows, draws each new view, and keeps what is typed while there is none', () => {
    const stepUp = createScriptedActor(viewOf('idle', { allowedEvents: ['flow.start', 'flow.cancel'] }));
    const root = show(stepUp);
    press(root, 'Start');
    stepUp.tell(pollingView());
    expect(root.querySelector('h2')?.textContent).toBe('polling');
    expect([...root.querySelectorAll('button:disabled')].map(({ textContent }) => textContent)).toEqual([
      'Send again',
    ]);
    press(root, 'Use otp');
    stepUp.tell(promptingView({ version: 2, reason: 'code_refused' }));
    expect(root.querySelector('[role="alert"]')?.textContent).toBe('code_refused');
    const input = root.querySelector('input');
    if (input === null) throw new Error('no input');
    input.value = '123456';
    stepUp.tell(stepUp.view, { connection: 'lost' });
    root.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));

    expect(stepUp.sent).toEqual([
      { type: 'flow.start' },
      { type: 'factor.choose', authenticatorId: 'totp|1' },
      { type: 'code.submit', code: '123456' },
    ]);
  });

  it('leaves the focus alone at a poll, and moves it to the heading of what is new', () => {
    const stepUp = createScriptedActor(pollingView());
    const root = show(stepUp);
    const cancel = [...root.querySelectorAll('button')].find(({ textContent }) => textContent === 'Cancel');
    cancel?.focus();
    stepUp.tell(pollingView({ version: 2, nextPollAt: stepUp.view.now + 9_000 }));
    expect(document.activeElement).toBe(cancel);

    stepUp.tell(viewOf('rejected', { version: 3 }));
    expect(document.activeElement).toBe(root.querySelector('h2'));
  });

  it('shows the QR link and the recovery codes only in their states', () => {
    const barcodeUri = 'otpauth://totp/x';
    const stepUp = createScriptedActor(viewOf('confirming', { disclosure: { barcodeUri } }));
    const root = show(stepUp);
    expect(root.querySelector('a')?.getAttribute('href')).toBe(barcodeUri);

    const disclosure = { recoveryCodes: ['RECOVERY'] };
    stepUp.tell(viewOf('acknowledging', { disclosure, allowedEvents: ['codes.acknowledge'] }));
    expect(root.querySelector('code')?.textContent).toBe('RECOVERY');
    expect(root.querySelector('a')).toBeNull();
    stepUp.tell(viewOf('approved'));

    expect(root.textContent).toBe('approved');
  });
});
