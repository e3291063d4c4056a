/** How the user has authenticated, in the provider's words. */
export interface Authentication {
  /** The class of it: the claim `acr`. */
  readonly acr?: string;
  /** The methods: the claim `amr`. */
  readonly amr?: readonly string[];
  /**
   * When, in milliseconds since the epoch, by the provider's clock: the claim `auth_time`, or the time that was checked in
   * its place (`freshness.claim`).
   */
  readonly authenticatedAt?: number;
}

/** Longer values are left out: what is kept of an approval stays small. */
const LONGEST_VALUE = 256;
const MOST_METHODS = 16;

/**
 * The members of {@link Authentication} alone, of whatever has them; `undefined` if there are none. Nothing else of a
 * token is ever taken along, and what has another type or is too long is left out.
 */
export function authenticationIn(told: unknown): Authentication | undefined {
  if (typeof told !== 'object' || told === null) return undefined;
  const { acr, amr, authenticatedAt } = told as Readonly<Record<string, unknown>>;
  const methods = Array.isArray(amr) && amr.length <= MOST_METHODS ? amr.filter(isValue) : [];
  const found: Authentication = {
    ...(isValue(acr) && { acr }),
    ...(methods.length > 0 && { amr: methods }),
    ...(typeof authenticatedAt === 'number' && Number.isFinite(authenticatedAt) && { authenticatedAt }),
  };
  return Object.keys(found).length === 0 ? undefined : found;
}

/** What the verified claims of an `id_token` say of the authentication. */
export function authenticationOf(claims: Readonly<Record<string, unknown>>): Authentication | undefined {
  const { acr, amr, auth_time: seconds } = claims;
  return authenticationIn({
    acr,
    amr,
    authenticatedAt: typeof seconds === 'number' ? seconds * 1_000 : undefined,
  });
}

function isValue(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_VALUE;
}
