// @vitest-environment happy-dom
import { type FlowStateName, type FlowView, parseRequest, REASON_CODES } from '@stepgate/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tidy } from '../../src/elements/control-action.ts';
import type { RemoteStepUpSnapshot } from '../../src/index.ts';
import { english } from '../../src/texts/texts-en.ts';
import { type RenderFlowOptions, renderFlow } from '../../src/ui/render-flow.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { type DrawnScreen, screenIn } from '../support/screen.ts';
import { createScriptedActor, type ScriptedActor } from '../support/scripted-actor.ts';
import { app, phone, pollingView, promptingView, texts, viewOf } from '../support/views.ts';

interface Drawing {
  readonly actor: ScriptedActor;
  readonly clock: ManualClock;
  readonly root: HTMLElement;
  readonly screen: DrawnScreen;
}

function draw(
  view: FlowView,
  { snapshot, ...options }: Partial<RenderFlowOptions> & { snapshot?: Partial<RemoteStepUpSnapshot> } = {},
): Drawing {
  const actor = createScriptedActor(view, snapshot);
  const clock = createManualClock();
  const root = document.createElement('div');
  document.body.append(root);
  const stop = renderFlow(root, actor, { texts: english, clock, ...options });
  onTestFinished(() => {
    stop();
    root.remove();
  });
  return { actor, clock, root, screen: screenIn(root) };
}

const idle = viewOf('idle', { version: 0, allowedEvents: ['flow.start', 'flow.cancel'] });

const everyState: readonly FlowStateName[] = [
  'idle',
  'authenticating',
  'listing',
  'choosing',
  'enrolling',
  'confirming',
  'challenging',
  'polling',
  'prompting',
  'redirecting',
  'verifying',
  'identifying',
  'acknowledging',
  'approved',
  'rejected',
  'expired',
  'failed',
  'cancelled',
];

describe('every state', () => {
  it.each(everyState)('%s has a heading, and no button for what is not allowed', (state) => {
    const { screen } = draw(viewOf(state, { allowedEvents: [] }));

    expect(screen.heading).not.toBe('');
    expect(screen.buttons.filter((name) => !name.startsWith('[') && name !== 'Copy')).toEqual([]);
  });

  it.each(REASON_CODES)('%s has a sentence', (reason) => {
    const { screen } = draw(viewOf('failed', { reason }));

    expect(screen.text).toContain(english.reasons[reason]);
    expect(english.reasons[reason]).toMatch(/\.$/);
  });
});

describe('before the start', () => {
  it('names the action, and sends nothing before the button is pressed', () => {
    const action = { title: 'Transfer 250 €', details: 'to Grace' };
    const { actor, screen } = draw(idle, { action });

    expect(screen.text).toContain('Transfer 250\u00a0€');
    expect(screen.text).toContain('to Grace');
    expect(actor.sent).toEqual([]);
    screen.press('Send approval request');
    expect(actor.sent).toEqual([{ type: 'flow.start' }]);
  });

  it('shows the app’s texts as text, never as markup', () => {
    const { root } = draw(idle, { action: { title: '<img src=x onerror=alert(1)>' } });

    expect(root.querySelector('img')).toBeNull();
  });

  it('offers to cancel another flow and start this one', () => {
    const error = { code: 'flow_in_progress', message: '' } as const;
    const { actor, screen } = draw(idle, { snapshot: { error } });

    expect(screen.text).toContain('already confirming something else');
    screen.press('Cancel the other and continue');
    expect(actor.sent).toEqual([{ type: 'takeOver' }]);
  });

  it('sends the user back when the requirement has expired', () => {
    let isBack = false;
    const error = { code: 'requirement_expired', message: '' } as const;
    const { screen } = draw(viewOf('idle'), { snapshot: { error }, goBack: () => (isBack = true) });

    expect(screen.heading).toBe('This request has expired');
    screen.press('Go back');
    expect(isBack).toBe(true);
  });

  it('keeps the screen while the start is under way, and shows why it failed', () => {
    const { actor, screen } = draw(idle);

    actor.tell(idle, { pending: 'flow.start' });
    expect(screen.heading).toBe('Confirm it’s you');
    expect(screen.buttons[0]).toBe('[One moment…]');
    actor.tell(idle, { error: { code: 'unreachable', message: '' } });
    expect(screen.text).toContain('No connection.');
    expect(screen.buttons[0]).toBe('Send approval request');
  });
});

