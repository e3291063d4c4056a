/** How long things live, in milliseconds. */
export interface Lifetimes {
  /** `mfa_token`; undocumented by Auth0, 5 minutes here (some sources say 10). */
  readonly mfaTokenMs: number;
  /** `oob_code` and the code of a message, each from its own issue. */
  readonly oobCodeMs: number;
  /** A CIBA request, where the client asks for no other. */
  readonly cibaRequestMs: number;
  /** How long the QR code of an enrolment can be scanned. */
  readonly enrollmentMs: number;
  /** Access tokens. */
  readonly accessTokenMs: number;
  /** Access tokens for the MFA audience; Auth0's are fixed to 10 minutes. */
  readonly mfaAccessTokenMs: number;
  /** `id_token`s. */
  readonly idTokenMs: number;
  /** Refresh tokens with their successors. */
  readonly refreshTokenMs: number;
  /** How long the login page may stand open. */
  readonly loginMs: number;
  /** From the redirect to the exchange of the code. */
  readonly authorizationCodeMs: number;
  /** How long the tenant remembers who signed in with this browser. */
  readonly sessionMs: number;
  /** How long it remembers that a second factor was passed with this browser. */
  readonly rememberedBrowserMs: number;
}

const minute = 60_000;
const hour = 60 * minute;

/** Auth0's documented lifetimes, and the cautious reading of the undocumented ones. */
export const defaultLifetimes: Lifetimes = {
  mfaTokenMs: 5 * minute,
  oobCodeMs: 5 * minute,
  cibaRequestMs: 5 * minute,
  enrollmentMs: 5 * minute,
  accessTokenMs: 24 * hour,
  mfaAccessTokenMs: 10 * minute,
  idTokenMs: 10 * hour,
  refreshTokenMs: 30 * 24 * hour,
  loginMs: hour,
  authorizationCodeMs: 10 * minute,
  sessionMs: 7 * 24 * hour,
  rememberedBrowserMs: 30 * 24 * hour,
};
