import type { Phone } from '../control/phone.ts';
import { EmulatorError } from '../lib/emulator-error.ts';
import type { WirePhone } from '../phone-page/control-client.ts';
import { toSnakeCase } from './wire.ts';

/** Everything on the phone, as the control API spells it, or nothing if its user does not exist. */
export function toWirePhone(phone: Phone): WirePhone | undefined {
  try {
    return toSnakeCase(phone.view()) as WirePhone;
  } catch (error) {
    if (error instanceof EmulatorError) return undefined;
    throw error;
  }
}
