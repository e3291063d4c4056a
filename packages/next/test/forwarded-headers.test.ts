import { createGate } from '@stepgate/next';
import { createTestKit } from '@stepgate/server/testing';
import { expect, it } from 'vitest';

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' };
/** What Next.js adds to a request that came without a proxy. */
const filledIn = {
  'x-forwarded-host': '127.0.0.1:3000',
  'x-forwarded-port': '3000',
  'x-forwarded-proto': 'http',
  'x-forwarded-for': '::ffff:127.0.0.1',
};

it.each([
  ['no proxy', {}, 303],
  ['a proxy for another host', { 'x-forwarded-host': 'bank.example' }, 403],
  ['a proxy that ends TLS', { 'x-forwarded-proto': 'https' }, 403],
  ['a proxy that tells of its client alone', { 'x-forwarded-for': '203.0.113.7' }, 403],
])('reads forwarded headers as they are meant: %s', async (name, forwarded, status) => {
  const gate = createGate(
    () => ({
      ...createTestKit().options,
      origin: 'http://127.0.0.1:3000',
      identify: () => ({ subject: 'ada', sessionId: 's' }),
    }),
    { basePath: `/${name.replaceAll(' ', '-')}` },
  );
  const POST = gate.route({}, () => Response.json({}));
  const headers = { host: '127.0.0.1:3000', ...navigation, ...filledIn, ...forwarded };

  const answer = await POST(new Request('http://localhost:3000/pay', { method: 'POST', headers }), {});

  expect(answer.status).toBe(status);
});
