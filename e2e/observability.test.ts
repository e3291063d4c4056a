import { createEmulator } from '@stepgate/emulator';
import { freePort } from 'suites/ports.ts';
import { expect, it, onTestFinished } from 'vitest';
import { createCaller, type View } from './support/caller.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { startProgram } from './support/program.ts';

const GRACE = { to: 'Grace', amount: 250 };

it('shows an approval and a denial as traces and as metrics', async () => {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  await enrolAhead(emulator);
  const port = await freePort();
  const program = startProgram('examples/observability/src/main.ts', {
    PORT: '0',
    METRICS_PORT: String(port),
    SPANS_FROM_MS: '0',
    AUTH0_ISSUER: tenant.url,
    STEP_UP_WAYS: 'mfa-api',
    STEP_UP_MAX_AGE: '0',
    STEP_UP_POLL_SCHEDULE: 'eager',
    STEP_UP_RESEND_AFTER: '1',
  });
  const metricsUrl = await program.printed(/^metrics: (\S+)$/m);
  const { send } = createCaller((await program.printed(/^bank: (\S+)\/$/m)) ?? '');

  async function transfer(answer: 'approve' | 'deny', end: string): Promise<void> {
    const refused = (await send('POST', '/transfers', GRACE)).json<{ step_up: unknown }>();
    await send('POST', '/step-up/flow', refused.step_up);
    emulator.phone('ada')[answer]();
    for (let view: View | undefined; view?.state !== end; ) {
      const waits = { prefer: 'wait=25', ...(view && { 'if-none-match': `"${view.version}"` }) };
      const news = await send('GET', '/step-up/flow', undefined, waits);
      view = news.status === 304 ? view : news.json<View>();
    }
  }
  await send('POST', '/login', { username: 'ada', password: 'correct-horse' });
  await transfer('approve', 'approved');
  const done = await send('POST', '/transfers', GRACE);
  // The phone is left alone for a moment after each push.
  await program.skipTime(1_000);
  await transfer('deny', 'rejected');
  const page = await (await fetch(metricsUrl)).text();

  expect(done.status).toBe(201);
  const metric = (series: string): number =>
    Number(
      page
        .split('\n')
        .find((line) => line.startsWith(series))
        ?.split(' ')
        .at(-1),
    );
  expect(metric('stepgate_flows{state="polling"}')).toBe(0);
  expect(metric('stepgate_flows{state="approved"}')).toBe(1);
  expect(metric('stepgate_flows{state="rejected"}')).toBe(1);
  expect(metric('stepgate_flows_ended_total{end="approved"}')).toBe(1);
  expect(metric('stepgate_flows_ended_total{end="rejected",reason="rejected"}')).toBe(1);
  expect(metric('stepgate_events_total{type="push.rejected"}')).toBe(1);
  expect(metric('stepgate_approval_seconds_count')).toBe(1);
  expect(metric('stepgate_effect_seconds_count{effect="poll",fact="poll.rejected"}')).toBe(1);
  expect(metric('stepgate_tenant_seconds_count{method="POST",path="/mfa/challenge",status="200"}')).toBe(2);
  expect(metric('stepgate_errors_total{at="guard",code="insufficient_user_authentication"}')).toBe(2);
  expect(metric('stepgate_store_seconds_count{operation="read",kind="handle"}')).toBeGreaterThan(5);

  // The refused request, the start of the flow with everything that it does, and the request that succeeded.
  const trees = program.stdout.split(/\n(?! )/).map((tree) => tree.replace(/ \([\d.]+ ms\)/g, ''));
  expect(trees).toContain('POST /transfers -> 401\n  guard -> 401 insufficient_user_authentication');
  const start = trees.find((tree) => tree.startsWith('POST /step-up/flow -> 201')) ?? '';
  expect(start).toContain('\n  effect challenge -> challenge.sent\n');
  expect(start).toContain('\n    tenant POST /mfa/challenge -> 200');
  expect(trees.find((tree) => tree.startsWith('POST /transfers -> 201'))).toContain(
    '\n  guard -> push\n    store read handle',
  );
  expect(program.stderr).toBe('');

  program.interrupt();
  expect(await program.ended).toBe(0);
});
