import { afterEach, describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import {
  createRemoteStepUp,
  type FlowView,
  type RemoteStepUp,
  type RemoteStepUpOptions,
  type StepUpActor,
  type StepUpRequest,
} from '../../src/index.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { createManualPresence, type ManualPresence } from '../support/manual-presence.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';
import { app, pollingView, promptingView, texts, viewOf } from '../support/views.ts';

afterEach(() => void vi.restoreAllMocks());

interface Scene {
  readonly server: ScriptedServer;
  readonly clock: ManualClock;
  readonly presence: ManualPresence;
  readonly stepUp: RemoteStepUp;
}

async function createScene(options: RemoteStepUpOptions = {}): Promise<Scene> {
  const server = await startScriptedServer();
  const clock = createManualClock();
  const presence = createManualPresence();
  const stepUp = createRemoteStepUp({
    basePath: server.basePath,
    requirement: 'ticket',
    clock,
    presence,
    random: () => 0,
    ...options,
  });
  onTestFinished(() => stepUp.stop());
  return { server, clock, presence, stepUp };
}

/** A scene in which the flow waits for the phone, with an open stream. */
async function createWaitingScene(options?: RemoteStepUpOptions): Promise<Scene> {
  const scene = await createScene(options);
  scene.server.onStart = () => pollingView({ version: 3 });
  scene.stepUp.send({ type: 'flow.start' });
  await until(scene.stepUp, ({ connection }) => connection === 'live');
  return scene;
}

/** A scene in which the flow asks for a code. */
async function createPromptingScene(): Promise<Scene> {
  const scene = await createScene();
  scene.server.onStart = () => promptingView({ version: 3 });
  scene.stepUp.send({ type: 'flow.start' });
  await until(scene.stepUp, ({ connection }) => connection === 'live');
  return scene;
}

describe('a remote flow', () => {
  it('has the interface of every step-up actor, whose types the package exports too', () => {
    expectTypeOf<RemoteStepUp>().toExtend<StepUpActor>();
    expectTypeOf<RemoteStepUp['view']>().toEqualTypeOf<FlowView>();
    expectTypeOf<RemoteStepUp['send']>().parameter(0).toEqualTypeOf<StepUpRequest>();
  });

  it('ignores unknown and incomplete events, which do not compile', async () => {
    const { server, stepUp } = await createScene();

    // @ts-expect-error -- no such request
    stepUp.send({ type: 'flow.begin' });
    // @ts-expect-error -- a fact is not a request
    stepUp.send({ type: 'poll.rejected' });
    // @ts-expect-error -- a code is missing
    stepUp.send({ type: 'code.submit' });

    expect(stepUp.getSnapshot()).toMatchObject({ status: 'active', view: { state: 'idle' } });
    expect(server.requests).toHaveLength(0);
  });

  it('sends nothing before it is started, and lists what can be requested', async () => {
    const { server, stepUp } = await createScene();

    expect(stepUp.view).toMatchObject({ state: 'idle', allowedEvents: ['flow.start', 'flow.cancel'] });
    expect(server.requests).toHaveLength(0);
  });

  it('starts with its requirement and follows the flow by event stream to its end', async () => {
    const { server, stepUp } = await createWaitingScene();
    let isComplete = false;
    stepUp.subscribe({ complete: () => (isComplete = true) });

    server.tell(viewOf('identifying', { version: 4 }));
    await until(stepUp, ({ view }) => view.state === 'identifying');
    server.tell(viewOf('approved', { version: 5 }));
    const { status } = await until(stepUp, ({ view }) => view.state === 'approved');

    expect(status).toBe('done');
    expect(isComplete).toBe(true);
    expect(JSON.parse((await server.request('POST /flow')).body)).toEqual({ requirement: 'ticket' });
    expect(server.count('GET /flow')).toBe(1);
  });

  it('ends the watch with the flow', async () => {
    const { presence, server, stepUp } = await createWaitingScene();

    server.tell(viewOf('approved', { version: 4 }));
    await until(stepUp, ({ status }) => status === 'done');

    expect(presence.listeners).toBe(0);
  });

  it('keeps the identity of its snapshot until something changes', async () => {
    const { server, stepUp } = await createWaitingScene();
    const before = stepUp.getSnapshot();
    let calls = 0;
    stepUp.subscribe(() => (calls += 1));

    server.tell(pollingView({ version: 3, now: 1_005_000, nextPollAt: 1_010_000 }));
    server.tell(pollingView({ version: 4, now: 1_006_000 }));
    await until(stepUp, ({ view }) => view.version === 4);

    expect(calls).toBe(1);
    expect(before).not.toBe(stepUp.getSnapshot());
    expect(stepUp.getSnapshot()).toBe(stepUp.getSnapshot());
  });

  it('ignores a view of an earlier request that is older than the last one', async () => {
    const { server, stepUp } = await createWaitingScene();
    server.onEvent = () => viewOf('challenging', { version: 6 });
    stepUp.send({ type: 'challenge.resend' });
    await until(stepUp, ({ view, pending }) => view.version === 6 && pending === undefined);
    const seen: number[] = [];
    stepUp.subscribe(({ view }) => seen.push(view.version));

    server.tell(viewOf('listing', { version: 5 }));
    server.tell(pollingView({ version: 7 }));
    await until(stepUp, ({ view }) => view.version === 7);

    expect(seen).toEqual([7]);
  });

  it('closes connections, completes observers and asks nothing more when it is stopped', async () => {
    const { presence, server, stepUp } = await createWaitingScene();
    const stream = await server.request('GET /flow');
    let isComplete = false;
    stepUp.subscribe({ complete: () => (isComplete = true) });

    stepUp.stop();
    await stream.closed;
    stepUp.send({ type: 'flow.cancel' });

    expect(stepUp.getSnapshot().status).toBe('stopped');
    expect(isComplete).toBe(true);
    expect(presence.listeners).toBe(0);
    expect(server.count('DELETE /flow')).toBe(0);
  });
});

describe('starting', () => {
  it('posts only once, even if it is asked twice', async () => {
    const { server, stepUp } = await createScene();

    stepUp.send({ type: 'flow.start' });
    stepUp.send({ type: 'flow.start' });
    expect(stepUp.getSnapshot().pending).toBe('flow.start');
    await until(stepUp, ({ view }) => view.state === 'authenticating');
    stepUp.send({ type: 'flow.start' });
    await server.request('GET /flow');

    expect(server.count('POST /flow')).toBe(1);
  });

  it('shows a lost request as an error, after which it can be sent again', async () => {
    const { server, stepUp } = await createScene();
    server.fail('POST /flow', { type: 'drop' });

    stepUp.send({ type: 'flow.start' });
    const { error, view } = await until(stepUp, (snapshot) => snapshot.error !== undefined);
    expect(error?.code).toBe('unreachable');
    expect(view.state).toBe('idle');

    stepUp.send({ type: 'flow.start' });
    await until(stepUp, (snapshot) => snapshot.view.state === 'authenticating');
    expect(stepUp.getSnapshot().error).toBeUndefined();
  });

  it.each([
    ['no network in Chromium', new TypeError('Failed to fetch')],
    ['no network in Firefox', new TypeError('NetworkError when attempting to fetch resource.')],
    ['no network in Safari', new TypeError('Load failed')],
    ['no network in Node', new TypeError('fetch failed')],
    ['a request that took too long', new DOMException('The operation timed out.', 'TimeoutError')],
  ])('writes nothing to the console about %s', async (_what, error) => {
    const written = vi.spyOn(console, 'error');
    const { stepUp } = await createScene({ fetch: () => Promise.reject(error) });

    stepUp.send({ type: 'flow.start' });

    const snapshot = await until(stepUp, (each) => each.error !== undefined);
    expect(snapshot.error).toMatchObject({ code: 'unreachable', message: 'no answer' });
    expect(written).not.toHaveBeenCalled();
  });

  it("writes a fault of the app's own fetch to the console, once, and names it in the error", async () => {
    const written = vi.spyOn(console, 'error').mockReturnValue();
    const fetch = (): never => (undefined as never as { token: never }).token;
    const { stepUp } = await createScene({ fetch });

    stepUp.send({ type: 'flow.start' });

    const { error } = await until(stepUp, (each) => each.error !== undefined);
    expect(error?.code).toBe('unreachable');
    expect(error?.message).toContain('TypeError: Cannot read properties of undefined');
    expect(written).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('remote-step-up.test.ts'));
  });

  it('goes on when an observer throws, and writes that to the console', async () => {
    const written = vi.spyOn(console, 'error').mockReturnValue();
    const { server, stepUp } = await createScene();
    server.onStart = () => pollingView({ version: 3 });
    const subscription = stepUp.subscribe(({ view }) => {
      if (view.state === 'polling') throw new TypeError('a fault of the screen');
    });

    stepUp.send({ type: 'flow.start' });

    const { error } = await until(stepUp, ({ connection }) => connection === 'live');
    subscription.unsubscribe();
    expect(error).toBeUndefined();
    expect(written).toHaveBeenCalledWith(expect.stringContaining('a fault of the screen'));
  });

  it('clears the error of a lost start when the network is back', async () => {
    const { presence, server, stepUp } = await createScene();
    server.fail('POST /flow', { type: 'drop' });
    presence.disconnect();
    stepUp.send({ type: 'flow.start' });
    await until(stepUp, ({ error }) => error?.code === 'unreachable');

    presence.show();
    expect(stepUp.getSnapshot().error?.code).toBe('unreachable');
    presence.reconnect();

    expect(stepUp.getSnapshot().error).toBeUndefined();
    expect(presence.listeners).toBe(0);
  });

  it.each([429, 503])(
    'calls a proxy that turns it away with %i overloaded, not unreachable',
    async (status) => {
      const { server, stepUp } = await createScene();
      server.fail('POST /flow', { type: 'answer', status, body: '<html>' });

      stepUp.send({ type: 'flow.start' });

      expect((await until(stepUp, ({ error }) => error !== undefined)).error?.code).toBe('overloaded');
    },
  );

  it('says how long to wait after too many', async () => {
    const { server, stepUp } = await createScene();
    const headers = { 'retry-after': '30' };
    server.fail('POST /flow', { type: 'answer', status: 429, headers, body: { error: 'rate_limited' } });

    stepUp.send({ type: 'flow.start' });
    const { error } = await until(stepUp, (snapshot) => snapshot.error !== undefined);

    expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 30_000 });
  });

  it('does not start again with an expired requirement', async () => {
    const { server, stepUp } = await createScene();
    server.fail('POST /flow', { type: 'answer', status: 400, body: { error: 'requirement_expired' } });

    stepUp.send({ type: 'flow.start' });
    const { view } = await until(stepUp, ({ error }) => error?.code === 'requirement_expired');

    expect(view.allowedEvents).not.toContain('flow.start');
  });

  it('cancels another flow of this browser only in takeOver', async () => {
    const { server, stepUp } = await createScene();
    server.view = pollingView();
    server.fail('POST /flow', { type: 'answer', status: 409, body: { error: 'flow_in_progress' } });

    stepUp.send({ type: 'flow.start' });
    await until(stepUp, ({ error }) => error?.code === 'flow_in_progress');
    expect(server.count('DELETE /flow')).toBe(0);

    stepUp.takeOver();
    await until(stepUp, ({ view }) => view.state === 'authenticating');
    expect(server.requests.slice(0, 3).map(({ method }) => method)).toEqual(['POST', 'DELETE', 'POST']);
  });
});

