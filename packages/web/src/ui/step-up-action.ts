/** What an approval is asked for, as the guard names it. Shown to the user. */
export interface StepUpAction {
  readonly title: string;
  readonly details?: string;
}

/** Reads an action out of JSON; `undefined` when it has no title. */
export function readAction(value: unknown): StepUpAction | undefined {
  const { title, details } = (value ?? {}) as { title?: unknown; details?: unknown };
  if (typeof title !== 'string') return undefined;
  return { title, ...(typeof details === 'string' && { details }) };
}
