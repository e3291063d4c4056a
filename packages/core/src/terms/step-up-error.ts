import { REASON_STATUS, type ReasonCode } from './reason-codes.ts';
import { REQUEST_ERROR_STATUS, type RequestErrorCode } from './request-codes.ts';

/** Every code that a {@link StepUpError} can carry. */
export type StepUpErrorCode = ReasonCode | RequestErrorCode;

/** What a {@link StepUpError} holds besides its code and message. */
export interface StepUpErrorOptions {
  /** The HTTP status to respond with, where the code's own does not fit. */
  readonly status?: number;
  /** Headers for the response, for example `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What the response body says besides code and message, in the protocol's own names. No secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Marks the errors of every copy of this module: bundlers load it once for each part of an app. */
const MARK = Symbol.for('@stepgate/core StepUpError');

const STATUS: Readonly<Record<StepUpErrorCode, number>> = { ...REASON_STATUS, ...REQUEST_ERROR_STATUS };

/**
 * The only error that Stepgate throws, except for misuse by the developer, which is a `TypeError` at creation.
 *
 * The message is for the developer who reads a log, and never holds a secret. A client may see it when `expose` is true
 * (status below 500). Express and Koa both honour `status`, `headers` and `expose`.
 */
export class StepUpError extends Error {
  override readonly name = 'StepUpError';
  readonly code: StepUpErrorCode;
  /** The HTTP status to respond with. */
  readonly status: number;
  readonly expose: boolean;
  /** For the response only. Not enumerable, so that no log prints the `Set-Cookie` of a new handle. */
  declare readonly headers: Readonly<Record<string, string>>;
  /** How long to wait before trying again, in milliseconds. Absent when waiting does not help. */
  declare readonly retryAfterMs?: number;
  /** For the response body: for example, where a step-up starts and what it asks for. */
  declare readonly details?: Readonly<Record<string, unknown>>;

  /** Errors of another copy of this module count too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value;
  }

  constructor(code: StepUpErrorCode, message: string, options: StepUpErrorOptions = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? STATUS[code];
    this.expose = this.status < 500;
    Object.defineProperty(this, 'headers', { value: options.headers ?? {} });
    // Set only when present: logs print every property.
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.details !== undefined) this.details = options.details;
  }

  /**
   * `status` under the name by which Nest and others know errors of http-errors. `undefined` where `expose` is false:
   * those frameworks send the message along, and it is for the log only, so they answer 500 without it.
   */
  get statusCode(): number | undefined {
    return this.expose ? this.status : undefined;
  }
}

Object.defineProperty(StepUpError.prototype, MARK, { value: true });

/** Whether the value is a {@link StepUpError}, optionally one with this code. */
export function isStepUpError(value: unknown, code?: StepUpErrorCode): value is StepUpError {
  return value instanceof StepUpError && (code === undefined || value.code === code);
}