describe('two tabs that start at once', () => {
  const busy = {
    type: 'answer',
    status: 409,
    headers: { 'retry-after': '1' },
    body: { error: 'flow_in_progress' },
  } as const;

  it('share a flow: the later tab tries again when the other start is over', async () => {
    const { clock, server, stepUp } = await createScene();
    server.fail('POST /flow', busy, busy);

    stepUp.send({ type: 'flow.start' });
    await clock.timerOf((ms) => ms === 1_000);
    expect(stepUp.getSnapshot()).toMatchObject({ pending: 'flow.start', error: undefined });
    clock.advance(1_000);
    await server.request('POST /flow', 2);
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);

    await until(stepUp, ({ connection }) => connection === 'live');
    expect(server.count('POST /flow')).toBe(3);
  });

  it.each(['a cancel', 'a stop'])('do not start again after %s', async (end) => {
    const { clock, server, stepUp } = await createScene();
    server.fail('POST /flow', busy);
    stepUp.send({ type: 'flow.start' });
    await clock.timerOf((ms) => ms === 1_000);

    if (end === 'a stop') stepUp.stop();
    else stepUp.send({ type: 'flow.cancel' });
    await until(stepUp, ({ status }) => status !== 'active');
    clock.advance(1_000);
    await server.settle();

    expect(server.count('POST /flow')).toBe(1);
  });

  it('do not start again while a cancel is under way', async () => {
    const { clock, server, stepUp } = await createScene();
    server.fail('POST /flow', busy);
    server.fail('DELETE /flow', { type: 'hang' });
    stepUp.send({ type: 'flow.start' });
    await clock.timerOf((ms) => ms === 1_000);

    stepUp.send({ type: 'flow.cancel' });
    await server.request('DELETE /flow');
    clock.advance(1_000);
    await server.settle();

    expect(server.count('POST /flow')).toBe(1);
  });
});

