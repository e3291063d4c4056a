import { dropUndefined } from '../lib/drop-undefined.ts';
import { stringMember } from '../lib/json.ts';
import type { ReasonCode } from '../terms/reason-codes.ts';
import { StepUpError } from '../terms/step-up-error.ts';

/** A refused request, as it came over the wire. */
export interface Refusal<Call extends string> {
  readonly call: Call;
  readonly method: string;
  /** What was requested, for the log: a path, never a query. */
  readonly path: string;
  readonly status: number;
  /** The `error` member of the body. */
  readonly error: string | undefined;
  readonly body: unknown;
  readonly retryAfterMs: number | undefined;
}

/** What some refusals mean. A rule without a condition matches everything. */
export interface RefusalRule<Call extends string> {
  readonly to?: readonly Call[];
  readonly error?: readonly string[];
  /** Matches the description. */
  readonly says?: RegExp;
  readonly status?: (status: number) => boolean;
  readonly code: ReasonCode;
  /** What to repair, for the log. */
  readonly hint?: string;
}

/** Translates a refused request: the first rule that matches decides. */
export function refusalBy<Call extends string>(
  rules: readonly RefusalRule<Call>[],
  refused: Refusal<Call>,
): StepUpError {
  const { method, path, status, error, retryAfterMs } = refused;
  const { code, hint } = meaning(rules, refused);
  // The error's name is for the log. Anything but a plain word could be an echo of what was sent.
  const name = error !== undefined && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : '';
  const advice = hint === undefined ? '' : `: ${hint}`;
  return new StepUpError(
    code,
    `${method.toUpperCase()} ${path} was refused: ${status}${name}${advice}`,
    dropUndefined({ retryAfterMs }),
  );
}

/** Characters. A rule may take time that grows with the square of what it reads, and no description is as long. */
const MOST_READ = 1_000;

function meaning<Call extends string>(
  rules: readonly RefusalRule<Call>[],
  { call, status, error, body }: Refusal<Call>,
): Pick<RefusalRule<Call>, 'code' | 'hint'> {
  const text = stringMember(body, 'error_description') ?? stringMember(body, 'message') ?? '';
  const description = text.slice(0, MOST_READ);
  const rule = rules.find(
    (one) =>
      (one.to?.includes(call) ?? true) &&
      (one.error === undefined || (error !== undefined && one.error.includes(error))) &&
      (one.says?.test(description) ?? true) &&
      (one.status?.(status) ?? true),
  );
  if (rule !== undefined) return rule;
  // An HTML page comes from something between us and the provider.
  return { code: body === undefined ? 'provider_unavailable' : 'provider_error' };
}

/** The error for a response without a required member. */
export function unreadable(what: string): StepUpError {
  return new StepUpError('provider_error', `the response of ${what} could not be read`);
}
