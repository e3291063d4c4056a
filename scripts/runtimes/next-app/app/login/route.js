import { generateSessionCookie } from '@auth0/nextjs-auth0/testing';
import { SECRET } from '../../../tenant.mjs';

/** Signs in, with the cookie that nextjs-auth0 sets after a login at the tenant. */
export async function POST() {
  const { sub } = JSON.parse(process.env.USER_JSON);
  const session = { user: { sub }, internal: { sid: 'login', createdAt: Math.floor(Date.now() / 1_000) } };
  const cookie = `__session=${await generateSessionCookie(session, { secret: SECRET })}; Path=/; HttpOnly`;
  return Response.json({}, { headers: { 'set-cookie': cookie } });
}