describe('the action', () => {
  it.each([
    ['Pay 12 480,50 EUR to Grace 7', 'Pay 12~480,50~EUR to Grace 7'],
    ['Pay 250 € or 3 $', 'Pay 250~€ or 3~$'],
    ['To DE02 1203 0000 0000, at 10 pm', 'To DE02 1203 0000 0000, at 10 pm'],
  ])('keeps its amounts on one line: %s', (title, shown) => {
    const { root } = draw(idle, { action: { title } });
    expect(root.querySelector('.title')?.textContent?.replaceAll('\u00a0', '~')).toBe(shown);
  });
});

describe('waiting for the phone', () => {
  it('counts down by the server’s clock, even if this device’s clock is wrong', () => {
    const { clock, screen } = draw(
      pollingView({ now: 5_000_000, expiresAt: 5_245_000, resendAllowedAt: 5_015_000 }),
    );

    expect(screen.text).toContain('4:05 left');
    expect(screen.buttons[0]).toBe('[Send again in 15 seconds]');
    clock.advance(15_000);
    expect(screen.text).toContain('3:50 left');
    expect(screen.buttons[0]).toBe('Send again');
  });

  it('does not send again before it is allowed', () => {
    const { actor, clock, screen } = draw(pollingView());

    screen.press('Send again');
    expect(actor.sent).toEqual([]);
    clock.advance(15_000);
    screen.press('Send again');
    expect(actor.sent).toEqual([{ type: 'challenge.resend' }]);
  });

  it('offers the other ways, and those that send a message only when that is allowed', () => {
    const { actor, clock, screen } = draw(
      pollingView({
        authenticators: [phone, app, texts],
        messageAllowedAt: { [phone.id]: 1_010_000, [texts.id]: 1_015_000 },
      }),
    );

    screen.press('Try another way');
    expect(screen.heading).toBe('Try another way');
    expect(screen.buttons).toEqual([
      'Code from an authenticator app',
      '[Code by text messageXXXX4567Available in 15 seconds]',
      'Back',
    ]);
    clock.advance(15_000);
    screen.press('Code by text message');
    expect(actor.sent).toEqual([{ type: 'factor.choose', authenticatorId: texts.id }]);
  });

  it('says when another browser has tried to send a push', () => {
    const { screen } = draw(pollingView({ notice: 'push_requested_elsewhere' }));
    expect(screen.text).toContain('Another browser or device also tried to send you a request');
  });

  it('says that the flow went over to another way by itself, until it has ended', () => {
    const { actor, root, screen } = draw(viewOf('authenticating', { way: 'ciba' }));
    const remark = (): string | null | undefined => root.querySelector('.remark')?.textContent;
    actor.tell(viewOf('listing', { way: 'mfa-api', leftWay: 'ciba' }));
    expect(screen.said).toBe(english.leftWays.ciba);
    actor.tell(promptingView({ leftWay: 'ciba' }));
    expect(screen.heading).toBe('Enter the code');
    expect(remark()).toBe(english.leftWays.ciba);
    // The next screen does not cut it short.
    expect(screen.said).toBe(english.leftWays.ciba);
    actor.tell(promptingView({ leftWay: 'ciba', reason: 'code_refused' }));
    expect(screen.said).toContain('That code is wrong');
    actor.tell(viewOf('approved', { leftWay: 'ciba' }));
    expect(remark()).toBeUndefined();
    expect(screen.said).toBe('');
  });

  it('offers the ways in the order of the factors that count', () => {
    const { screen } = draw(
      viewOf('choosing', {
        factors: ['push', 'otp', 'sms'],
        authenticators: [texts, app, phone],
        allowedEvents: ['factor.choose', 'flow.cancel'],
      }),
    );

    expect(screen.buttons.slice(0, 3)).toEqual([
      'Approve on your phonePixel',
      'Code from an authenticator app',
      'Code by text messageXXXX4567',
    ]);
  });

  it('goes back from the list of ways', () => {
    const { screen } = draw(pollingView());

    screen.press('Try another way');
    screen.press('Back');

    expect(screen.heading).toBe('Check your phone');
  });

  it('leaves the list of ways when the flow moves on', () => {
    const { actor, screen } = draw(pollingView());

    screen.press('Try another way');
    actor.tell(viewOf('identifying', { version: 2 }));

    expect(screen.heading).toBe('Almost done');
  });

  it('offers no other way when there is none', () => {
    const { screen } = draw(pollingView({ authenticators: [phone] }));

    expect(screen.buttons).toEqual(['[Send again in 15 seconds]', 'Cancel']);
  });

  it('can be cancelled while something else is under way', () => {
    const { actor, screen } = draw(pollingView(), { snapshot: { pending: 'challenge.resend' } });

    screen.press('Cancel');

    expect(actor.sent).toEqual([{ type: 'flow.cancel' }]);
  });
});

