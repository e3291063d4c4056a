import type { FlowView, StepUpRequest } from '@stepgate/core';
import { renderUnicodeCompact } from 'uqr';

/** Something that the user can ask for with one letter. */
export interface Choice {
  readonly key: string;
  readonly label: string;
  readonly request: StepUpRequest;
}

const HEADINGS: Readonly<Partial<Record<FlowView['state'], string>>> = {
  choosing: 'How do you want to confirm?',
  confirming: 'Scan this with the authenticator app on your phone.',
  polling: 'Answer the message on your phone.',
  prompting: 'Type the code that your app shows.',
  acknowledging: 'Keep these recovery codes: they are shown only now.',
  approved: 'Approved.',
  rejected: 'You said no on the phone.',
  expired: 'There was no answer in time.',
  failed: 'That did not work.',
  cancelled: 'Cancelled.',
};

/** What stands on the screen; nothing while the flow is busy with itself. */
export function screenOf(view: FlowView): string {
  const heading = HEADINGS[view.state];
  if (heading === undefined) return '';
  const { barcodeUri, otpSecret, recoveryCodes = [] } = view.disclosure ?? {};
  const parts = [
    heading,
    view.reason !== undefined && view.reason !== view.state && `(${view.reason})`,
    barcodeUri !== undefined && `${renderUnicodeCompact(barcodeUri)}\nor open ${barcodeUri}`,
    otpSecret !== undefined && `or type this secret into the app: ${otpSecret}`,
    ...recoveryCodes.map((code) => `  ${code}`),
    ...choicesOf(view).map(({ key, label }) => `  [${key}] ${label}`),
  ];
  return parts.filter((part) => part !== false).join('\n');
}

/** What can be asked for now, by the view alone. */
function choicesOf({
  allowedEvents,
  authenticators,
  authenticatorId,
  enrollable,
  factor,
}: FlowView): readonly Choice[] {
  const ways: Omit<Choice, 'key'>[] = [];
  const takes = (type: StepUpRequest['type']): boolean => allowedEvents.includes(type);
  if (takes('factor.choose')) {
    for (const { id, factor: way, name } of authenticators.filter(({ id }) => id !== authenticatorId)) {
      const label = way === 'push' ? `send a push to ${name ?? 'my phone'}` : 'type a code from the app';
      ways.push({ label, request: { type: 'factor.choose', authenticatorId: id } });
    }
  }
  if (takes('enrollment.begin')) {
    for (const one of enrollable
      .filter((way) => way === 'push' || way === 'otp')
      .filter((way) => way !== factor)) {
      ways.push({
        label: `add ${one === 'push' ? 'a phone' : 'an app with codes'}`,
        request: { type: 'enrollment.begin', factor: one },
      });
    }
  }
  return [
    ...ways.map((way, index) => ({ ...way, key: String.fromCharCode(97 + index) })),
    ...(takes('challenge.resend')
      ? [{ key: 's', label: 'send again', request: { type: 'challenge.resend' } } as const]
      : []),
    ...(takes('codes.acknowledge')
      ? [{ key: 'k', label: 'I have kept them', request: { type: 'codes.acknowledge' } } as const]
      : []),
    ...(takes('flow.retry')
      ? [{ key: 'r', label: 'try again', request: { type: 'flow.retry' } } as const]
      : []),
    ...(takes('flow.cancel')
      ? [{ key: 'q', label: 'cancel', request: { type: 'flow.cancel' } } as const]
      : []),
  ];
}

/** What a typed line asks for: a choice by its letter, or a code. */
export function requestOf(view: FlowView, line: string): StepUpRequest | undefined {
  const typed = line.trim();
  const choice = choicesOf(view).find(({ key }) => key === typed.toLowerCase());
  if (choice !== undefined) return choice.request;
  const code = typed.replace(/[\s-]/g, '');
  return code !== '' && view.allowedEvents.includes('code.submit')
    ? { type: 'code.submit', code }
    : undefined;
}

/** What can be typed now, in a sentence. */
export function hintOf(view: FlowView): string {
  const keys = choicesOf(view).map(({ key }) => key);
  const typed = view.allowedEvents.includes('code.submit') ? ['a code', ...keys] : keys;
  if (typed.length === 0) return 'Nothing to choose now: it continues by itself.';
  return `Type ${new Intl.ListFormat('en', { type: 'disjunction' }).format(typed)}, and Enter.`;
}

/** The earliest time for a request: some cost the user a message, or the provider's patience. */
export function allowedAtOf(view: FlowView, request: StepUpRequest): number {
  const { messageAllowedAt, resendAllowedAt = 0, retryAllowedAt = 0 } = view;
  switch (request.type) {
    case 'challenge.resend':
      return resendAllowedAt;
    case 'flow.retry':
      return retryAllowedAt;
    case 'factor.choose':
      return messageAllowedAt?.[request.authenticatorId] ?? 0;
    default:
      return 0;
  }
}
