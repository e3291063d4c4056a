/**
 * What a guarded Server Action returns in place of its result when it did not run: the refusal as the guard words it.
 * Next.js hides the messages of thrown errors in production, so a refusal is a value.
 */
export interface RefusedAction {
  readonly stepUpRefused: {
    readonly status: number;
    /** The body of the refusal. Where an approval helps, it says where a step-up starts. */
    readonly body: {
      readonly error: string;
      readonly error_description: string;
      readonly [member: string]: unknown;
    };
  };
}

/** Whether a guarded Server Action was refused and did not run. */
export function isRefusedAction(result: unknown): result is RefusedAction {
  return typeof result === 'object' && result !== null && 'stepUpRefused' in result;
}