describe('typing a code', () => {
  it('marks the code input for phones and password managers', () => {
    const { root, screen } = draw(promptingView());

    expect(screen.input().autocomplete).toBe('one-time-code');
    expect(screen.input().inputMode).toBe('numeric');
    expect(root.querySelector('label')?.getAttribute('for')).toBe(screen.input().id);
  });

  it('accepts a pasted code, without its separators', () => {
    const { actor, screen } = draw(promptingView());

    screen.type(' 123 4-56 ');
    screen.submit();

    expect(actor.sent).toEqual([{ type: 'code.submit', code: '123456' }]);
  });

  it('sends nothing when nothing was typed', () => {
    const { actor, screen } = draw(promptingView());

    screen.submit();

    expect(actor.sent).toEqual([]);
  });

  it('accepts letters in a recovery code', () => {
    const { screen } = draw(promptingView({ factor: 'recovery-code', authenticatorId: 'recovery-code|1' }));

    expect(screen.input().inputMode).not.toBe('numeric');
    expect(screen.input().autocomplete).not.toBe('one-time-code');
  });

  it('keeps the input, its text and the focus while views and seconds pass', () => {
    const { actor, clock, screen } = draw(promptingView());
    const input = screen.input();
    expect(document.activeElement).toBe(input);
    screen.type('123');

    clock.advance(3_000);
    actor.tell(promptingView({ version: 2, expiresAt: 1_100_000 }));
    actor.tell(promptingView({ version: 3, reason: 'too_many_attempts', retryAllowedAt: 1_060_000 }));

    expect(screen.input()).toBe(input);
    expect(input.value).toBe('123');
    expect(document.activeElement).toBe(input);
  });

  it('keeps what was typed when the answer to the request that led here comes late', () => {
    const { actor, screen } = draw(pollingView(), { snapshot: { pending: 'factor.choose' } });
    actor.tell(promptingView(), { pending: 'factor.choose' });
    screen.type('123456');

    actor.tell(promptingView());

    expect(screen.input().value).toBe('123456');
  });

  it('stays on the screen while the code is checked, and says what was wrong with it', () => {
    const { actor, screen } = draw(promptingView());
    screen.type('000000');
    screen.submit();
    const input = screen.input();

    actor.tell(
      viewOf('verifying', { version: 2, factor: 'otp', authenticatorId: app.id, authenticators: [app] }),
    );
    expect(screen.heading).toBe('Enter the code');
    expect(screen.buttons).toContain('[One moment…]');
    actor.tell(promptingView({ version: 3, reason: 'code_refused' }));

    expect(screen.input()).toBe(input);
    expect(input.value).toBe('');
    expect(document.activeElement).toBe(input);
    expect(screen.description()).toContain('That code is wrong');
    expect(screen.said).toContain('That code is wrong');
  });

  it('waits after too many attempts', () => {
    const view = promptingView({ reason: 'too_many_attempts', retryAllowedAt: 1_045_000 });
    const { actor, clock, screen } = draw(view);
    screen.type('123456');

    screen.submit();
    expect(actor.sent).toEqual([]);
    expect(screen.buttons[0]).toBe('[Confirm in 45 seconds]');
    clock.advance(45_000);
    screen.submit();
    expect(actor.sent).toHaveLength(1);
  });

  it('shows a new screen for another authenticator', () => {
    const { actor, screen } = draw(promptingView());
    screen.type('123');

    actor.tell(
      promptingView({ version: 2, factor: 'sms', authenticatorId: texts.id, authenticators: [app, texts] }),
    );

    expect(screen.input().value).toBe('');
    expect(screen.text).toContain('Sent to XXXX4567');
  });
});

