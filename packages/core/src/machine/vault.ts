import type { Departure, ExchangeTimes } from '../provider/departure.ts';
import type { TokenSet } from '../provider/way.ts';

/**
 * The secrets of a flow, one slot each. They are kept beside the machine, never in it, so that no snapshot, inspector
 * or log can show them. A server stores them encrypted.
 */
export interface Vault {
  /** Or the access token for the MFA API, when a flow begins with one. */
  readonly mfaToken?: string | undefined;
  readonly oobCode?: string | undefined;
  /** The code that the phone shows with the push. */
  readonly pushCode?: string | undefined;
  readonly barcodeUri?: string | undefined;
  /** The base32 secret of a one-time password that is being added. */
  readonly otpSecret?: string | undefined;
  readonly recoveryCodes?: readonly string[] | undefined;
  /** What the user typed for an enrolment, until it has started. */
  readonly phoneNumber?: string | undefined;
  readonly email?: string | undefined;
  /** The last departure for the provider's page. */
  readonly departure?: Departure | undefined;
  readonly times?: ExchangeTimes | undefined;
  readonly tokens?: TokenSet | undefined;
}

/** The vault with some slots replaced. `undefined` empties a slot. */
export function updateVault(vault: Vault, secrets: Vault | undefined): Vault {
  if (secrets === undefined) return vault;
  const merged = { ...vault, ...secrets };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}
