import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { putInInbox } from '../mfa/delivery.ts';
import { removeEnrollment } from '../mfa/enrollment.ts';
import { optionalText, parseBody, requiredText } from '../request/api-request.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { openTicket } from '../second-factor/ticket.ts';
import type { Factor } from '../settings/factor.ts';
import { mergeSettings } from '../settings/settings.ts';
import { type Authenticator, toDisplayName } from '../state/authenticator.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';
import { assertScope, type ManagementApp } from './management-request.ts';
import { requireSub } from './users.ts';

/** The factors that each of Guardian's names switches. A name without factors is never on. */
const factorsByName: Readonly<Record<string, readonly Factor[]>> = {
  'push-notification': ['push'],
  otp: ['otp'],
  sms: ['sms', 'voice'],
  email: ['email'],
  'recovery-code': ['recovery-code'],
  duo: [],
  'webauthn-roaming': [],
  'webauthn-platform': [],
};

/** Guardian: factors of the tenant, its policy, enrolments, and tickets to enrol with. */
export function addGuardianRoutes(app: ManagementApp): void {
  addFactorRoutes(app);
  app.post('/guardian/enrollments/ticket', async (c) => {
    const { tenant, body } = c.env;
    await assertScope(tenant, c.req.raw, 'create:guardian_enrollment_tickets');
    const params = parseBody(body, 'application/json');
    const user = requireSub(tenant, requiredText(params, 'user_id'));
    const id = openTicket(tenant, user, { isFurther: params.allow_multiple_enrollments === true });
    const url = `${tenant.issuer()}u/enroll?state=${id}`;
    if (params.send_mail === true) mailTicket(tenant, user, { url, to: optionalText(params, 'email') });
    return toJsonResponse(200, { ticket_id: id, ticket_url: url });
  });
  app.get('/users/:id/enrollments', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:users');
    const user = requireSub(c.env.tenant, c.req.param('id'));
    return toJsonResponse(200, user.authenticators.filter(isEnrollment).map(toEnrollment));
  });
  app.get('/guardian/enrollments/:id', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:guardian_enrollments');
    return toJsonResponse(200, toEnrollment(requireEnrollment(c.env.tenant, c.req.param('id')).row));
  });
  app.delete('/guardian/enrollments/:id', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'delete:guardian_enrollments');
    const { user, row } = requireEnrollment(tenant, c.req.param('id'));
    removeEnrollment(tenant, user, row.enrollment);
    return new Response(null, { status: 204 });
  });
}

function addFactorRoutes(app: ManagementApp): void {
  app.get('/guardian/factors', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:guardian_factors');
    const { factors } = c.env.tenant.settings;
    const list = Object.entries(factorsByName).map(([name, ours]) => ({
      name,
      enabled: ours.some((factor) => factors.includes(factor)),
      trial_expired: false,
    }));
    return toJsonResponse(200, list);
  });
  app.put('/guardian/factors/:name', async (c) => {
    const { tenant, body } = c.env;
    await assertScope(tenant, c.req.raw, 'update:guardian_factors');
    const { enabled } = parseBody(body, 'application/json');
    if (typeof enabled !== 'boolean') throw invalidRequest('enabled is true or false');
    const ours = factorsByName[c.req.param('name')];
    if (ours === undefined) throw new EmulatorError(404, 'not_found', 'There is no such factor');
    if (enabled && ours.length === 0) throw invalidRequest('The emulator does not have this factor');
    const others = tenant.settings.factors.filter((factor) => !ours.includes(factor));
    tenant.settings = mergeSettings(tenant.settings, { factors: enabled ? [...others, ...ours] : others });
    return toJsonResponse(200, { enabled });
  });
  app.get('/guardian/policies', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:mfa_policies');
    return toJsonResponse(200, c.env.tenant.settings.mfaPolicy === 'always' ? ['all-applications'] : []);
  });
  app.put('/guardian/policies', async (c) => {
    const { tenant, body } = c.env;
    await assertScope(tenant, c.req.raw, 'update:mfa_policies');
    const policies: unknown = JSON.parse(body === '' ? '[]' : body);
    const isKnown = Array.isArray(policies) && policies.every((policy) => policy === 'all-applications');
    if (!isKnown)
      throw invalidRequest('The policies are a list with all-applications in it, or an empty one');
    tenant.settings = mergeSettings(tenant.settings, { mfaPolicy: policies.length > 0 ? 'always' : 'scope' });
    return toJsonResponse(200, policies);
  });
}

function mailTicket(
  tenant: Tenant,
  user: User,
  { url, to }: { readonly url: string; readonly to: string | undefined },
): void {
  putInInbox(tenant, {
    id: url.slice(-12),
    username: user.username,
    channel: 'email',
    to: to ?? user.email,
    text: `Add a second factor to your account: ${url}`,
    createdAt: tenant.clock.now(),
  });
}

/** Each enrolment has one entry: the one-time password that comes with a push is not listed. */
function isEnrollment(row: Authenticator, index: number, rows: readonly Authenticator[]): boolean {
  const isFirst = rows.findIndex(({ enrollment }) => enrollment === row.enrollment) === index;
  return isFirst && !row.isImplicit && row.factor !== 'recovery-code';
}

function requireEnrollment(tenant: Tenant, id: string): { readonly user: User; readonly row: Authenticator } {
  for (const user of tenant.users.values()) {
    const row = user.authenticators.filter(isEnrollment).find((each) => each.id === id);
    if (row !== undefined) return { user, row };
  }
  throw new EmulatorError(404, 'inexistent_enrollment', 'The enrollment does not exist.');
}

function toEnrollment(row: Authenticator): Record<string, unknown> {
  const { id, factor, isConfirmed, address } = row;
  const name = toDisplayName(row);
  return {
    id,
    status: isConfirmed ? 'confirmed' : 'pending',
    type: factor === 'push' ? 'pn' : factor,
    ...(name !== undefined && { name }),
    ...((factor === 'sms' || factor === 'voice') && { phone_number: address }),
    auth_method: factor === 'push' ? 'guardian' : factor === 'otp' ? 'authenticator' : factor,
    ...(row.enrolledAt !== undefined && { enrolled_at: new Date(row.enrolledAt).toISOString() }),
  };
}