describe('the password', () => {
  const asked = viewOf('authenticating', {
    reason: 'password_needed',
    allowedEvents: ['password.submit', 'flow.cancel'],
  });

  it('is sent as typed', () => {
    const { actor, screen } = draw(asked);

    expect(screen.input().type).toBe('password');
    expect(screen.input().autocomplete).toBe('current-password');
    screen.type(' correct horse ');
    screen.submit();

    expect(actor.sent).toEqual([{ type: 'password.submit', password: ' correct horse ' }]);
  });

  it('stays on the screen while it is checked, and is cleared when it is refused', () => {
    const { actor, screen } = draw(asked);
    screen.type('wrong');
    screen.submit();

    actor.tell(viewOf('authenticating', { version: 2 }));
    expect(screen.heading).toBe('Enter your password');
    actor.tell({ ...asked, version: 3, reason: 'credentials_refused' });

    expect(screen.input().value).toBe('');
    expect(screen.description()).toContain('That password is wrong');
  });

  it('says that a device is to be added for as long as it is asked for', () => {
    const { actor, screen } = draw({ ...asked, factor: 'push' });
    expect(screen.text).toContain('A device is about to be added');

    actor.tell({ ...asked, factor: 'push', version: 2, reason: 'credentials_refused' });

    expect(screen.text).toContain('A device is about to be added');
    expect(screen.description()).toBe('That password is wrong. Try again.');
  });

  it('is not asked for while the first leg needs none', () => {
    const { screen } = draw(viewOf('authenticating'));

    expect(screen.heading).toBe('One moment');
  });
});

describe('setting up a device', () => {
  const uri = 'otpauth://totp/Bank:ada?secret=JBSWY3DPEHPK3PXP&issuer=Bank';

  it('shows the QR code, and its link for the same device', () => {
    const { root } = draw(viewOf('confirming', { factor: 'push', disclosure: { barcodeUri: uri } }));

    expect(root.querySelector('svg.qr path')?.getAttribute('d')).toMatch(/^M/);
    expect(root.querySelector('svg.qr')?.getAttribute('aria-label')).toContain('QR code');
    expect(root.querySelector('a')?.getAttribute('href')).toBe(uri);
  });

  it('makes a link only of an otpauth URI', () => {
    const { root } = draw(viewOf('confirming', { disclosure: { barcodeUri: 'javascript:alert(1)' } }));

    expect(root.querySelector('a')).toBeNull();
  });

  it('does not redraw the code while it waits', () => {
    const { clock, root } = draw(
      viewOf('confirming', { expiresAt: 1_300_000, disclosure: { barcodeUri: uri } }),
    );
    const path = root.querySelector('svg.qr path');

    clock.advance(5_000);

    expect(root.querySelector('svg.qr path')).toBe(path);
  });

  it('shows the key of a one-time password, to be typed', () => {
    const disclosure = { barcodeUri: uri, otpSecret: 'JBSWY3DPEHPK3PXP' };
    const { screen } = draw(promptingView({ authenticatorId: undefined as never, disclosure }));

    expect(screen.text).toContain('JBSWY3DPEHPK3PXP');
    expect(screen.heading).toBe('Set up an authenticator app');
  });

  it('offers to set up something else', () => {
    const { actor, screen } = draw(
      viewOf('confirming', {
        factor: 'push',
        enrollable: ['push', 'otp'],
        allowedEvents: ['enrollment.begin', 'flow.cancel'],
      }),
    );

    screen.press('Try another way');
    expect(screen.buttons).toEqual(['Set up an authenticator app', 'Back']);
    screen.press('Set up an authenticator app');

    expect(actor.sent).toEqual([{ type: 'enrollment.begin', factor: 'otp' }]);
  });

  it('asks for the phone number before a message is sent to it', () => {
    const { actor, screen } = draw(
      viewOf('choosing', { enrollable: ['push', 'sms'], allowedEvents: ['enrollment.begin', 'flow.cancel'] }),
    );

    screen.press('Add a phone number for text messages');
    screen.type('+1 (555) 123-4567');
    screen.submit();

    expect(actor.sent).toEqual([{ type: 'enrollment.begin', factor: 'sms', phoneNumber: '+15551234567' }]);
  });

  it.each([
    '+1 (555) 123-4567',
    ' +15550100 ',
    '+155501001234567',
    '555 123 4567',
    '001 555 123 4567',
    '+0 5551 2345',
    '+1555012',
    '+1555010012345678',
    '+1 555 CALL NOW',
  ])('lets the browser accept and refuse phone numbers as the server does: %j', (typed) => {
    const { screen } = draw(
      viewOf('choosing', { enrollable: ['sms'], allowedEvents: ['enrollment.begin', 'flow.cancel'] }),
    );
    screen.press('Add a phone number for text messages');
    const { pattern, title, type } = screen.input();
    const parse = (): unknown =>
      parseRequest({ type: 'enrollment.begin', factor: 'sms', phoneNumber: tidy('phoneNumber', typed) });
    // As browsers compile it: with the flag v, for the whole value.
    const isTaken = new RegExp(`^(?:${pattern})$`, 'v').test(typed);

    if (isTaken) expect(parse).not.toThrow();
    else expect(parse).toThrow('phoneNumber');
    expect(title).toBe(screen.description());
    expect(type).toBe('tel');
  });
});

