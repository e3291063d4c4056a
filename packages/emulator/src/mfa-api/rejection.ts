import { EmulatorError } from '../lib/emulator-error.ts';
import type { Tenant } from '../state/tenant.ts';

/** The answer to a push rejected on the phone: 400 `access_denied` as recorded, or 403 `invalid_grant`. */
export function rejected(tenant: Tenant): EmulatorError {
  const { rejection } = tenant.settings.dialect;
  const status = rejection === 'access_denied' ? 400 : 403;
  return new EmulatorError(status, rejection, 'MFA Authorization rejected.');
}
