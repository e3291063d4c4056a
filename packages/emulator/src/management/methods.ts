import { createDirectory } from '../admin/directory.ts';
import type { EnrolledFactor } from '../directory/user-options.ts';
import { EmulatorError, invalidRequest } from '../lib/emulator-error.ts';
import { createRecoveryCode, removeEnrollment, startRecoveryCode } from '../mfa/enrollment.ts';
import { optionalText, type Params, parseBody, requiredText } from '../request/api-request.ts';
import { toJsonResponse } from '../request/json-response.ts';
import { type Authenticator, toDisplayName } from '../state/authenticator.ts';
import type { Tenant } from '../state/tenant.ts';
import type { User } from '../state/user.ts';
import { assertScope, type ManagementApp } from './management-request.ts';
import { requireSub } from './users.ts';

/** A user's authentication methods: what is enrolled, as operators see it. */
export function addMethodRoutes(app: ManagementApp): void {
  app.get('/users/:id/authentication-methods', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:authentication_methods');
    const user = requireSub(c.env.tenant, c.req.param('id'));
    const authenticators = methodsOf(user);
    const limit = Number(c.req.query('per_page') ?? 50);
    const start = Number(c.req.query('page') ?? 0) * limit;
    const page = authenticators.slice(start, start + limit);
    const hasTotals = c.req.query('include_totals') === 'true';
    return toJsonResponse(
      200,
      hasTotals ? { start, limit, total: authenticators.length, authenticators: page } : page,
    );
  });
  app.post('/users/:id/authentication-methods', async (c) => {
    const { tenant, body } = c.env;
    await assertScope(tenant, c.req.raw, 'create:authentication_methods');
    const { username } = requireSub(tenant, c.req.param('id'));
    const factor = toFactor(parseBody(body, 'application/json'));
    const [id] = createDirectory(() => tenant, []).enroll(username, factor);
    return toJsonResponse(201, methodOf(requireSub(tenant, c.req.param('id')), String(id)));
  });
  app.delete('/users/:id/authentication-methods', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'delete:authentication_methods');
    const user = requireSub(tenant, c.req.param('id'));
    const rows = user.authenticators.filter(({ isImplicit }) => !isImplicit);
    for (const { enrollment } of rows) removeEnrollment(tenant, user, enrollment);
    return new Response(null, { status: 204 });
  });
  app.get('/users/:id/authentication-methods/:method', async (c) => {
    await assertScope(c.env.tenant, c.req.raw, 'read:authentication_methods');
    const { id, method } = c.req.param();
    return toJsonResponse(200, methodOf(requireSub(c.env.tenant, id), method));
  });
  app.delete('/users/:id/authentication-methods/:method', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'delete:authentication_methods');
    const { id, method } = c.req.param();
    const user = requireSub(tenant, id);
    removeEnrollment(tenant, user, requireRow(user, method).enrollment);
    return new Response(null, { status: 204 });
  });
  app.delete('/users/:id/authenticators', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'update:users');
    const user = requireSub(tenant, c.req.param('id'));
    const rows = user.authenticators.filter(({ isImplicit }) => !isImplicit);
    for (const { enrollment } of rows) removeEnrollment(tenant, user, enrollment);
    return new Response(null, { status: 204 });
  });
  app.post('/users/:id/recovery-code-regeneration', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'update:users');
    const user = requireSub(tenant, c.req.param('id'));
    return toJsonResponse(200, { recovery_code: newRecoveryCode(tenant, user) });
  });
  app.post('/users/:id/multifactor/actions/invalidate-remember-browser', async (c) => {
    const { tenant } = c.env;
    await assertScope(tenant, c.req.raw, 'update:users');
    const user = requireSub(tenant, c.req.param('id'));
    tenant.rememberedBrowsers.deleteWhere((browser) => browser.user === user);
    return new Response(null, { status: 204 });
  });
}

/** One entry for each row, except that a number for texts and calls has a single one. */
function methodsOf(user: User): Record<string, unknown>[] {
  return user.authenticators
    .filter(
      ({ factor, enrollment }, index, rows) =>
        factor !== 'voice' || rows.findIndex((row) => row.enrollment === enrollment) === index,
    )
    .map((row) => toMethod(user, row));
}

function methodOf(user: User, id: string): Record<string, unknown> {
  return toMethod(user, requireRow(user, id));
}

function requireRow(user: User, id: string): Authenticator {
  const row = user.authenticators.find((each) => each.id === id);
  if (row !== undefined) return row;
  throw new EmulatorError(
    404,
    'inexistent_authentication_method',
    'The authentication method does not exist.',
  );
}

function toMethod(user: User, row: Authenticator): Record<string, unknown> {
  const { id, factor, enrollment, isConfirmed, isImplicit, address } = row;
  const linked = user.authenticators.filter((each) => each.enrollment === enrollment);
  const isPhone = factor === 'sms' || factor === 'voice';
  const name = toDisplayName(row);
  const other = linked.find((each) => each !== row);
  return {
    id,
    type: isImplicit ? 'email-verification' : isPhone ? 'phone' : factor === 'otp' ? 'totp' : factor,
    confirmed: isConfirmed,
    ...(name !== undefined && !isPhone && factor !== 'email' && { name }),
    ...(isPhone && {
      phone_number: address,
      preferred_authentication_method: factor,
      authentication_methods: linked.map((each) => ({ id: each.id, type: each.factor })),
    }),
    ...(factor === 'email' && { email: address }),
    ...(other !== undefined && !isPhone && { link_id: other.id }),
    created_at: new Date(row.createdAt).toISOString(),
    ...(row.enrolledAt !== undefined && { enrolled_at: new Date(row.enrolledAt).toISOString() }),
  };
}

function toFactor(params: Params): EnrolledFactor {
  const type = requiredText(params, 'type');
  const phoneNumber = optionalText(params, 'phone_number');
  const email = optionalText(params, 'email');
  const secret = optionalText(params, 'totp_secret');
  switch (type) {
    case 'phone': {
      const preferred = optionalText(params, 'preferred_authentication_method');
      return {
        factor: preferred === 'voice' ? 'voice' : 'sms',
        ...(phoneNumber !== undefined && { phoneNumber }),
      };
    }
    case 'email':
      return { factor: 'email', ...(email !== undefined && { email }) };
    case 'totp':
      return { factor: 'otp', ...(secret !== undefined && { secret }) };
    default:
      throw invalidRequest(`type is phone, email or totp, not ${type}`);
  }
}

/** The old code is void at once, even if it was never confirmed. */
function newRecoveryCode(tenant: Tenant, user: User): string {
  const row = user.authenticators.find(({ factor }) => factor === 'recovery-code');
  if (row !== undefined) {
    row.recoveryCode = createRecoveryCode(tenant);
    return row.recoveryCode;
  }
  const code = startRecoveryCode(tenant, user);
  if (code === undefined)
    throw new EmulatorError(400, 'recovery_codes_off', 'Recovery codes are switched off.');
  for (const each of user.authenticators) {
    if (each.factor === 'recovery-code') each.isConfirmed = true;
  }
  return code;
}
