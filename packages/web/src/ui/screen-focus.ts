import type { RemoteStepUpSnapshot } from '../remote/snapshots.ts';

/** One drawing, and the snapshot of the drawing before. */
interface Drawing {
  readonly before: RemoteStepUpSnapshot | undefined;
  readonly now: RemoteStepUpSnapshot;
  /** Whether the screen is another one. */
  readonly isNew: boolean;
}

/** Puts the focus where the user goes on: on the input or the heading of a new screen. */
export interface ScreenFocus {
  /** What was typed on this screen has been sent. */
  submitted(): void;
  /** Call it after each drawing. */
  settle(drawing: Drawing): void;
}

/** Makes it for the screens in `root`. `keepsFirst`: leaves the focus alone on the first screen. */
export function createScreenFocus(root: Element | ShadowRoot, keepsFirst: boolean): ScreenFocus {
  let isSubmitted = false;
  return {
    submitted() {
      isSubmitted = true;
    },
    settle({ before, now, isNew }) {
      const input = root.querySelector<HTMLInputElement>('.field input');
      if (isNew) {
        isSubmitted = false;
        if (before === undefined && keepsFirst) return;
        (input ?? root.querySelector<HTMLElement>('h1'))?.focus();
        return;
      }
      // The code or password was refused: the user types the next one into the same input.
      const wasChecked = isSubmitted && isChecking(before) && !isChecking(now);
      if (input === null || !wasChecked) return;
      isSubmitted = false;
      if (now.error === undefined) input.value = '';
      input.focus();
    },
  };
}

/** Whether the server is checking what the user typed. */
function isChecking(snapshot: RemoteStepUpSnapshot | undefined): boolean {
  if (snapshot === undefined) return false;
  const { pending, view } = snapshot;
  const isAuthenticating = view.state === 'authenticating' && !view.allowedEvents.includes('password.submit');
  return pending !== undefined || view.state === 'verifying' || isAuthenticating;
}
