/** What an {@link EmulatorError} carries besides its code and sentence. */
export interface EmulatorErrorDetails {
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the JSON body, such as `mfa_token`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/**
 * A refusal: what the emulator answers as `{error, error_description}` with a status, and what the typed
 * control functions throw. `code` is the wire's `error`, `message` its `error_description`.
 */
export class EmulatorError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: EmulatorErrorDetails;

  constructor(status: number, code: string, message: string, details: EmulatorErrorDetails = {}) {
    super(message);
    this.name = 'EmulatorError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The error as the JSON object that goes over the wire. */
export function toErrorBody(error: EmulatorError): Record<string, unknown> {
  return { error: error.code, error_description: error.message, ...error.details.members };
}

/** A 400 about what was sent. */
export function invalidRequest(description: string): EmulatorError {
  return new EmulatorError(400, 'invalid_request', description);
}

/** A token or code that is not good. */
export function invalidGrant(description: string): EmulatorError {
  return new EmulatorError(403, 'invalid_grant', description);
}
