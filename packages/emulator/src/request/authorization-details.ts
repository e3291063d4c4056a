import type { ClientOptions } from '../directory/client.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import type { Tenant } from '../state/tenant.ts';

/**
 * The objects of an `authorization_details` parameter (RFC 9396, section 2). Of each only the `type` is looked at, as Auth0
 * does: the API has to know it, and the client to be allowed it.
 */
export function parseDetails(
  tenant: Tenant,
  {
    text,
    audience,
    client,
  }: { readonly text: string; readonly audience: string; readonly client: ClientOptions },
): readonly unknown[] {
  const details = parseList(text);
  for (const [index, detail] of details.entries()) {
    const type = typeOf(detail);
    if (type === undefined) throw invalidDetails(`authorization_details[${index}] has no type`);
    const known = tenant.apis.get(audience)?.authorizationDetailsTypes;
    if (known !== undefined && !known.includes(type)) {
      throw invalidDetails(`authorization details type '${type}' is not known to the API`);
    }
    if (client.authorizationDetailsTypes?.includes(type) === false) {
      throw invalidDetails(`authorization details type '${type}' is not allowed for this client`);
    }
  }
  return details;
}

function parseList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    throw invalidDetails('authorization_details is not JSON');
  }
  throw invalidDetails('authorization_details is not a list');
}

function typeOf(detail: unknown): string | undefined {
  if (typeof detail !== 'object' || detail === null || !('type' in detail)) return undefined;
  return typeof detail.type === 'string' ? detail.type : undefined;
}

function invalidDetails(description: string): EmulatorError {
  return new EmulatorError(400, 'invalid_authorization_details', description);
}
