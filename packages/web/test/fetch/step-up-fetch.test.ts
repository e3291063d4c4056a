import { PATIENT } from 'suites/patience.ts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createStepUpFetch, StepUpCancelled, type StepUpFetchOptions } from '../../src/index.ts';
import { type Bank, shown, startBank } from '../support/bank.ts';
import { send } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';
import { stubUserGesture } from '../support/user-gesture.ts';
import { viewOf } from '../support/views.ts';

interface FetchingBank extends Bank {
  readonly fetch: typeof globalThis.fetch;
}

async function createBank(options: StepUpFetchOptions = {}): Promise<FetchingBank> {
  const bank = await startBank();
  return Object.assign(bank, { fetch: createStepUpFetch({ onStepUp: bank.onStepUp, ...options }) });
}

describe('stepUpFetch', () => {
  it('hands back every other response', async () => {
    const { fetch, prompts, server } = await createBank();
    server.onOther = (_exchange, response) => send(response, 401, { error: 'invalid_token' });

    const response = await fetch(`${server.url}/balance`);

    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: 'invalid_token' });
    expect(prompts).toHaveLength(0);
  });

  it('starts a flow when the call is refused, and repeats the call with its body after the approval', async () => {
    const bank = await createBank();
    const headers = { 'content-type': 'application/json', 'x-csrf': 'token' };
    const call = bank.fetch(`${bank.server.url}/transfers`, {
      method: 'POST',
      headers,
      body: '{"amount":250}',
    });

    await shown(bank);
    bank.approve();
    const response = await call;

    expect(await response.json()).toEqual({ path: '/transfers', body: '{"amount":250}' });
    expect(bank.calls).toHaveLength(2);
    expect(bank.calls[1]).toMatchObject({ method: 'POST', headers });
    const { body } = await bank.server.request('POST /flow');
    expect(JSON.parse(body)).toEqual({ requirement: 'ticket for /transfers' });
  });

  it('waits for a click before anything is sent to a phone, when the page calls by itself', async () => {
    stubUserGesture(false);
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/transfers`);

    const { stepUp } = await bank.prompt();
    await bank.server.settle();
    expect(stepUp.view).toMatchObject({ state: 'idle', allowedEvents: ['flow.start', 'flow.cancel'] });
    expect(bank.server.count('POST /flow')).toBe(0);
    stepUp.send({ type: 'flow.start' });
    await shown(bank);
    bank.approve();

    expect((await call).status).toBe(200);
  });

  it('leaves no flow behind when the user gives up before it has started', async () => {
    stubUserGesture(false);
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/transfers`);

    const { stepUp } = await bank.prompt();
    stepUp.send({ type: 'flow.cancel' });

    await expect(call).rejects.toMatchObject({ code: 'cancelled', reason: 'cancelled' });
    expect(bank.server.requests.map(({ path }) => path)).toEqual(['/transfers']);
  });

  it('starts the flow by itself after a gesture, even if the refusal comes late', async () => {
    const gesture = stubUserGesture(true);
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/transfers`);
    gesture.isActive = false;

    await shown(bank);
    bank.approve();

    expect((await call).status).toBe(200);
  });

  it('also starts the next flow by itself for a call that began with a gesture', async () => {
    const gesture = stubUserGesture(true);
    const bank = await createBank();
    bank.uses = 1;
    const calls = ['/a', '/b'].map((path) => bank.fetch(bank.server.url + path));
    gesture.isActive = false;

    await vi.waitUntil(() => bank.calls.length === 2, PATIENT);
    await shown(bank);
    bank.approve();
    await shown(bank, 2);
    bank.approve();

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('asks for a click in a browser without userActivation', async () => {
    vi.stubGlobal('document', {});
    vi.stubGlobal('navigator', {});
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/transfers`);

    const { stepUp } = await bank.prompt();
    await bank.server.settle();
    expect(bank.server.count('POST /flow')).toBe(0);
    stepUp.send({ type: 'flow.start' });
    await shown(bank);
    bank.approve();

    expect((await call).status).toBe(200);
  });

  it('accepts a Request with its body', async () => {
    const bank = await createBank();
    const call = bank.fetch(new Request(`${bank.server.url}/transfers`, { method: 'PUT', body: 'text' }));

    await shown(bank);
    bank.approve();

    expect(await (await call).json()).toMatchObject({ body: 'text' });
  });

  it('retries only once: a second refusal is the response', async () => {
    const bank = await createBank();
    bank.uses = 0;
    const call = bank.fetch(`${bank.server.url}/transfers`);

    await shown(bank);
    bank.approve();

    expect((await call).status).toBe(401);
    expect(bank.calls).toHaveLength(2);
    expect(bank.prompts).toHaveLength(1);
  });

  it('passes the action to the UI that shows the flow', async () => {
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/account`, { method: 'DELETE' });

    expect((await shown(bank)).action).toEqual({ title: 'Close the account' });
    bank.approve();
    await call;
  });

  it('shares one flow between parallel calls', async () => {
    const bank = await createBank();
    const calls = ['/a', '/b', '/c'].map((path) => bank.fetch(bank.server.url + path));

    await vi.waitUntil(() => bank.calls.length === 3, PATIENT);
    await shown(bank);
    bank.approve();
    const answers = await Promise.all(calls);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(bank.prompts).toHaveLength(1);
    expect(bank.server.count('POST /flow')).toBe(1);
  });

  it('asks again for a call that the shared approval was not enough for', async () => {
    const bank = await createBank();
    bank.uses = 1;
    const calls = ['/a', '/b'].map((path) => bank.fetch(bank.server.url + path));

    await vi.waitUntil(() => bank.calls.length === 2, PATIENT);
    await shown(bank);
    bank.approve();
    await shown(bank, 2);
    bank.approve();

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
    expect(bank.prompts).toHaveLength(2);
  });

  it('rejects every waiting call with a typed error when the user cancels', async () => {
    const bank = await createBank();
    const calls = ['/a', '/b'].map((path) => bank.fetch(bank.server.url + path));
    await vi.waitUntil(() => bank.calls.length === 2, PATIENT);

    const { stepUp } = await shown(bank);
    stepUp.send({ type: 'flow.cancel' });

    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'cancelled', reason: 'cancelled' },
      });
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(StepUpCancelled);
    }
    expect(bank.calls).toHaveLength(2);
  });

  it('says in which state the flow was closed', async () => {
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/a`);

    const { stepUp } = await shown(bank);
    bank.server.tell(viewOf('rejected', { version: 5, reason: 'rejected' }));
    await until(stepUp, ({ view }) => view.state === 'rejected');
    stepUp.stop();

    await expect(call).rejects.toMatchObject({ code: 'cancelled', reason: 'rejected' });
  });

  it('does not treat a cancel of one action as a cancel of another', async () => {
    const bank = await createBank();
    const first = bank.fetch(`${bank.server.url}/a`);
    const { stepUp } = await shown(bank);
    const second = bank.fetch(`${bank.server.url}/account`);
    await vi.waitUntil(() => bank.calls.length === 2, PATIENT);

    stepUp.send({ type: 'flow.cancel' });
    await expect(first).rejects.toBeInstanceOf(StepUpCancelled);
    expect((await shown(bank, 2)).action).toEqual({ title: 'Close the account' });
    bank.approve();

    expect((await second).status).toBe(200);
  });

  it('ends one caller’s wait by its signal, and keeps the flow for the others', async () => {
    const bank = await createBank();
    const controller = new AbortController();
    const impatient = bank.fetch(`${bank.server.url}/a`, { signal: controller.signal });
    const patient = bank.fetch(`${bank.server.url}/b`);
    await vi.waitUntil(() => bank.calls.length === 2, PATIENT);
    const { signal } = await shown(bank);

    controller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(signal.aborted).toBe(false);
    bank.approve();

    expect((await patient).status).toBe(200);
  });

  it('cancels a flow when the last caller has left', async () => {
    const bank = await createBank();
    const controller = new AbortController();
    const call = bank.fetch(`${bank.server.url}/a`, { signal: controller.signal });
    const { signal } = await shown(bank);

    controller.abort();

    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await bank.server.request('DELETE /flow');
    expect(signal.aborted).toBe(true);
  });

  it('starts no flow for a caller that has already left', async () => {
    const controller = new AbortController();
    const bank = await createBank({
      async fetch(input, init) {
        const response = await globalThis.fetch(input, init);
        const body = await response.text();
        controller.abort();
        return new Response(body, response);
      },
    });
    const { signal } = controller;

    await expect(bank.fetch(`${bank.server.url}/a`, { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(bank.server.count('POST /flow')).toBe(0);
  });

  it('repeats the call first if its refusal is older than an approval', async () => {
    const bank = await createBank();
    const { onOther } = bank.server;
    let release: (() => void) | undefined;
    bank.server.onOther = (exchange, response) => {
      if (exchange.path !== '/slow' || release !== undefined) {
        onOther(exchange, response);
        return;
      }
      const step_up = { start: '/step-up/flow', requirement: 'old' };
      release = () => send(response, 401, { error: 'insufficient_user_authentication', step_up });
    };
    const slow = bank.fetch(`${bank.server.url}/slow`);
    await vi.waitUntil(() => release !== undefined, PATIENT);
    const quick = bank.fetch(`${bank.server.url}/a`);
    await shown(bank);
    bank.approve();
    expect((await quick).status).toBe(200);

    release?.();

    expect((await slow).status).toBe(200);
    expect(bank.prompts).toHaveLength(1);
  });

  it('rejects with the error of a UI that cannot show the flow', async () => {
    const bank = await createBank({
      onStepUp() {
        throw new Error('no screen');
      },
    });

    await expect(bank.fetch(`${bank.server.url}/a`)).rejects.toThrow('no screen');
  });

  it('does not step up for a refusal that points to another origin', async () => {
    const { fetch, prompts, server } = await createBank();
    server.onOther = (_exchange, response) =>
      send(response, 401, {
        error: 'insufficient_user_authentication',
        step_up: { start: 'https://elsewhere.example/step-up/flow', requirement: 'ticket' },
      });

    expect((await fetch(`${server.url}/a`)).status).toBe(401);
    expect(prompts).toHaveLength(0);
  });

  it('does not step up for another origin than the page’s', async () => {
    const bank = await createBank();
    vi.stubGlobal('location', new URL('https://bank.example/'));
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });

    expect((await bank.fetch(`${bank.server.url}/a`)).status).toBe(401);
    expect(bank.prompts).toHaveLength(0);
  });

  it('does not step up for another origin that a call was redirected to', async () => {
    const [own, other] = [await createBank(), await createBank()];
    own.server.onOther = (_exchange, response) =>
      response.writeHead(307, { location: `${other.server.url}/a` }).end();
    vi.stubGlobal('location', new URL(own.server.url));
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });

    expect((await own.fetch(`${own.server.url}/a`)).status).toBe(401);
    expect([...own.prompts, ...other.prompts]).toHaveLength(0);
  });

  it('does not repeat a POST whose redirect leads to a refusal', async () => {
    const bank = await createBank();
    const refuse = bank.server.onOther;
    let transfers = 0;
    bank.server.onOther = (exchange, response) => {
      if (exchange.path !== '/transfers') return refuse(exchange, response);
      transfers += 1;
      response.writeHead(303, { location: '/receipt' }).end();
    };

    const response = await bank.fetch(`${bank.server.url}/transfers`, { method: 'POST' });

    expect([response.status, response.url]).toEqual([401, `${bank.server.url}/receipt`]);
    expect(transfers).toBe(1);
    expect(bank.prompts).toHaveLength(0);
  });
});
