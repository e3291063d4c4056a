import { EmulatorError } from '../lib/emulator-error.ts';
import { optionalText, type Params } from '../request/api-request.ts';
import type { Tenant } from '../state/tenant.ts';

/** What the phone is to show. Auth0 requires it, and takes letters, digits and `+-_.,:#`, at most 64 of them. */
export function readBindingMessage(tenant: Tenant, params: Params): string | undefined {
  const { cibaMessage, cibaMessageLength, cibaMessageSpaces } = tenant.settings.dialect;
  const message = optionalText(params, 'binding_message');
  if (message === undefined) {
    if (cibaMessage === 'optional') return undefined;
    throw invalidMessage(tenant, 'binding_message is required');
  }
  if (message.length > cibaMessageLength) {
    throw invalidMessage(tenant, `binding_message must not be longer than ${cibaMessageLength} characters`);
  }
  const isFine = cibaMessageSpaces === 'allowed' ? /^[\w+\-.,:# ]+$/ : /^[\w+\-.,:#]+$/;
  if (isFine.test(message)) return message;
  throw invalidMessage(tenant, 'binding_message may only have letters, digits and +-_.,:#');
}

function invalidMessage({ settings }: Tenant, description: string): EmulatorError {
  return new EmulatorError(400, settings.dialect.cibaMessageError, description);
}
