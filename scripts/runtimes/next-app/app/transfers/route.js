import { stepgate } from '../../stepgate.js';

export const POST = stepgate.route({ maxAge: '5m' }, (_request, _context, { approval }) =>
  Response.json({ factor: approval.factor }),
);
