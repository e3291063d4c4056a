// @vitest-environment happy-dom
import type { EnrollableFactor } from '@stepgate/core';
import { PATIENT } from 'suites/patience.ts';
import { expect, it, onTestFinished, vi } from 'vitest';
import { StepgateDialog } from '../../src/dialog/stepgate-dialog.ts';
import type { ManagedAuthenticator } from '../../src/page/authenticators-client.ts';
import { openAuthenticatorsPage } from '../../src/page/authenticators-page.ts';
import { type PageTexts, pageTexts } from '../../src/texts/page-texts.ts';
import { stubUserGesture } from '../support/user-gesture.ts';
import { viewOf } from '../support/views.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

interface Stage {
  readonly root: HTMLElement;
  readonly dialog: StepgateDialog;
  readonly calls: readonly Call[];
  readonly heading: () => string | undefined;
  readonly said: () => string | null | undefined;
  readonly press: (label: string | RegExp) => void;
  readonly type: (name: string, value: string) => void;
}

const REFUSAL = {
  error: 'insufficient_user_authentication',
  max_age: 600,
  factors: ['push'],
  step_up: { start: '/step-up/flow', requirement: 'a ticket' },
};

const pushed: ManagedAuthenticator = {
  id: 'push|1',
  factor: 'push',
  name: 'Pixel',
  removal: {
    isPossible: true,
    isLast: true,
    goesAlong: [{ id: 'totp|1', factor: 'otp', isCertain: true }],
  },
};
const generated: ManagedAuthenticator = {
  id: 'totp|1',
  factor: 'otp',
  removal: {
    isPossible: true,
    isLast: false,
    goesAlong: [{ id: 'push|1', factor: 'push', isCertain: true }],
  },
};
const recovery: ManagedAuthenticator = {
  id: 'recovery-code|1',
  factor: 'recovery-code',
  removal: { isPossible: false, isLast: false, goesAlong: [] },
};

/** The last screen stays for a second. */
const until = (holds: () => boolean): Promise<boolean> => vi.waitUntil(holds, { ...PATIENT, interval: 5 });

type Answer = { readonly status: number; readonly body: unknown };

/** The page, with a list of answers for each kind of call, in order. The last answer of a list repeats. */
async function open(answers: Readonly<Record<string, readonly Answer[]>>): Promise<Stage> {
  const calls: Call[] = [];
  const left = new Map(Object.entries(answers).map(([kind, list]) => [kind, [...list]]));
  const root = document.createElement('div');
  const dialog = new StepgateDialog();
  document.body.append(root, dialog);
  onTestFinished(() => {
    root.remove();
    dialog.remove();
  });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request =
      input instanceof Request ? input : new Request(new URL(String(input), location.href), init);
    const { pathname } = new URL(request.url);
    const text = await request.text();
    calls.push({ method: request.method, path: pathname, body: text === '' ? undefined : JSON.parse(text) });
    const list = left.get(`${request.method} ${pathname.replace('/step-up', '')}`) ?? [];
    const { status, body } = (list.length > 1 ? list.shift() : list[0]) ?? {
      status: 404,
      body: { error: 'not_found' },
    };
    return Response.json(body, { status });
  };
  const texts = pageTexts.en as PageTexts;
  await openAuthenticatorsPage({ root, dialog, basePath: '/step-up', texts, fetch });
  return {
    root,
    dialog,
    calls,
    heading: () => root.querySelector('dialog h2')?.textContent,
    said: () => root.querySelector('[role=status]')?.textContent,
    press(label) {
      const buttons = [...root.querySelectorAll('button')];
      const wanted = buttons.find((one) => {
        const name = one.getAttribute('aria-label') ?? one.textContent ?? '';
        return typeof label === 'string' ? name === label : label.test(name);
      });
      if (wanted === undefined)
        throw new Error(`no button ${label} among ${buttons.map((one) => one.textContent).join()}`);
      wanted.click();
    },
    type(name, value) {
      const input = root.querySelector<HTMLInputElement>(`[name="${name}"]`);
      if (input === null) throw new Error(`no input ${name}`);
      input.value = value;
    },
  };
}

const listOf = (
  authenticators: readonly ManagedAuthenticator[],
  addable: readonly EnrollableFactor[] = ['otp', 'sms'],
): Answer => ({
  status: 200,
  body: { authenticators, addable },
});

it('asks for no approval until the user clicks', async () => {
  const { calls, root } = await open({ 'GET /authenticators': [{ status: 401, body: REFUSAL }] });

  expect(root.textContent).toContain('Show my devices');
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /step-up/authenticators']);
});

it('asks for an approval when the user opens the list, and says that nothing changed when the user gives up', async () => {
  const { calls, dialog, press, root, said } = await open({
    'GET /authenticators': [{ status: 401, body: REFUSAL }],
    'POST /flow': [{ status: 201, body: viewOf('polling') }],
    'DELETE /flow': [{ status: 200, body: viewOf('cancelled') }],
  });
  stubUserGesture(true);
  press('Show my devices');
  await until(() => calls.some(({ method, path }) => method === 'POST' && path === '/step-up/flow'));
  await until(() => dialog.shadowRoot?.querySelector('dialog')?.open === true);
  dialog.close();

  await until(() => said() === 'Nothing has changed.');
  expect(root.textContent).toContain('Show my devices');
});

