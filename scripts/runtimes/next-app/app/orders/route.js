import { stepgate } from '../../stepgate.js';

export const POST = stepgate.route(
  { maxAge: '5m' },
  async (request) => Response.json({ to: (await request.formData()).get('to') }),
  { replay: true },
);
