import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createStepUpFetch,
  StepUpCancelled,
  type StepUpFetchOptions,
  type StepUpPrompt,
} from '../src/index.ts';
import { type Exchange, type ScriptedServer, send, startScriptedServer } from './support/scripted-server.ts';
import { until } from './support/until.ts';
import { pollingView, viewOf } from './support/views.ts';

interface Bank {
  readonly server: ScriptedServer;
  readonly fetch: typeof globalThis.fetch;
  /** The prompts that were shown. */
  readonly prompts: readonly StepUpPrompt[];
  /** Resolves with the n-th prompt, past or future. */
  prompt(nth?: number): Promise<StepUpPrompt>;
  /** The phone says yes. */
  approve(): void;
  /** How many calls an approval lets through. */
  uses: number;
  readonly calls: readonly Exchange[];
}

/** A server whose every other path wants an approval, and a fetch for it. */
async function createBank(options: StepUpFetchOptions = {}): Promise<Bank> {
  const server = await startScriptedServer();
  const prompts: StepUpPrompt[] = [];
  const waiting = new Set<() => void>();
  const calls: Exchange[] = [];
  let version = 1;
  let left = 0;
  server.onStart = () => pollingView({ version });
  server.onOther = (exchange, response) => {
    calls.push(exchange);
    if (left > 0) {
      left -= 1;
      return send(response, 200, { path: exchange.path, body: exchange.body });
    }
    const action =
      exchange.path === '/account' ? { action: { id: 'close', title: 'Close the account' } } : {};
    send(response, 401, {
      error: 'insufficient_user_authentication',
      max_age: 300,
      factors: ['push'],
      ...action,
      step_up: { start: '/step-up/flow', requirement: `ticket for ${exchange.path}` },
    });
  };
  const bank: Bank = {
    server,
    prompts,
    calls,
    uses: Number.POSITIVE_INFINITY,
    fetch: createStepUpFetch({
      onStepUp(prompt) {
        prompts.push(prompt);
        for (const check of waiting) check();
        onTestFinished(() => prompt.stepUp.stop());
      },
      ...options,
    }),
    prompt: (nth = 1) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = prompts[nth - 1];
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    approve() {
      left = bank.uses;
      version += 10;
      server.tell(viewOf('approved', { version }));
    },
  };
  return bank;
}

async function shown(bank: Bank, nth?: number): Promise<StepUpPrompt> {
  const prompt = await bank.prompt(nth);
  await until(prompt.stepUp, ({ view }) => view.state === 'polling');
  return prompt;
}

describe('stepUpFetch', () => {
  it('hands every other answer through', async () => {
    const { fetch, prompts, server } = await createBank();
    server.onOther = (_exchange, response) => send(response, 401, { error: 'invalid_token' });

    const response = await fetch(`${server.url}/balance`);

    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: 'invalid_token' });
    expect(prompts).toHaveLength(0);
  });

  it('starts the flow of the refusal, and after the approval makes the call once more, with its body', async () => {
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

  it('takes a Request, body and all', async () => {
    const bank = await createBank();
    const call = bank.fetch(new Request(`${bank.server.url}/transfers`, { method: 'PUT', body: 'text' }));

    await shown(bank);
    bank.approve();

    expect(await (await call).json()).toMatchObject({ body: 'text' });
  });

  it('retries once only: a second refusal is the answer', async () => {
    const bank = await createBank();
    bank.uses = 0;
    const call = bank.fetch(`${bank.server.url}/transfers`);

    await shown(bank);
    bank.approve();

    expect((await call).status).toBe(401);
    expect(bank.calls).toHaveLength(2);
    expect(bank.prompts).toHaveLength(1);
  });

  it('names the action to whoever shows the flow', async () => {
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/account`, { method: 'DELETE' });

    expect((await shown(bank)).action).toEqual({ title: 'Close the account' });
    bank.approve();
    await call;
  });

  it('shares one flow between parallel calls', async () => {
    const bank = await createBank();
    const calls = ['/a', '/b', '/c'].map((path) => bank.fetch(bank.server.url + path));

    await vi.waitUntil(() => bank.calls.length === 3);
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

    await vi.waitUntil(() => bank.calls.length === 2);
    await shown(bank);
    bank.approve();
    await shown(bank, 2);
    bank.approve();

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
    expect(bank.prompts).toHaveLength(2);
  });

  it('rejects with a typed error when the user cancels, for everybody who waits', async () => {
    const bank = await createBank();
    const calls = ['/a', '/b'].map((path) => bank.fetch(bank.server.url + path));
    await vi.waitUntil(() => bank.calls.length === 2);

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

  it('says where the flow stood when it was closed', async () => {
    const bank = await createBank();
    const call = bank.fetch(`${bank.server.url}/a`);

    const { stepUp } = await shown(bank);
    bank.server.tell(viewOf('rejected', { version: 5, reason: 'rejected' }));
    await until(stepUp, ({ view }) => view.state === 'rejected');
    stepUp.stop();

    await expect(call).rejects.toMatchObject({ code: 'cancelled', reason: 'rejected' });
  });

  it('does not take the no to one action for a no to another', async () => {
    const bank = await createBank();
    const first = bank.fetch(`${bank.server.url}/a`);
    const { stepUp } = await shown(bank);
    const second = bank.fetch(`${bank.server.url}/account`);
    await vi.waitUntil(() => bank.calls.length === 2);

    stepUp.send({ type: 'flow.cancel' });
    await expect(first).rejects.toBeInstanceOf(StepUpCancelled);
    expect((await shown(bank, 2)).action).toEqual({ title: 'Close the account' });
    bank.approve();

    expect((await second).status).toBe(200);
  });

  it('honours the signal of a caller, and leaves the flow to the others', async () => {
    const bank = await createBank();
    const controller = new AbortController();
    const impatient = bank.fetch(`${bank.server.url}/a`, { signal: controller.signal });
    const patient = bank.fetch(`${bank.server.url}/b`);
    await vi.waitUntil(() => bank.calls.length === 2);
    const { signal } = await shown(bank);

    controller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(signal.aborted).toBe(false);
    bank.approve();

    expect((await patient).status).toBe(200);
  });

  it('cancels a flow that nobody waits for any more', async () => {
    const bank = await createBank();
    const controller = new AbortController();
    const call = bank.fetch(`${bank.server.url}/a`, { signal: controller.signal });
    const { signal } = await shown(bank);

    controller.abort();

    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await bank.server.request('DELETE /flow');
    expect(signal.aborted).toBe(true);
  });

  it('does not ask for a caller who has gone already', async () => {
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

  it('tries again first when the refusal is older than an approval', async () => {
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
    await vi.waitUntil(() => release !== undefined);
    const quick = bank.fetch(`${bank.server.url}/a`);
    await shown(bank);
    bank.approve();
    expect((await quick).status).toBe(200);

    release?.();

    expect((await slow).status).toBe(200);
    expect(bank.prompts).toHaveLength(1);
  });

  it('fails with the error of a UI that cannot show the flow', async () => {
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
});
