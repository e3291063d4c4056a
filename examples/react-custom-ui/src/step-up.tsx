import type { Factor, StepUpRequest, StepUpRequestType } from '@stepgate/core';
import type { RemoteStepUp, StepUpAction } from '@stepgate/web';
import { useSelector } from '@xstate/react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { renderSVG } from 'uqr';
import { sentenceFor, WAYS } from './words.ts';

/** A flow on screens of one's own: what it shows and offers is all in the snapshot. */
export function StepUp({
  stepUp,
  action,
}: {
  stepUp: RemoteStepUp;
  action?: StepUpAction | undefined;
}): ReactNode {
  const { view, pending, error, connection } = useSelector(stepUp, (snapshot) => snapshot);
  const { title, text, content } = screenOf(stepUp);
  // Times are the server's: how far its clock is ahead of this one, as of this view.
  const ahead = useMemo(() => view.now - Date.now(), [view]);

  const offer = (request: StepUpRequest, label: string): ReactNode =>
    view.allowedEvents.includes(request.type) && (
      <Button
        at={request.type === 'challenge.resend' ? (view.resendAllowedAt ?? 0) - ahead : 0}
        busy={pending === request.type}
        onPress={() => stepUp.send(request)}
      >
        {label}
      </Button>
    );
  const others = view.authenticators.filter(({ id }) => id !== view.authenticatorId);
  const problem = error?.code ?? view.reason;

  return (
    <section className="step-up" aria-labelledby="step-up-title">
      <h2 id="step-up-title" key={title} ref={takeFocus} tabIndex={-1}>
        {title}
      </h2>
      {action !== undefined && <p className="action">{action.title}</p>}
      <p>{text}</p>
      {content}
      <p role="alert">{problem && sentenceFor(problem)}</p>
      {(connection === 'lost' || connection === 'paused') && (
        <p role="status">No connection. It continues by itself.</p>
      )}
      {connection === 'busy' && <p role="status">The service is busy. It continues by itself.</p>}
      <div className="buttons">
        {offer({ type: 'flow.start' }, 'Send the request')}
        {offer({ type: 'challenge.resend' }, 'Send again')}
        {view.state !== 'choosing' &&
          others.map(({ id, factor, name }) => (
            <span key={id}>{offer({ type: 'factor.choose', authenticatorId: id }, wayOf(factor, name))}</span>
          ))}
        {view.enrollable.includes('otp') &&
          view.factor !== 'otp' &&
          offer({ type: 'enrollment.begin', factor: 'otp' }, 'Add an app with codes')}
        {view.enrollable.includes('push') &&
          view.factor !== 'push' &&
          offer({ type: 'enrollment.begin', factor: 'push' }, 'Add a phone')}
        {offer({ type: 'flow.retry' }, 'Try again')}
        {offer({ type: 'flow.cancel' }, 'Cancel')}
      </div>
    </section>
  );
}

/** Names a device where the user may have several of its kind. */
function wayOf(factor: Factor, name: string | undefined): string {
  return name === undefined ? WAYS[factor] : `${WAYS[factor]} (${name})`;
}

/** A new screen is announced by its heading. */
function takeFocus(heading: HTMLElement | null): void {
  heading?.focus();
}

interface Screen {
  readonly title: string;
  readonly text?: string;
  readonly content?: ReactNode;
}

function screenOf(stepUp: RemoteStepUp): Screen {
  const { view } = stepUp;
  const { barcodeUri, otpSecret, recoveryCodes = [] } = view.disclosure ?? {};
  const takes = (type: StepUpRequestType): boolean => view.allowedEvents.includes(type);
  switch (view.state) {
    case 'idle':
      return { title: 'Confirm it on your phone' };
    case 'choosing':
      return {
        title: 'How do you want to confirm?',
        content: (
          <div className="buttons">
            {view.authenticators.map(({ id, factor, name }) => (
              <Button key={id} onPress={() => stepUp.send({ type: 'factor.choose', authenticatorId: id })}>
                {wayOf(factor, name)}
              </Button>
            ))}
          </div>
        ),
      };
    case 'confirming':
      return {
        title: 'Scan this with your phone',
        content: barcodeUri !== undefined && <Barcode uri={barcodeUri} />,
      };
    case 'polling':
      return { title: 'Look at your phone', text: 'Approve the request there.' };
    case 'prompting':
    case 'verifying':
      return {
        title: 'Type the code',
        content: (
          <>
            {barcodeUri !== undefined && <Barcode uri={barcodeUri} />}
            {otpSecret !== undefined && (
              <p>
                Or type this key into the app: <code>{otpSecret}</code>
              </p>
            )}
            <Typed
              key="code"
              label="Code"
              type="text"
              autoComplete="one-time-code"
              onSubmit={(code) => stepUp.send({ type: 'code.submit', code })}
            />
          </>
        ),
      };
    case 'acknowledging':
      return {
        title: 'Keep your recovery code',
        text: 'It is shown only now.',
        content: (
          <>
            {recoveryCodes.map((code) => (
              <p key={code}>
                <code>{code}</code>
              </p>
            ))}
            <Button onPress={() => stepUp.send({ type: 'codes.acknowledge' })}>I have kept it</Button>
          </>
        ),
      };
    case 'approved':
      return { title: 'Approved' };
    case 'rejected':
      return { title: 'Denied on the phone' };
    case 'expired':
      return { title: 'There was no answer in time' };
    case 'failed':
      return { title: 'That did not work' };
    default:
      return takes('password.submit')
        ? {
            title: 'Your password, please',
            ...(view.factor !== undefined &&
              view.authenticatorId === undefined && {
                text: 'A device is about to be added to your account, and nobody else is to do that.',
              }),
            content: (
              <Typed
                key="password"
                label="Password"
                type="password"
                autoComplete="current-password"
                onSubmit={(password) => stepUp.send({ type: 'password.submit', password })}
              />
            ),
          }
        : { title: 'One moment' };
  }
}

function Barcode({ uri }: { readonly uri: string }): ReactNode {
  return (
    <p>
      <img alt="QR code" src={`data:image/svg+xml,${encodeURIComponent(renderSVG(uri))}`} />
      <a href={uri}>Open on this device</a>
    </p>
  );
}

interface TypedProps {
  readonly label: string;
  readonly type: 'password' | 'text';
  readonly autoComplete: string;
  readonly onSubmit: (value: string) => void;
}

function Typed({ label, type, autoComplete, onSubmit }: TypedProps): ReactNode {
  const [value, setValue] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(value);
        setValue('');
      }}
    >
      <label>
        {label}{' '}
        <input
          type={type}
          autoComplete={autoComplete}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          required
        />
      </label>
      <button type="submit">Continue</button>
    </form>
  );
}

interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress: () => void;
  /** The earliest time for it, by this device's clock. */
  readonly at?: number;
  readonly busy?: boolean;
}

function Button({ children, onPress, at = 0, busy = false }: ButtonProps): ReactNode {
  const seconds = useSecondsUntil(at);
  return (
    <button
      type="button"
      aria-disabled={busy || seconds > 0}
      onClick={() => !busy && seconds === 0 && onPress()}
    >
      {children}
      {seconds > 0 && ` (in ${seconds} s)`}
    </button>
  );
}

function useSecondsUntil(at: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (at <= now) return undefined;
    const timer = setTimeout(() => setNow(Date.now()), 1_000);
    return () => clearTimeout(timer);
  }, [at, now]);
  return Math.max(0, Math.ceil((at - now) / 1_000));
}
