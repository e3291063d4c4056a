import { AuthorizationResponseError, skipStateCheck, validateAuthResponse } from 'oauth4webapi';
import { dropUndefined } from '../lib/drop-undefined.ts';
import type { ProviderMetadata } from '../oauth/discovery.ts';
import type { Return } from '../provider/departure.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { returnedError } from './errors.ts';

/** The members of a return (RFC 6749, section 4.1.2; RFC 9207). */
const MEMBERS = ['code', 'state', 'iss', 'error', 'error_description'];
/** Members of other flows, which were never asked for. */
const FOREIGN = ['response', 'id_token', 'access_token', 'token'];
const LONGEST_QUERY = 8_192;
/** Printable ASCII. */
const CODE = /^[\x20-\x7e]{1,4096}$/;

/**
 * Reads the query of a return, without its question mark.
 *
 * @throws StepUpError `invalid_request` for what no provider sends.
 */
export function parseReturn(query: string): Return {
  const parameters = new URLSearchParams(query);
  const isForeign = FOREIGN.some((name) => parameters.has(name));
  if (
    query.length > LONGEST_QUERY ||
    isForeign ||
    MEMBERS.some((name) => parameters.getAll(name).length > 1)
  ) {
    throw new StepUpError('invalid_request', 'this is not an answer that a provider sends');
  }
  return { parameters, state: parameters.get('state') ?? undefined };
}

/** Whether the return belongs to a departure: a link or a history entry of another one must not end this one. */
export function belongsTo({ state }: Return, departure: { readonly state: string }): boolean {
  return state !== undefined && isSameSecret(state, departure.state);
}

/** Compares in a time that tells nothing but the lengths. */
export function isSameSecret(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index += 1) {
    difference += one.charCodeAt(index) === other.charCodeAt(index) ? 0 : 1;
  }
  return difference === 0;
}

/**
 * The code of a return that {@link belongsTo} the departure.
 *
 * @throws StepUpError `identity_refused` when another provider answers; what the provider's error means; and
 *   `provider_error` when there is no code.
 */
export function codeOf(
  { parameters }: Return,
  { issuer, authorizationResponseIssParameterSupported }: ProviderMetadata,
  options: { readonly clientId: string; readonly noFactor: string },
): string {
  try {
    // The state was compared before.
    validateAuthResponse(
      dropUndefined({
        issuer,
        authorization_response_iss_parameter_supported: authorizationResponseIssParameterSupported,
      }),
      { client_id: options.clientId },
      parameters,
      skipStateCheck,
    );
  } catch (error) {
    if (error instanceof AuthorizationResponseError) {
      throw returnedError(error.error, error.error_description, options.noFactor);
    }
    throw new StepUpError(
      'identity_refused',
      `The answer does not name the provider ${issuer} as its issuer (RFC 9207), so its code was not used.`,
    );
  }
  const code = parameters.get('code');
  if (code !== null && CODE.test(code)) return code;
  throw new StepUpError('provider_error', 'the provider sent the user back without a code');
}