describe('joining', () => {
  it('joins the flow of this browser without starting one', async () => {
    const { server, stepUp } = await createScene();
    server.view = pollingView();

    expect(await stepUp.join()).toBe(true);

    expect(stepUp.view.state).toBe('polling');
    expect(server.count('POST /flow')).toBe(0);
  });

  it('finds nothing if there is no flow, or if it has ended', async () => {
    const { server, stepUp } = await createScene();

    expect(await stepUp.join()).toBe(false);
    server.view = viewOf('approved');
    expect(await stepUp.join()).toBe(false);

    expect(stepUp.getSnapshot()).toMatchObject({ status: 'active', view: { state: 'idle' } });
    expect(stepUp.getSnapshot().error).toBeUndefined();
  });
});

describe('asking something of a flow', () => {
  it('sends the event with the version that the user saw', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.onEvent = () => viewOf('identifying', { version: 4 });

    stepUp.send({ type: 'code.submit', code: '123456' });
    await until(stepUp, ({ view }) => view.state === 'identifying');

    const { body, headers } = await server.request('POST /flow/events');
    expect(JSON.parse(body)).toEqual({ type: 'code.submit', code: '123456' });
    expect(headers['if-match']).toBe('"3"');
  });

  it('ignores what the flow does not allow now', async () => {
    const { server, stepUp } = await createWaitingScene();

    stepUp.send({ type: 'code.submit', code: '123456' });

    expect(stepUp.getSnapshot().pending).toBeUndefined();
    expect(server.count('POST /flow/events')).toBe(0);
  });

  it('sends a double click once', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.fail('POST /flow/events', { type: 'hang' });

    stepUp.send({ type: 'code.submit', code: '123456' });
    await server.request('POST /flow/events');
    stepUp.send({ type: 'code.submit', code: '123456' });
    await server.settle();

    expect(server.count('POST /flow/events')).toBe(1);
  });

  it('repeats an event once when the view was stale and the event still makes sense', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.view = promptingView({ version: 7 });
    server.onEvent = () => viewOf('identifying', { version: 8 });

    stepUp.send({ type: 'code.submit', code: '123456' });
    await until(stepUp, ({ view }) => view.state === 'identifying');

    expect((await server.request('POST /flow/events', 2)).headers['if-match']).toBe('"7"');
    expect(server.count('POST /flow/events')).toBe(2);
  });

  it('takes the next request as soon as the flow has moved on, before the last answer arrives', async () => {
    const { server, stepUp } = await createScene();
    server.onStart = () => pollingView({ version: 3, allowedEvents: ['factor.choose', 'flow.cancel'] });
    stepUp.send({ type: 'flow.start' });
    await until(stepUp, ({ connection }) => connection === 'live');
    server.fail('POST /flow/events', { type: 'hang' });
    stepUp.send({ type: 'factor.choose', authenticatorId: app.id });
    await server.request('POST /flow/events');
    stepUp.send({ type: 'factor.choose', authenticatorId: app.id });
    server.tell(promptingView({ version: 7 }));
    const { pending } = await until(stepUp, ({ view }) => view.state === 'prompting');
    server.onEvent = () => viewOf('identifying', { version: 8 });

    stepUp.send({ type: 'code.submit', code: '123456' });
    await until(stepUp, ({ view }) => view.state === 'identifying');

    expect(pending).toBeUndefined();
    expect(server.count('POST /flow/events')).toBe(2);
  });

  it('keeps the first request when the user clicks again and only the view’s reason has changed', async () => {
    const { server, stepUp } = await createWaitingScene();
    server.fail('POST /flow/events', { type: 'hang' });
    let isBrokenOff = false;
    stepUp.send({ type: 'challenge.resend' });
    const first = await server.request('POST /flow/events');
    void first.closed.then(() => (isBrokenOff = true));
    server.tell(pollingView({ version: 4, reason: 'rate_limited' }));
    const { pending } = await until(stepUp, ({ view }) => view.reason === 'rate_limited');

    stepUp.send({ type: 'challenge.resend' });
    await server.settle();

    expect(pending).toBe('challenge.resend');
    expect(server.count('POST /flow/events')).toBe(1);
    expect(isBrokenOff).toBe(false);
  });

  it('takes no other request while a cancel is under way, even if the flow moves', async () => {
    const { server, stepUp } = await createWaitingScene();
    server.fail('DELETE /flow', { type: 'hang' });
    stepUp.send({ type: 'flow.cancel' });
    await server.request('DELETE /flow');
    server.tell(viewOf('rejected', { version: 7, allowedEvents: ['flow.retry', 'flow.cancel'] }));
    const { pending } = await until(stepUp, ({ view }) => view.state === 'rejected');

    stepUp.send({ type: 'flow.retry' });
    await server.settle();

    expect(pending).toBe('flow.cancel');
    expect(server.count('POST /flow/events')).toBe(0);
  });

  it('takes no other request while the last one is repeated for a newer view', async () => {
    const { server, stepUp } = await createScene();
    server.onStart = () => pollingView({ version: 3, allowedEvents: ['factor.choose', 'flow.cancel'] });
    stepUp.send({ type: 'flow.start' });
    await until(stepUp, ({ connection }) => connection === 'live');
    server.view = viewOf('rejected', { version: 7, allowedEvents: ['factor.choose', 'flow.cancel'] });
    server.fail(
      'POST /flow/events',
      { type: 'answer', status: 412, body: { error: 'version_stale' } },
      { type: 'hang' },
    );
    stepUp.send({ type: 'factor.choose', authenticatorId: app.id });
    await server.request('POST /flow/events', 2);

    stepUp.send({ type: 'factor.choose', authenticatorId: app.id });
    await server.settle();

    expect(stepUp.getSnapshot().pending).toBe('factor.choose');
    expect(server.count('POST /flow/events')).toBe(2);
  });

  it('does not repeat an event that the newer view does not allow', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.view = viewOf('expired', { version: 7, allowedEvents: ['flow.retry', 'flow.cancel'] });

    stepUp.send({ type: 'code.submit', code: '123456' });
    const { error } = await until(stepUp, ({ pending, view }) => view.version === 7 && pending === undefined);

    expect(error).toBeUndefined();
    expect(server.count('POST /flow/events')).toBe(1);
  });

  it('does not repeat a code for another challenge', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.view = promptingView({
      version: 7,
      factor: 'sms',
      authenticatorId: texts.id,
      authenticators: [app, texts],
    });

    stepUp.send({ type: 'code.submit', code: '123456' });
    await until(stepUp, ({ pending, view }) => view.version === 7 && pending === undefined);

    expect(server.count('POST /flow/events')).toBe(1);
  });

  it('does not repeat "send again" before its time has come', async () => {
    const { clock, server, stepUp } = await createWaitingScene();
    server.view = pollingView({ version: 7, now: 1_020_000, resendAllowedAt: 1_030_000 });
    clock.advance(20_000);

    stepUp.send({ type: 'challenge.resend' });
    await until(stepUp, ({ pending, view }) => view.version === 7 && pending === undefined);

    expect(server.count('POST /flow/events')).toBe(1);
  });

  it('shows a refusal and stays in the flow', async () => {
    const { server, stepUp } = await createWaitingScene();
    server.fail('POST /flow/events', { type: 'answer', status: 409, body: { error: 'event_not_allowed' } });

    stepUp.send({ type: 'challenge.resend' });
    const { status, view } = await until(stepUp, ({ error }) => error?.code === 'event_not_allowed');

    expect(status).toBe('active');
    expect(view.state).toBe('polling');
  });

  it('does not repeat an event whose answer was lost', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.fail('POST /flow/events', { type: 'drop' });

    stepUp.send({ type: 'code.submit', code: '123456' });
    const { view } = await until(stepUp, ({ error }) => error?.code === 'unreachable');

    expect(view.state).toBe('prompting');
    expect(server.count('POST /flow/events')).toBe(1);
  });
});