it('lists the authenticators, says which belong together, and offers to remove those that can be removed', async () => {
  const { root } = await open({ 'GET /authenticators': [listOf([pushed, generated, recovery])] });

  const rows = [...root.querySelectorAll('.authenticator-row')].map((row) => row.textContent);
  expect(rows).toEqual([
    'Phone with Auth0 GuardianPixelRemove',
    'Authenticator appCode generator in the same app: PixelRemove',
    'Recovery code',
  ]);
  expect(root.querySelector('.authenticator-row button')?.getAttribute('aria-label')).toBe(
    'Remove: Phone with Auth0 Guardian (Pixel)',
  );
});

it('lets no name reorder what the user reads', async () => {
  const named = { ...pushed, name: '\u202eleviP\u202c \u2067אב\u2069' };
  const { heading, press, root, said } = await open({
    'GET /authenticators': [listOf([named, generated]), listOf([])],
    'DELETE /authenticators/push%7C1': [{ status: 200, body: { removed: [named], isLast: false } }],
  });

  expect([...root.querySelectorAll('bdi')].map(({ textContent }) => textContent)).toEqual([
    'leviP אב',
    'leviP אב',
  ]);
  press(/^Remove: Phone/);
  expect(heading()).toBe('Remove “Phone with Auth0 Guardian (leviP אב)”?');
  expect(root.querySelector('dialog h2 bdi')?.textContent).toBe('Phone with Auth0 Guardian (leviP אב)');
  expect(root.innerHTML).not.toMatch(/\p{Bidi_Control}/u);
  press('Remove');

  await until(() => said()?.startsWith('Removed') === true);
  expect(said()).not.toMatch(/\p{Bidi_Control}/u);
});

it('says what else a removal removes, and removes nothing if the user keeps it', async () => {
  const { calls, heading, press, root } = await open({
    'GET /authenticators': [listOf([pushed, generated])],
  });
  press(/^Remove: Phone/);

  expect(heading()).toBe('Remove “Phone with Auth0 Guardian (Pixel)”?');
  const text = root.querySelector('dialog')?.textContent;
  expect(text).toContain('This also removes the code generator in the same app.');
  expect(text).toContain('will have to set up a new device');
  press('Keep it');
  expect(root.querySelector('dialog')).toBeNull();
  expect(calls).toHaveLength(1);
});

it('removes after a confirmation, and says what was removed', async () => {
  const { calls, press, root, said } = await open({
    'GET /authenticators': [listOf([pushed, generated, recovery]), listOf([])],
    'DELETE /authenticators/push%7C1': [
      { status: 200, body: { removed: [pushed, generated, recovery], isLast: true } },
    ],
  });
  press(/^Remove: Phone/);
  press('Remove');

  await until(() => said() === 'Removed: Phone with Auth0 Guardian (Pixel) and Authenticator app.');
  expect(calls.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'GET']);
  expect(root.textContent).toContain('You have not set up a device.');
});

it('asks for the number before it adds it, and sends it without separators', async () => {
  const { calls, heading, press, root, type } = await open({
    'GET /authenticators': [listOf([pushed])],
    'POST /authenticators': [{ status: 400, body: { error: 'invalid_request' } }],
  });
  press('Add a phone number for text messages');
  expect(heading()).toBe('Add a phone number for text messages');
  type('phoneNumber', '+1 (555) 123-4567');
  root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));

  await until(() => calls.length === 2);
  expect(calls[1]?.body).toEqual({ factor: 'sms', phoneNumber: '+15551234567' });
  await until(() => root.querySelector('[role=alert]') !== null);
  expect(root.querySelector('dialog')).toBeNull();
});

it('shows the flow that adds an authenticator, and says how it ended', async () => {
  const asking = viewOf('prompting', {
    factor: 'otp',
    adds: 'otp',
    allowedEvents: ['code.submit', 'flow.cancel'],
  });
  const { dialog, press, said } = await open({
    'GET /authenticators': [listOf([pushed]), listOf([pushed, generated])],
    'POST /authenticators': [{ status: 201, body: asking }],
    'GET /flow': [{ status: 200, body: asking }],
    'POST /flow/events': [{ status: 200, body: viewOf('approved', { version: 2, adds: 'otp' }) }],
  });
  press('Set up an authenticator app');
  await until(() => dialog.shadowRoot?.querySelector('dialog')?.open === true);
  const shown = dialog.shadowRoot;
  const input = shown?.querySelector<HTMLInputElement>('[name=code]');
  if (input) input.value = '123456';
  shown?.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));

  await until(() => shown?.querySelector('h1')?.textContent === 'Device added');
  await until(() => said() === 'Added: Authenticator app.');
});

it.each([
  [
    { status: 503, body: { error: 'provider_unavailable' } },
    'The sign-in service is not answering right now',
  ],
  [{ status: 500, body: { error: 'misconfigured' } }, 'Something went wrong'],
  [{ status: 502, body: 'a page of a proxy' }, 'No connection'],
])('says what went wrong: %j', async (answer, words) => {
  const { root } = await open({ 'GET /authenticators': [answer] });
  expect(root.querySelector('[role=alert]')?.textContent).toContain(words);
});
