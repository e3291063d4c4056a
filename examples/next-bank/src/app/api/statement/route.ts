import { sessionOf } from '../../../bank/session.ts';
import { stepgate } from '../../../bank/stepgate.ts';

/** A guarded route handler: programs get a 401 that says where a step-up starts, browsers the page. */
export const GET = stepgate.route({ maxAge: '5m' }, async (request, _context, stepUp) => {
  const session = await sessionOf(request);
  return Response.json({ account: session?.username, approvedBy: stepUp?.approval.factor });
});
