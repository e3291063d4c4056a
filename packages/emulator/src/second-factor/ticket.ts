import { randomId } from '../lib/random.ts';
import { openTransaction } from '../mfa-api/mfa-credential.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';

const ticketMs = 5 * 24 * 3_600_000;

/** Opens a ticket: anyone who has its id can enrol a factor for the user, within five days. */
export function openTicket(
  tenant: Tenant,
  user: User,
  { isFurther }: { readonly isFurther: boolean },
): string {
  const id = randomId(tenant.randomBytes, 24);
  const grant = { user, clientId: '', audience: '', scopes: [], authTime: tenant.clock.now() };
  const transaction = openTransaction(tenant, grant);
  const step = { name: 'choose-enrollment' } as const;
  tenant.tickets.set(id, { transaction, step, path: '/u/enroll', isFurther }, ticketMs);
  return id;
}
