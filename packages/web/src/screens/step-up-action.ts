/** What the approval is for, as the guard names it. The user sees it. */
export interface StepUpAction {
  readonly title: string;
  readonly details?: string;
}

/** Reads an action from JSON; `undefined` if it has no title. */
export function readAction(value: unknown): StepUpAction | undefined {
  const { title, details } = (value ?? {}) as { title?: unknown; details?: unknown };
  if (typeof title !== 'string') return undefined;
  return { title, ...(typeof details === 'string' && { details }) };
}
