import { invalidRequest } from '../lib/emulator-error.ts';
import { parseScopes } from '../lib/scopes.ts';
import { optionalText, type Params } from '../request/api-request.ts';
import type { CibaRequest } from '../state/ciba-request.ts';
import { multiFactorAcr } from '../state/login-state.ts';
import type { Tenant } from '../state/tenant.ts';

/** What the `id_token` will tell of the authentication: the dialect decides. */
export function readTold({ settings }: Tenant, params: Params): CibaRequest['told'] {
  const { cibaIdTokenClaims } = settings.dialect;
  const [acr] = parseScopes(optionalText(params, 'acr_values'));
  if (cibaIdTokenClaims !== 'as_asked') return { claims: [cibaIdTokenClaims], acr: multiFactorAcr };
  const claims = parseClaims(optionalText(params, 'claims'));
  return acr === undefined ? { claims, acr: multiFactorAcr } : { claims: [...claims, 'acr'], acr };
}

/** The claims about the authentication. Its time is that of the poll which brings the token. */
export function authenticationClaims({ clock }: Tenant, { told }: CibaRequest): Record<string, unknown> {
  const claims = { acr: told.acr, amr: ['mfa'], auth_time: Math.floor(clock.now() / 1000) };
  const entries = Object.entries(claims).filter(([name]) => told.claims.includes(name));
  // Where it is not among them, an `id_token` would have the time of the login.
  return { auth_time: undefined, ...Object.fromEntries(entries) };
}

/** The names of the claims asked for in the `id_token` (OpenID Connect Core 1.0, section 5.5). */
function parseClaims(text = '{}'): readonly string[] {
  try {
    const { id_token: claims } = JSON.parse(text) as { readonly id_token?: object };
    return Object.keys(claims ?? {});
  } catch {
    throw invalidRequest('claims is not a JSON object');
  }
}
