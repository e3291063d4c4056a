'use client';

import {
  createApprover,
  hasUserGesture,
  parseRefusal,
  StepUpCancelled,
  type StepUpFetchOptions,
} from '@stepgate/web';
import { type FormEvent, useActionState, useState, useTransition } from 'react';
import { isRefusedAction, type RefusedAction } from './refused-action.ts';

export { StepUpCancelled } from '@stepgate/web';
export { isRefusedAction, type RefusedAction } from './refused-action.ts';

/** Options of {@link withStepUp} and {@link useStepUpForm}. */
export type StepUpActionOptions = Pick<StepUpFetchOptions, 'onStepUp'>;

/** The action did not run, and no step-up can change that: nobody is signed in, for example (`login_required`). */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused';
  /** The HTTP status that a route handler would have answered with. */
  readonly status: number;
  readonly code: string;

  constructor({ stepUpRefused: { status, body } }: RefusedAction) {
    super(`The action was refused: ${body.error_description}`);
    this.status = status;
    this.code = body.error;
  }
}

/**
 * Wraps a guarded Server Action. When it is refused, the dialog opens; after the approval the action is sent again with
 * the same arguments.
 *
 * The result rejects with {@link StepUpCancelled} when the user gives up, and with {@link ActionRefused} when no
 * approval can help.
 *
 * @example
 * const pay = withStepUp(payAction);
 * await pay({ to: 'Grace', amount: 250 });
 */
export function withStepUp<A extends readonly unknown[], T>(
  action: (...args: A) => Promise<T | RefusedAction>,
  options: StepUpActionOptions = {},
): (...args: A) => Promise<T> {
  const beforeTry = options.onStepUp ? createApprover(options) : withDialog;
  return async (...args) => {
    const call = { hasGesture: hasUserGesture() };
    let isLastTry = false;
    for (;;) {
      const approve = beforeTry(call);
      const result = await action(...args);
      if (!isRefusedAction(result)) return result;
      const refusal = isLastTry ? undefined : parseRefusal(result.stepUpRefused.body);
      if (refusal === undefined) throw new ActionRefused(result);
      isLastTry = await approve(refusal, NEVER);
    }
  };
}

/** Actions that are refused at the same time share a dialog. */
const withDialog = createApprover({});

const NEVER = new AbortController().signal;

/** What {@link useStepUpForm} gives a component. */
export interface StepUpForm<T> {
  /** What the action returned last, or the initial state. */
  readonly state: T;
  /** Why the last try did not run. */
  readonly error: StepUpCancelled | ActionRefused | undefined;
  readonly isPending: boolean;
  /** The props of the form. `action` is for browsers without JavaScript, and until it has loaded. */
  readonly form: {
    readonly action: (form: FormData) => void;
    readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  };
}

/**
 * For a form that posts to a guarded Server Action, which takes the state and the form as those of `useActionState` do.
 *
 * @example
 * const { state, error, isPending, form } = useStepUpForm(transfer, undefined);
 * return <form {...form}>…</form>;
 */
export function useStepUpForm<T>(
  action: (state: T, form: FormData) => Promise<T | RefusedAction>,
  initial: T,
  options: StepUpActionOptions = {},
): StepUpForm<T> {
  // Its state is what came of a post without JavaScript.
  const [posted, post] = useActionState<T | RefusedAction, FormData>(
    action as (state: T | RefusedAction, form: FormData) => Promise<T | RefusedAction>,
    initial as Awaited<T>,
  );
  const [{ state, error }, setOutcome] = useState<Pick<StepUpForm<T>, 'state' | 'error'>>(() =>
    isRefusedAction(posted)
      ? { state: initial, error: new ActionRefused(posted) }
      : { state: posted, error: undefined },
  );
  const [isPending, startTransition] = useTransition();

  function onSubmit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    const form = new FormData(event.currentTarget, submitter);
    startTransition(async () => {
      try {
        setOutcome({ state: await withStepUp(action, options)(state, form), error: undefined });
      } catch (reason) {
        if (!(reason instanceof StepUpCancelled || reason instanceof ActionRefused)) throw reason;
        setOutcome({ state, error: reason });
      }
    });
  }
  return { state, error, isPending, form: { action: post, onSubmit } };
}
