import { type AllowedOrigins, createAllowedOrigins } from './allowed-origins.ts';
import { type CallerOf, createCallerOf, type Identify } from './caller.ts';
import { createHandles, type Handles } from './handle-cookie.ts';

/** Reads who sends a request, from which browser, and from which origin. */
export interface Callers {
  readonly callerOf: CallerOf;
  readonly handles: Handles;
  readonly origins: AllowedOrigins;
}

/** Makes all three readers. `namespace` names the tenant and the application. */
export function createCallers(options: {
  readonly identify: Identify;
  readonly namespace: string;
  readonly allowedOrigins: readonly string[];
  readonly insecureCookie: boolean;
  readonly randomBytes: (size: number) => Uint8Array;
}): Callers {
  const { identify, namespace, allowedOrigins, insecureCookie, randomBytes } = options;
  const origins = createAllowedOrigins(allowedOrigins);
  return {
    callerOf: createCallerOf(identify, namespace),
    handles: createHandles({ randomBytes, insecureCookie, origins }),
    origins,
  };
}
