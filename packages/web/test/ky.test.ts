import ky, { type KyInstance } from 'ky';
import { describe, expect, it } from 'vitest';
import { StepUpCancelled } from '../src/index.ts';
import { createStepUpHook } from '../src/ky.ts';
import { type Bank, shown, startBank } from './support/bank.ts';
import { send } from './support/scripted-server.ts';
import { stubUserGesture } from './support/user-gesture.ts';

async function createBank(): Promise<Bank & { readonly api: KyInstance }> {
  const bank = await startBank();
  const afterResponse = [createStepUpHook({ onStepUp: bank.onStepUp })];
  return Object.assign(bank, { api: ky.create({ hooks: { afterResponse } }) });
}

describe('the ky hook', () => {
  it('starts a flow when the call is refused, and repeats the call with its body after the approval', async () => {
    const bank = await createBank();
    const call = bank.api.post(`${bank.server.url}/transfers`, { json: { amount: 250 } }).json();

    await shown(bank);
    bank.approve();

    expect(await call).toEqual({ path: '/transfers', body: '{"amount":250}' });
    expect(bank.calls).toHaveLength(2);
  });

  it('waits for a click before anything is sent to a phone, when the page calls by itself', async () => {
    stubUserGesture(false);
    const bank = await createBank();
    const call = bank.api.post(`${bank.server.url}/transfers`).json();

    const { stepUp } = await bank.prompt();
    await bank.server.settle();
    expect(bank.server.count('POST /flow')).toBe(0);
    stepUp.send({ type: 'flow.start' });
    await shown(bank);
    bank.approve();

    expect(await call).toMatchObject({ path: '/transfers' });
  });

  it('shares one flow between parallel calls', async () => {
    const bank = await createBank();
    const calls = [1, 2, 3].map((id) => bank.api.post(`${bank.server.url}/transfers/${id}`).json());

    await shown(bank);
    bank.approve();

    await Promise.all(calls);
    expect(bank.prompts).toHaveLength(1);
  });

  it('leaves a second refusal to ky, like any other error', async () => {
    const bank = await createBank();
    bank.uses = 0;
    const call = bank.api.post(`${bank.server.url}/transfers`);
    call.catch(() => {});

    await shown(bank);
    bank.approve();

    await expect(call).rejects.toMatchObject({ name: 'HTTPError', response: { status: 401 } });
    expect(bank.prompts).toHaveLength(1);
    expect(bank.calls).toHaveLength(2);
  });

  it('rejects when the user gives up', async () => {
    const bank = await createBank();
    const call = bank.api.post(`${bank.server.url}/transfers`);
    call.catch(() => {});

    const { stepUp } = await shown(bank);
    stepUp.send({ type: 'flow.cancel' });
    stepUp.stop();

    await expect(call).rejects.toBeInstanceOf(StepUpCancelled);
    expect(bank.calls).toHaveLength(1);
  });

  it('cancels the flow when the call is aborted', async () => {
    const bank = await createBank();
    const controller = new AbortController();
    const call = bank.api.post(`${bank.server.url}/transfers`, { signal: controller.signal });
    call.catch(() => {});

    const { signal } = await shown(bank);
    controller.abort();

    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(signal.aborted).toBe(true);
  });

  it('waits for the user longer than ky waits for a server', async () => {
    const bank = await createBank();
    const call = bank.api.post(`${bank.server.url}/transfers`, { timeout: 200 }).json();

    const { stepUp } = await shown(bank);
    const passed = new Promise((resolve) => setTimeout(resolve, 300));
    await passed;
    expect(stepUp.view.state).toBe('polling');
    bank.approve();

    expect(await call).toMatchObject({ path: '/transfers' });
  });

  it('leaves every other response to ky', async () => {
    const bank = await createBank();
    bank.server.onOther = (_exchange, response) => send(response, 401, { error: 'invalid_token' });
    await expect(bank.api.get(`${bank.server.url}/balance`)).rejects.toMatchObject({ name: 'HTTPError' });
    expect(bank.prompts).toHaveLength(0);
  });
});