describe('recovery codes', () => {
  const view = viewOf('acknowledging', {
    disclosure: { recoveryCodes: ['AAAA-BBBB'] },
    allowedEvents: ['codes.acknowledge', 'flow.cancel'],
  });

  it('are acknowledged only after the box is ticked', () => {
    const { actor, root, screen } = draw(view);
    expect(screen.text).toContain('AAAA-BBBB');

    screen.press('Continue');
    expect(actor.sent).toEqual([]);
    root.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click();
    screen.press('Continue');

    expect(actor.sent).toEqual([{ type: 'codes.acknowledge' }]);
  });

  it('cannot be lost by a cancel', () => {
    const { screen } = draw(view);

    expect(screen.buttons).not.toContain('Cancel');
  });
});

describe('typing a number', () => {
  it('shows it where the code is asked for', () => {
    const { actor, screen } = draw(
      viewOf('choosing', { enrollable: ['sms'], allowedEvents: ['enrollment.begin', 'flow.cancel'] }),
    );
    screen.press('Add a phone number for text messages');
    screen.type('+1 555 010 0100');
    screen.submit();
    actor.tell(viewOf('prompting', { factor: 'sms', allowedEvents: ['code.submit'] }));

    expect(screen.heading).toBe('Enter the code');
    expect(screen.text).toContain('Sent to +1 555 010 0100');
  });
});

describe('at rest', () => {
  it('sends the push that another window has held back', () => {
    const { screen } = draw(
      viewOf('failed', {
        reason: 'push_in_progress',
        allowedEvents: ['challenge.resend', 'flow.retry', 'flow.cancel'],
        retryAllowedAt: 1_200_000,
      }),
    );

    expect(screen.heading).toBe('Another request is waiting');
    expect(screen.buttons).toEqual(['Send approval request', 'Cancel']);
  });

  it('says that the request was denied, and what can be done next', () => {
    const { actor, screen } = draw(
      pollingView({
        state: 'rejected',
        reason: 'rejected',
        resendAllowedAt: 999_000,
        allowedEvents: ['challenge.resend', 'factor.choose', 'flow.retry', 'flow.cancel'],
      }),
    );

    expect(screen.heading).toBe('Request denied');
    expect(screen.buttons).toEqual(['Send again', 'Try another way', 'Start over', 'Cancel']);
    screen.press('Start over');
    expect(actor.sent).toEqual([{ type: 'flow.retry' }]);
  });

  it('waits until a retry is allowed', () => {
    const { screen } = draw(
      viewOf('failed', {
        reason: 'rate_limited',
        retryAllowedAt: 1_030_000,
        allowedEvents: ['flow.retry', 'flow.cancel'],
      }),
    );

    expect(screen.buttons).toEqual(['[Try again in 30 seconds]', 'Cancel']);
  });

  it('offers a way back, and a new start, after a cancel', () => {
    const calls: string[] = [];
    const { screen } = draw(viewOf('cancelled', { reason: 'cancelled' }), {
      goBack: () => calls.push('back'),
      restart: () => calls.push('restart'),
    });

    screen.press('Start again');
    screen.press('Go back');

    expect(calls).toEqual(['restart', 'back']);
  });

  it('links to the next page after an approval', () => {
    const { root, screen } = draw(viewOf('approved'), { continueTo: 'https://bank.example/transfers' });

    expect(screen.heading).toBe('Confirmed');
    expect(root.querySelector('a')?.getAttribute('href')).toBe('https://bank.example/transfers');
  });
});

