import { expect, it } from 'vitest';
import { createFetchTransport } from '../../src/oauth/transport.ts';

it.each([301, 302, 303, 307, 308])('rejects a redirect (%i), and does not follow it', async (status) => {
  const sent: string[] = [];
  const send = createFetchTransport(async (input) => {
    const { url, redirect } = input as Request;
    sent.push(`${url} ${redirect}`);
    return Response.json({ access_token: 't' }, { status, headers: { location: 'https://other.test/' } });
  });

  const response = send({ method: 'GET', url: 'https://tenant.test/', headers: {}, timeoutMs: 1_000 });

  await expect(response).rejects.toThrow('The response is a redirect.');
  expect(sent).toEqual(['https://tenant.test/ manual']);
});
