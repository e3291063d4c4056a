import {
  type Authentication,
  authenticationOf,
  type CallOptions,
  type Departed,
  type Discover,
  StepUpError,
  type TokenSet,
  type VerifiedClaims,
} from '@stepgate/core';
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
  /**
   * Called before anything is sent to the user whose answer would have to be checked: makes sure that the keys are at
   * hand, and that an approval could be this subject's at all.
   *
   * @throws StepUpError `provider_misconfigured`, `provider_unavailable`, `subject_mismatch`.
   */
  prepare(subject: string, options: CallOptions): Promise<void>;
  /**
   * Resolves if the tokens are this subject's, to what they say of how the user authenticated, if anything. With `departed`,
   * they came for a user who was sent to the provider's page: then they must also show that this user has just authenticated
   * there with a second factor.
   *
   * @throws StepUpError `subject_mismatch`, `identity_refused`, or `provider_unavailable` while the keys cannot be
   *   fetched; with `departed` also `authentication_stale` and `mfa_not_required`.
   */
  check(
    tokens: TokenSet,
    subject: string,
    options: CallOptions & { readonly departed?: Departed | undefined },
    // biome-ignore lint/suspicious/noConfusingVoidType: an app's own check may have nothing to tell.
  ): Promise<Authentication | void>;
}

/** What an `id_token` may be signed with: by a key that the provider publishes. */
export const ID_TOKEN_ALGORITHMS: readonly string[] = ['RS256', 'ES256', 'PS256'];
const CLOCK_TOLERANCE_SECONDS = 60;
/** A token answers an exchange of this very flow: this is longer than its check is delayed, or clocks differ. */
const FARTHEST_ISSUE_SECONDS = 3_600;
/** In characters: many times the size of a token with claims of the app's own. */
const LONGEST_TOKEN = 65_536;
/** How much of an unexpected value an error shows, in characters. */
const LONGEST_SHOWN = 200;

/** What {@link createIdentityCheck} needs. */
export interface IdentityCheckOptions {
  /** The provider's metadata. What tokens call the issuer, and where the keys are, is used as the provider says it. */
  readonly discover: Discover;
  readonly clientId: string;
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Throws for a subject that cannot be one of this provider's. */
  readonly assertSubject?: (subject: string) => void;
  /** Throws for claims that do not prove what a user was sent away for, and gives the proof. Needed where users are. */
  readonly assertProof?: ((claims: VerifiedClaims, departed: Departed) => Authentication) | undefined;
}

/** Where the keys are, and what tokens call the issuer. */
interface Trust {
  readonly issuer: string;
  readonly keysUrl: URL;
  readonly keys: ReturnType<typeof createRemoteJWKSet>;
}

/**
 * Checks `id_token`s as OpenID Connect Core, section 3.1.3.7, requires, with the provider's published keys. Only the
 * token of a user who was sent away has a nonce: `assertProof` compares it.
 */
export function createIdentityCheck(options: IdentityCheckOptions): IdentityCheck {
  const { discover, clientId, now, timeoutMs, fetch, assertSubject, assertProof } = options;
  let trusted: Trust | undefined;
  let prepared = false;

  async function trust(): Promise<Trust> {
    if (trusted !== undefined) return trusted;
    const { issuer, jwksUri } = await discover();
    const keysUrl = new URL(jwksUri);
    const keys = createRemoteJWKSet(keysUrl, {
      timeoutDuration: timeoutMs,
      ...(fetch && { [customFetch]: fetch }),
    });
    trusted ??= { issuer, keysUrl, keys };
    return trusted;
  }

  return {
    async prepare(subject) {
      assertSubject?.(subject);
      if (prepared) return;
      const { keys, keysUrl } = await trust();
      try {
        await keys.reload();
        prepared = true;
      } catch {
        throw unreachable(keysUrl);
      }
    },

    async check({ idToken }, subject, { departed }) {
      if (idToken === undefined) {
        throw refused(
          'The provider gave no id_token, so nobody knows whose approval this is. The scope must contain openid.',
        );
      }
      if (idToken.length > LONGEST_TOKEN) {
        throw refused(`The id_token is longer than ${LONGEST_TOKEN} characters. Give it fewer claims.`);
      }
      const algorithm = idTokenAlgorithm(idToken);
      if (algorithm === undefined || !ID_TOKEN_ALGORITHMS.includes(algorithm)) {
        throw refused(
          `The id_token is signed with ${algorithm ?? 'nothing readable'}. Set the application's JsonWebToken Signature Algorithm to RS256.`,
        );
      }
      const { issuer, keys, keysUrl } = await trust();
      const payload = await jwtVerify(idToken, keys, {
        issuer,
        audience: clientId,
        algorithms: [...ID_TOKEN_ALGORITHMS],
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: new Date(now()),
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      }).then(
        (verified) => verified.payload,
        (error: unknown) => {
          throw isAboutToken(error)
            ? refused(`The id_token does not verify: ${reasonOf(error, { iss: issuer, aud: clientId })}`)
            : unreachable(keysUrl);
        },
      );
      if (Math.abs(now() / 1_000 - (payload.iat ?? 0)) > FARTHEST_ISSUE_SECONDS) {
        throw refused("The id_token was issued more than an hour from now. Check this machine's clock.");
      }
      if (!isGivenTo(clientId, payload)) {
        throw refused(
          `The id_token was issued to another application: its azp is ${shown(payload.azp)}, and the client id is ${shown(clientId)}.`,
        );
      }
      if (departed !== undefined && assertProof === undefined) {
        throw new TypeError('this provider sends no user to its page');
      }
      const proof = departed && assertProof?.(payload, departed);
      if (payload.sub !== subject) {
        throw new StepUpError(
          'subject_mismatch',
          `The approval is by ${shown(payload.sub)}, and \`identify\` gives the subject ${shown(subject)}: either another user has approved, or it must give the provider's \`sub\` claim.`,
        );
      }
      return proof ?? authenticationOf(payload);
    },
  };
}

/** A value from outside as an error shows it. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, LONGEST_SHOWN);
}

/** Why jose refused the token; for the claims that a wrong set-up gets wrong, what is in them and what should be. */
function reasonOf(error: errors.JOSEError, expected: Readonly<Record<string, string>>): string {
  if (!(error instanceof errors.JWTClaimValidationFailed)) return error.code;
  const { claim, payload } = error;
  const wanted = Object.hasOwn(expected, claim) ? expected[claim] : undefined;
  if (wanted === undefined) return `${error.code} (${claim})`;
  return `its ${claim} is ${shown(payload[claim])}, expected ${shown(wanted)}`;
}

/** Whether the token was given to this application, and not only for it among others. */
function isGivenTo(clientId: string, { aud, azp }: JWTPayload): boolean {
  const isForOthersToo = Array.isArray(aud) && aud.some((audience) => audience !== clientId);
  return azp === undefined ? !isForOthersToo : azp === clientId;
}

/** What an `id_token` says that it is signed with; `undefined` if it says nothing readable. */
export function idTokenAlgorithm(idToken: string): string | undefined {
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
  return new StepUpError('provider_unavailable', `The provider's keys cannot be fetched from ${href}`);
}