describe('for users of screen readers', () => {
  it('moves the focus to the heading of a new screen', () => {
    const { actor, root } = draw(idle);

    actor.tell(pollingView());

    expect(document.activeElement).toBe(root.querySelector('h1'));
  });

  it('leaves the focus alone when a page has just been loaded, if told so', () => {
    const { root } = draw(idle, { keepsFirstFocus: true });

    expect(root.contains(document.activeElement)).toBe(false);
  });

  it('announces the last minute, and not the seconds', () => {
    const { clock, root, screen } = draw(pollingView({ expiresAt: 1_090_000 }));
    expect(root.querySelector('[role="timer"]')?.getAttribute('aria-live')).toBe('off');

    clock.advance(20_000);
    expect(screen.said).toBe('');
    clock.advance(10_000);
    expect(screen.said).toBe('1 minute left');
  });

  it.each([
    ['lost', 'Connection lost. Trying again…'],
    ['busy', 'The service is busy. This may take a little longer…'],
  ] as const)(
    'announces once that the connection is %s, and then that it is back',
    (connection, sentence) => {
      const { actor, screen } = draw(pollingView(), { snapshot: { connection: 'live' } });

      actor.tell(pollingView(), { connection });
      expect(screen.said).toBe(sentence);
      expect(screen.text).toContain(sentence);
      actor.tell(pollingView(), { connection: 'live' });
      expect(screen.said).toBe('Connected again.');
      expect(screen.text).not.toContain(sentence);
    },
  );
});

it('draws nothing after it was stopped', () => {
  const actor = createScriptedActor(pollingView());
  const clock = createManualClock();
  const root = document.createElement('div');
  const stop = renderFlow(root, actor, { texts: english, clock });

  stop();
  actor.tell(viewOf('approved'));
  clock.advance(10_000);

  expect(root.childNodes).toHaveLength(0);
});

describe('a code that the phone shows', () => {
  const pushCode = {
    entry: 'typed',
    shown: 'message',
    isAwaited: true,
    isAnswered: false,
    triesLeft: 3,
  } as const;
  const asking = pollingView({ pushCode, allowedEvents: ['code.submit', 'flow.cancel'] });

  it('is asked for before the tap, and sent as it is typed', () => {
    const { actor, root } = draw(asking);
    expect(root.querySelector('h1')?.textContent).toBe(english.pushCode.action.heading);
    const input = root.querySelector<HTMLInputElement>('input[name="code"]');
    if (input === null) throw new Error('there is no input');
    input.value = 'k7 qm';
    root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    expect(actor.sent).toEqual([{ type: 'code.submit', code: 'k7qm' }]);
  });

  it('is asked for after the tap, too, and says so', () => {
    const { root } = draw(pollingView({ ...asking, pushCode: { ...pushCode, isAnswered: true } }));
    expect(root.textContent).toContain(english.pushCode.answered);
  });

  it('is not asked for any more once it was right', () => {
    const { actor, root } = draw(asking);
    actor.tell(pollingView({ pushCode: { ...pushCode, isAwaited: false }, version: 9 }));
    expect(root.querySelector('input')).toBeNull();
    expect(root.textContent).toContain(english.pushCode.entered);
  });

  it('is shown here where the user compares the two', () => {
    const { root } = draw(
      pollingView({
        pushCode: { ...pushCode, entry: 'compared', isAwaited: false },
        disclosure: { pushCode: 'K7QM' },
      }),
    );
    expect(root.querySelector('code')?.textContent).toBe('K7QM');
    expect(root.textContent).toContain(english.pushCode.compare);
  });

  it('ends the flow when it was wrong too often, with a reason that blames nobody', () => {
    const { root } = draw(viewOf('rejected', { reason: 'code_refused', allowedEvents: ['flow.retry'] }));
    expect(root.textContent).toContain(english.pushCode.refused);
    expect(root.textContent).not.toContain(english.states.rejected.lead);
  });

  it('has another way beside it, where the provider has one', () => {
    const { actor, root } = draw(
      pollingView({ ...asking, otherWay: 'mfa-api', allowedEvents: ['code.submit', 'way.next'] }),
    );
    const button = [...root.querySelectorAll('button')].find(
      ({ textContent }) => textContent === english.ways['mfa-api'],
    );
    button?.click();
    expect(actor.sent).toEqual([{ type: 'way.next' }]);
  });
});