describe('cancelling', () => {
  it('ends the flow on the server', async () => {
    const { server, stepUp } = await createWaitingScene();

    stepUp.send({ type: 'flow.cancel' });
    const { view } = await until(stepUp, ({ status }) => status === 'done');

    expect(view).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
    expect(server.count('DELETE /flow')).toBe(1);
  });

  it('works while another request is under way', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.fail('POST /flow/events', { type: 'hang' });

    stepUp.send({ type: 'code.submit', code: '123456' });
    await server.request('POST /flow/events');
    stepUp.send({ type: 'flow.cancel' });

    expect((await until(stepUp, ({ status }) => status === 'done')).view.state).toBe('cancelled');
  });

  it('reaches a flow that is just being started', async () => {
    const { server, stepUp } = await createScene();
    server.fail('POST /flow', { type: 'hang' });

    stepUp.send({ type: 'flow.start' });
    await server.request('POST /flow');
    stepUp.send({ type: 'flow.cancel' });
    const { view } = await until(stepUp, ({ status }) => status === 'done');

    expect(view.state).toBe('cancelled');
    expect(server.count('DELETE /flow')).toBe(1);
  });

  it('ends a flow even if it overtakes the start', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { server, stepUp } = await createScene({
      async fetch(input, init) {
        if (init?.method === 'POST') await held;
        return fetch(input, init);
      },
    });

    stepUp.send({ type: 'flow.start' });
    stepUp.send({ type: 'flow.cancel' });
    const { view } = await until(stepUp, ({ status }) => status === 'done');
    expect(view.state).toBe('cancelled');
    expect(server.view).toBeUndefined();
    letGo();
    await server.request('DELETE /flow', 2);

    expect(server.requests.map(({ method }) => method)).toEqual(['DELETE', 'POST', 'DELETE']);
    expect(server.view).toMatchObject({ state: 'cancelled' });
  });

  it('leaves the flow of another tab alone when its own start was refused', async () => {
    const { server, stepUp } = await createScene();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    server.fail('POST /flow', { type: 'answer', status: 409, body: { error: 'flow_in_progress' } });
    const { stepUp: other } = await createScene({
      basePath: server.basePath,
      async fetch(input, init) {
        const answer = await fetch(input, init);
        if (init?.method === 'POST') await held;
        return answer;
      },
    });

    other.send({ type: 'flow.start' });
    await server.request('POST /flow');
    other.send({ type: 'flow.cancel' });
    await until(other, ({ status }) => status === 'done');
    letGo();
    await server.settle();

    expect(server.count('DELETE /flow')).toBe(1);
    expect(stepUp.view.state).toBe('idle');
  });

  it('needs no server when nothing was started', async () => {
    const { server, stepUp } = await createScene();

    stepUp.send({ type: 'flow.cancel' });
    await until(stepUp, ({ status }) => status === 'done');

    expect(server.requests).toHaveLength(0);
  });
});

