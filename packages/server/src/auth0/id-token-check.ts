import { type CallOptions, parseIssuer, StepUpError, type TokenSet } from '@stepgate/core';
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';

/** Finds out whose approval a token response is. The `signal` fires when nobody waits for the answer any more. */
export interface IdentityCheck {
  /** Makes sure that the keys are at hand: before a push is sent whose answer could not be checked. */
  prepare(options: CallOptions): Promise<void>;
  /**
   * Passes when the tokens are this subject's.
   *
   * @throws StepUpError `subject_mismatch`, `identity_refused`, or `provider_unavailable` while the keys cannot be
   *   fetched.
   */
  check(tokens: TokenSet, subject: string, options: CallOptions): Promise<void>;
}

const ALGORITHMS = ['RS256', 'ES256', 'PS256'];
const CLOCK_TOLERANCE_SECONDS = 60;
/** A token answers an exchange of this very flow: this is more than its check is held up, or clocks differ. */
const FARTHEST_ISSUE_SECONDS = 3_600;
/** Characters; many times of what a token with an app's own claims has. */
const LONGEST_TOKEN = 65_536;

/**
 * Checks `id_token`s as OpenID Connect Core, section 3.1.3.7, wants it, with the tenant's published keys. There is no
 * nonce to check: the token comes in answer to a request of the server's own, and never by way of a browser.
 */
export function createIdentityCheck(options: {
  readonly issuer: string;
  readonly allowInsecureIssuer?: boolean | undefined;
  readonly clientId: string;
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly fetch?: typeof globalThis.fetch | undefined;
}): IdentityCheck {
  const { clientId, now } = options;
  const issuer = parseIssuer(options);
  const keysUrl = new URL('.well-known/jwks.json', issuer);
  const keys = createRemoteJWKSet(keysUrl, {
    timeoutDuration: options.timeoutMs,
    ...(options.fetch && { [customFetch]: options.fetch }),
  });
  let prepared = false;

  return {
    async prepare() {
      if (prepared) return;
      try {
        await keys.reload();
        prepared = true;
      } catch {
        throw unreachable(keysUrl);
      }
    },

    async check({ idToken }, subject) {
      if (idToken === undefined) {
        throw refused('the tenant gave no id_token, so nobody knows whose approval this is');
      }
      if (idToken.length > LONGEST_TOKEN) {
        throw refused(`the id_token is longer than ${LONGEST_TOKEN} characters: give it fewer claims`);
      }
      const algorithm = algorithmOf(idToken);
      if (algorithm === undefined || !ALGORITHMS.includes(algorithm)) {
        throw refused(
          `the id_token is signed with ${algorithm ?? 'nothing readable'}: set the application's JsonWebToken Signature Algorithm to RS256`,
        );
      }
      const payload = await jwtVerify(idToken, keys, {
        issuer,
        audience: clientId,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: new Date(now()),
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      }).then(
        (verified) => verified.payload,
        (error: unknown) => {
          throw isAboutToken(error)
            ? refused(`the id_token does not verify: ${error.code}`)
            : unreachable(keysUrl);
        },
      );
      if (Math.abs(now() / 1_000 - (payload.iat ?? 0)) > FARTHEST_ISSUE_SECONDS) {
        throw refused('the id_token was issued at another time than this: is the clock right?');
      }
      if (!isGivenTo(clientId, payload)) {
        throw refused('the id_token was given to another application (azp)');
      }
      if (payload.sub !== subject) {
        throw new StepUpError(
          'subject_mismatch',
          'somebody else has approved than the signed-in user, or identify gives a subject that is no sub of the tenant',
        );
      }
    },
  };
}

/** Whether the token was given to this application, and not only for it among others. */
function isGivenTo(clientId: string, { aud, azp }: JWTPayload): boolean {
  const isForOthersToo = Array.isArray(aud) && aud.some((audience) => audience !== clientId);
  return azp === undefined ? !isForOthersToo : azp === clientId;
}

function algorithmOf(idToken: string): string | undefined {
  try {
    const { alg } = decodeProtectedHeader(idToken);
    return alg !== undefined && /^\w{1,12}$/.test(alg) ? alg : undefined;
  } catch {
    return undefined;
  }
}

/** Errors of jose that say something of the token; everything else is a key set that could not be fetched. */
function isAboutToken(error: unknown): error is errors.JOSEError {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    error.code !== 'ERR_JOSE_GENERIC' &&
    error.code !== 'ERR_JWKS_INVALID'
  );
}

function refused(message: string): StepUpError {
  return new StepUpError('identity_refused', message);
}

function unreachable({ href }: URL): StepUpError {
  return new StepUpError('provider_unavailable', `the tenant's keys cannot be fetched from ${href}`);
}
