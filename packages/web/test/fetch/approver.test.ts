import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApprover, parseRefusal } from '../../src/index.ts';
import { shown, startBank } from '../support/bank.ts';

const BODY = {
  error: 'insufficient_user_authentication',
  max_age: 300,
  factors: ['push'],
  step_up: { start: '/step-up/flow', requirement: 'ticket' },
};

describe('createApprover', () => {
  it('gets the approval for a refusal that came as a value', async () => {
    const bank = await startBank();
    const beforeTry = createApprover({ onStepUp: bank.onStepUp });
    const approve = beforeTry({ hasGesture: true });
    const refusal = parseRefusal(BODY, { url: `${bank.server.url}/page` });

    const approval = approve(refusal ?? expect.fail(), new AbortController().signal);
    await shown(bank);
    bank.approve();

    expect(await approval).toBe(true);
    expect(bank.server.count('POST /flow')).toBe(1);
  });

  it('counts an approval that came while the call was under way', async () => {
    const bank = await startBank();
    const beforeTry = createApprover({ onStepUp: bank.onStepUp });
    const refusal = parseRefusal(BODY, { url: bank.server.url }) ?? expect.fail();
    const { signal } = new AbortController();
    const late = beforeTry({ hasGesture: true });
    const approval = beforeTry({ hasGesture: true })(refusal, signal);
    await shown(bank);
    bank.approve();
    await approval;

    expect(await late(refusal, signal)).toBe(false);
    expect(bank.server.count('POST /flow')).toBe(1);
  });
});

describe('parseRefusal', () => {
  it('reads what the server has made of its error, relative to the page', () => {
    vi.stubGlobal('location', new URL('https://bank.example/transfers'));
    onTestFinished(() => void vi.unstubAllGlobals());

    expect(parseRefusal({ ...BODY, action: { id: 'pay', title: 'Pay 250' } })).toMatchObject({
      requirement: 'ticket',
      basePath: 'https://bank.example/step-up',
      action: { title: 'Pay 250' },
    });
  });

  it('follows no refusal that points to another origin', () => {
    const url = 'https://bank.example/';
    const step_up = { start: 'https://evil.example/step-up/flow', requirement: 'ticket' };

    expect(parseRefusal({ ...BODY, step_up }, { url })).toBeUndefined();
    expect(parseRefusal(BODY, { url, basePath: 'https://api.example/step-up' })).toBeUndefined();
  });

  it.each([undefined, null, 'text', 1, {}, { error: 'login_required' }, { ...BODY, step_up: null }])(
    'finds none in %j',
    (body) => {
      expect(parseRefusal(body, { url: 'https://bank.example/' })).toBeUndefined();
    },
  );

  it('finds none if nothing says where it comes from', () => {
    expect(parseRefusal(BODY)).toBeUndefined();
  });
});