describe('following', () => {
  it('reconnects with growing pauses, and never ends the flow for a lost connection', async () => {
    const { clock, server, stepUp } = await createWaitingScene();
    server.fail(
      'GET /flow',
      { type: 'drop' },
      { type: 'answer', status: 503, body: '<html>' },
      { type: 'drop' },
    );

    clock.advance(30_000);
    server.endWaits();
    for (const [nth, ms] of [
      [2, 1_000],
      [3, 1_000],
      [4, 2_000],
      [5, 4_000],
    ] as const) {
      await clock.timerOf((wanted) => wanted === ms);
      clock.advance(ms);
      await server.request('GET /flow', nth);
    }
    server.tell(viewOf('approved', { version: 4 }));

    expect((await until(stepUp, ({ status }) => status === 'done')).view.state).toBe('approved');
  });

  it('reports a lost connection from the second failure, and when it is back', async () => {
    const { clock, server, stepUp } = await createWaitingScene();
    const seen: unknown[] = [];
    stepUp.subscribe(({ connection }) => seen.push(connection));
    server.fail('GET /flow', { type: 'drop' }, { type: 'drop' });

    clock.advance(30_000);
    server.endWaits();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await clock.timerOf((ms) => ms === 1_000);
    expect(seen).toEqual([]);
    clock.advance(1_000);
    await until(stepUp, ({ connection }) => connection === 'lost');
    await clock.timerOf((ms) => ms === 2_000);
    clock.advance(2_000);
    await until(stepUp, ({ connection }) => connection === 'live');

    expect(seen).toEqual(['lost', 'live']);
  });

  it.each([
    ['of its own', { error: 'overloaded' }],
    ['of a proxy', '<html>'],
  ])('reports a full server as busy, not lost, with an answer %s', async (_, body) => {
    const { clock, server, stepUp } = await createWaitingScene();
    const seen: unknown[] = [];
    stepUp.subscribe(({ connection }) => seen.push(connection));
    const full = { type: 'answer', status: 503, headers: { 'retry-after': '20' }, body } as const;
    server.fail('GET /flow', full, full);

    clock.advance(30_000);
    server.endWaits();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await clock.timerOf((ms) => ms === 20_000);
    clock.advance(20_000);
    await until(stepUp, ({ connection }) => connection === 'busy');
    await clock.timerOf((ms) => ms === 20_000);
    clock.advance(20_000);
    await until(stepUp, ({ connection }) => connection === 'live');

    expect(seen).toEqual(['busy', 'live']);
  });

  it('tries at once when the network is back', async () => {
    const { clock, presence, server, stepUp } = await createWaitingScene();
    server.fail('GET /flow', { type: 'drop' });
    clock.advance(30_000);
    server.endWaits();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await server.request('GET /flow', 2);
    await clock.timerOf((ms) => ms === 1_000);

    presence.reconnect();
    await server.request('GET /flow', 3);

    expect(stepUp.getSnapshot().status).toBe('active');
  });

  it('reports at once that the network is gone, and catches up at once when it is back', async () => {
    const { clock, presence, server, stepUp } = await createWaitingScene();
    const stream = await server.request('GET /flow');
    server.fail('GET /flow', { type: 'drop' });

    presence.disconnect();
    await stream.closed;
    await until(stepUp, ({ connection }) => connection === 'lost');
    expect(stepUp.getSnapshot()).toMatchObject({ status: 'active', view: { state: 'polling' } });
    expect(stepUp.getSnapshot().error).toBeUndefined();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await server.request('GET /flow', 2);
    await clock.timerOf((ms) => ms === 2_000);

    server.view = viewOf('approved', { version: 9 });
    presence.reconnect();
    expect((await until(stepUp, ({ status }) => status === 'done')).view.state).toBe('approved');
    expect(server.count('GET /flow')).toBe(3);
  });

  it('clears the error of a lost request when the connection is back', async () => {
    const { clock, presence, server, stepUp } = await createPromptingScene();
    server.fail('GET /flow', { type: 'drop' });
    server.fail('POST /flow/events', { type: 'drop' });

    presence.disconnect();
    await until(stepUp, ({ connection }) => connection === 'lost');
    stepUp.send({ type: 'code.submit', code: '123456' });
    await until(stepUp, ({ error }) => error?.code === 'unreachable');
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await clock.timerOf((ms) => ms === 2_000);
    expect(stepUp.getSnapshot().error?.code).toBe('unreachable');

    presence.reconnect();
    await until(stepUp, ({ connection }) => connection === 'live');
    expect(stepUp.getSnapshot().error).toBeUndefined();
  });

  it('clears the error of a lost request at the next heartbeat of a live stream', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.fail('POST /flow/events', { type: 'drop' });
    stepUp.send({ type: 'code.submit', code: '123456' });
    await until(stepUp, ({ error }) => error?.code === 'unreachable');

    server.write(': still here\n\n');

    expect((await until(stepUp, ({ error }) => error === undefined)).connection).toBe('live');
  });

  it('keeps the error of a refused request at a heartbeat', async () => {
    const { server, stepUp } = await createPromptingScene();
    server.fail('POST /flow/events', { type: 'answer', status: 400, body: { error: 'invalid_request' } });
    stepUp.send({ type: 'code.submit', code: '123456' });
    await until(stepUp, ({ error }) => error?.code === 'invalid_request');

    server.write(': still here\n\n');
    server.tell(promptingView({ version: 4 }));
    await until(stepUp, ({ view }) => view.version === 4);

    expect(stepUp.getSnapshot().error?.code).toBe('invalid_request');
  });

  it('continues offline if the server can be reached', async () => {
    const { clock, presence, stepUp } = await createWaitingScene();

    presence.disconnect();
    await until(stepUp, ({ connection }) => connection === 'lost');
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);

    await until(stepUp, ({ connection }) => connection === 'live');
    expect(presence.isOffline).toBe(true);
  });

  it.each([
    [429, 'too_many_watchers'],
    [503, 'overloaded'],
  ])('waits for as long as the server says: %i %s', async (status, error) => {
    const { clock, presence, server } = await createWaitingScene();
    const headers = { 'retry-after': '20' };
    server.fail('GET /flow', { type: 'answer', status, headers, body: { error } });
    clock.advance(30_000);
    server.endWaits();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);

    await clock.timerOf((ms) => ms === 20_000);
    presence.reconnect();
    clock.advance(19_999);
    await server.settle();
    expect(server.count('GET /flow')).toBe(2);
    clock.advance(1);
    await server.request('GET /flow', 3);
  });

  it.each([
    [429, 'too_many_watchers'],
    [503, 'overloaded'],
  ])('sees the approval even if the server never has room for a watcher: %i %s', async (status, error) => {
    const { clock, server, stepUp } = await createScene();
    const headers = { 'retry-after': '20' };
    server.onStart = () => pollingView({ version: 3 });
    const refusal = { type: 'answer', status, headers, body: { error } } as const;
    server.fail(
      'GET /flow',
      { type: 'answer', status: 200, headers, body: pollingView({ version: 3 }) },
      refusal,
      refusal,
    );
    stepUp.send({ type: 'flow.start' });

    for (const nth of [3, 4]) {
      await clock.timerOf((ms) => ms === 20_000);
      clock.advance(19_999);
      await server.settle();
      expect(server.count('GET /flow')).toBe(nth - 1);
      if (nth === 4) server.tell(viewOf('approved', { version: 4 }));
      clock.advance(1);
      await server.request('GET /flow', nth);
    }

    expect((await until(stepUp, ({ status }) => status === 'done')).view.state).toBe('approved');
  });

  it('asks nothing while the tab is hidden, and catches up at once when it is shown', async () => {
    const { clock, presence, server, stepUp } = await createWaitingScene();
    const stream = await server.request('GET /flow');

    presence.hide();
    await stream.closed;
    await until(stepUp, ({ connection }) => connection === 'paused');
    clock.advance(120_000);
    expect(server.count('GET /flow')).toBe(1);

    server.view = viewOf('approved', { version: 9 });
    presence.show();
    expect((await until(stepUp, ({ status }) => status === 'done')).view.state).toBe('approved');
  });

  it('comes back after a glance at another tab without a back-off', async () => {
    const { presence, server } = await createWaitingScene();

    presence.hide();
    presence.show();

    await server.request('GET /flow', 2);
  });

  it('falls back to long-polling if the server sends no stream', async () => {
    const { server, stepUp } = await createScene();
    server.onStart = () => pollingView({ version: 3 });
    server.fail('GET /flow', { type: 'answer', status: 200, body: pollingView({ version: 3 }) });

    stepUp.send({ type: 'flow.start' });
    const { headers } = await server.request('GET /flow', 2);
    expect(headers).toMatchObject({ 'if-none-match': '"3"', prefer: 'wait=25' });
    server.tell(viewOf('approved', { version: 4 }));

    expect((await until(stepUp, ({ status }) => status === 'done')).view.state).toBe('approved');
  });

  it('falls back to long-polling when something holds the stream back', async () => {
    const { clock, server, stepUp } = await createScene();
    server.onStart = () => pollingView({ version: 3 });
    server.fail('GET /flow', { type: 'hang' });

    stepUp.send({ type: 'flow.start' });
    await server.request('GET /flow');
    clock.advance(10_000);
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);

    expect((await server.request('GET /flow', 2)).headers.prefer).toBe('wait=25');
  });

  it('opens a new stream when the old one is silent', async () => {
    const { clock, server } = await createWaitingScene();

    clock.advance(40_000);
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);

    expect((await server.request('GET /flow', 2)).headers.accept).toBe('text/event-stream');
  });

  it('keeps a stream open while heartbeats come', async () => {
    const { clock, server } = await createWaitingScene();

    clock.advance(30_000);
    server.write(': still here\n\n');
    await clock.timerOf((ms) => ms === 40_000);
    server.tell(pollingView({ version: 4 }));
    clock.advance(15_000);

    expect(server.count('GET /flow')).toBe(1);
  });

  it('waits between long-polls that are answered at once with nothing new', async () => {
    const { clock, server, stepUp } = await createScene();
    server.onStart = () => pollingView({ version: 3 });
    server.fail(
      'GET /flow',
      { type: 'answer', status: 200, body: pollingView({ version: 3 }) },
      { type: 'answer', status: 304 },
    );

    stepUp.send({ type: 'flow.start' });
    await clock.timerOf((ms) => ms === 5_000);
    expect(server.count('GET /flow')).toBe(2);
    clock.advance(5_000);
    await server.request('GET /flow', 3);
  });

  it('goes back to the start when the flow is gone', async () => {
    const { clock, server, stepUp } = await createWaitingScene();

    clock.advance(30_000);
    server.view = undefined;
    server.endWaits();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    const { error, view } = await until(stepUp, ({ view: { state } }) => state === 'idle');

    expect(error?.code).toBe('flow_not_found');
    expect(view.allowedEvents).toContain('flow.start');
  });

  it('stops asking when the user is signed out', async () => {
    const { clock, presence, server, stepUp } = await createWaitingScene();
    server.fail('GET /flow', { type: 'answer', status: 401, body: { error: 'login_required' } });

    clock.advance(30_000);
    server.endWaits();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await until(stepUp, ({ error }) => error?.code === 'login_required');

    expect(presence.listeners).toBe(0);
  });

  it('treats an error without a code as a lost connection', async () => {
    const { clock, server, stepUp } = await createWaitingScene();
    server.fail('GET /flow', { type: 'answer', status: 404, body: { error: 'Not Found' } });

    clock.advance(30_000);
    server.endWaits();
    await clock.timerOf((ms) => ms === 1_000);
    clock.advance(1_000);
    await server.request('GET /flow', 2);
    await clock.timerOf((ms) => ms === 1_000);

    expect(stepUp.getSnapshot()).toMatchObject({ status: 'active', view: { state: 'polling' } });
  });

  it('treats an answer that is not a view as a lost connection', async () => {
    const { server, stepUp } = await createScene();
    server.fail('POST /flow', { type: 'answer', status: 200, body: '<html>sign in</html>' });

    stepUp.send({ type: 'flow.start' });

    expect((await until(stepUp, ({ error }) => error !== undefined)).error?.code).toBe('unreachable');
  });
});
