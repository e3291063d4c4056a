import { createGate } from '@stepgate/next';
import { createTestKit } from '@stepgate/server/testing';
import { expect, it } from 'vitest';

it('serves its page under the base path of the app, which Next.js hides from route handlers', async () => {
  const kit = createTestKit();
  const origin = 'https://bank.example';
  const identify = () => ({ subject: 'ada', sessionId: 's' });
  const gate = createGate(() => ({ ...kit.options, origin, identify }), { appBasePath: '/shop' });
  const limits = gate.route({ maxAge: '5m' }, () => new Response());
  const navigate = (path: string) =>
    new Request(origin + path, {
      headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    });

  const location = (await limits(navigate('/limits'), {})).headers.get('location') ?? '';
  expect(location).toMatch(/^\/shop\/step-up\?/);
  const page = await gate.handlers.GET(navigate(location.replace('/shop', '')));
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('/shop/step-up/');
});
