/** What a provider accepts as a binding message. */
export interface MessageRules {
  readonly maxLength: number;
  /** The accepted characters, as the content of a character class: `A-Za-z0-9+_.,:#-`. */
  readonly characters: string;
}

/** What Auth0 accepts, by its documentation. */
export const AUTH0_MESSAGE_RULES: MessageRules = { maxLength: 64, characters: 'A-Za-z0-9+_.,:#-' };

/** What Auth0, Keycloak and oidc-provider all accept. */
export const COMMON_MESSAGE_RULES: MessageRules = { maxLength: 20, characters: 'A-Za-z0-9+_.#-' };

/**
 * The message for the phone: the code, and the title if it fits whole. Spaces become dashes, and letters lose their
 * accents. Nothing else is changed or cut: `1,250.00` without its comma would be another amount.
 *
 * @example
 * bindingMessage({ code: 'K7QM', title: 'Pay 250 EUR to Zoé' }, AUTH0_MESSAGE_RULES); // K7QM-Pay-250-EUR-to-Zoe
 */
export function bindingMessage(
  { code, title }: { readonly code: string; readonly title?: string | undefined },
  { maxLength, characters }: MessageRules,
): string {
  const words = title === undefined ? undefined : plain(title.trim());
  if (words === undefined || words === '') return code;
  const message = `${code}-${words}`;
  const fits = message.length <= maxLength && new RegExp(`^[${characters}]+$`).test(message);
  return fits ? message : code;
}

/** `undefined` when a space separates digits: `1 250` must not become `1-250`. */
function plain(title: string): string | undefined {
  if (/\d\s+\d/.test(title)) return undefined;
  return title
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/\s/gu, '-');
}
