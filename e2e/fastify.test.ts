import { createEmulator } from '@stepgate/emulator';
import { expect, it, onTestFinished } from 'vitest';
import { type Answer, call, open } from '../packages/server/test/support/http.ts';
import { startProgram } from './support/program.ts';

interface View {
  readonly version: number;
  readonly disclosure?: { readonly barcodeUri?: string };
}

it('steps up in Fastify, by the adapter of the example, and streams the news', async () => {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  const program = startProgram('examples/fastify/src/main.ts', { PORT: '0', AUTH0_ISSUER: tenant.url });
  const url = await program.printed(/^bank: (\S+)$/m);
  const cookies = new Map<string, string>();

  function headersWith(more: Record<string, string>): Record<string, string> {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    return { cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', ...more };
  }

  async function send(
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await call(method, url + path, {
      headers: headersWith({ ...(body !== undefined && { 'content-type': 'application/json' }), ...more }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    for (const text of answer.cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      cookies.set(name, value);
    }
    return answer;
  }

  async function event({ version }: View, request: unknown): Promise<View> {
    return (await send('POST', '/step-up/flow/events', request, { 'if-match': `"${version}"` })).json<View>();
  }

  const stranger = await send('POST', '/transfers', {});
  await send('POST', '/login', { username: 'ada', password: 'correct-horse' });
  const pageLoad = await send('POST', '/transfers', {}, { 'sec-fetch-mode': 'navigate' });
  const page = await send('GET', pageLoad.headers.location ?? '', undefined, {
    'sec-fetch-mode': 'navigate',
  });
  const refused = await send('POST', '/transfers', {});
  expect([stranger, pageLoad, page, refused].map(({ status }) => status)).toEqual([401, 303, 200, 401]);
  expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication');

  const { requirement } = refused.json<{ step_up: { requirement: string } }>().step_up;
  const started = (await send('POST', '/step-up/flow', { requirement })).json<View>();
  const shown = await event(started, { type: 'password.submit', password: 'correct-horse' });
  expect(shown).toMatchObject({ state: 'confirming' });

  const stream = await open('GET', `${url}/step-up/flow`, {
    headers: headersWith({ accept: 'text/event-stream' }),
  });
  emulator.phone('ada').scan(shown.disclosure?.barcodeUri);
  let news = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    news += chunk as string;
    if (news.includes('"state":"acknowledging"')) break;
  }
  expect(news).toMatch(/^id: \d+\nevent: view\ndata: \{.*"state":"confirming"/);

  const waiting = (await send('GET', '/step-up/flow')).json<View>();
  const end = await event(waiting, { type: 'codes.acknowledge' });
  const done = await send('POST', '/transfers', {});
  expect(end).toMatchObject({ state: 'approved' });
  expect(done.json()).toEqual({ approvedBy: 'push' });
  expect(program.stderr).toBe('');
});
