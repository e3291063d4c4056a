import { createEmulator } from '@stepgate/emulator';
import { expect, it, onTestFinished } from 'vitest';
import { createCaller, type View } from './support/caller.ts';
import { startProgram } from './support/program.ts';

it('steps up in Fastify with the adapter of the example, and streams updates', async () => {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  const program = startProgram('examples/fastify/src/main.ts', { PORT: '0', AUTH0_ISSUER: tenant.url });
  const url = await program.printed(/^bank: (\S+)$/m);
  const { send, event, open } = createCaller(url.replace(/\/$/, ''));

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

  const stream = await open('/step-up/flow', { accept: 'text/event-stream' });
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
