import { onTestFinished } from 'vitest';
import type { StepUpPrompt } from '../../src/index.ts';
import { type Exchange, type ScriptedServer, send, startScriptedServer } from './scripted-server.ts';
import { until } from './until.ts';
import { pollingView, viewOf } from './views.ts';

/** A server that refuses calls until there is an approval. */
export interface Bank {
  readonly server: ScriptedServer;
  /** Records the prompt instead of showing it. */
  readonly onStepUp: (prompt: StepUpPrompt) => void;
  /** The prompts that were shown. */
  readonly prompts: readonly StepUpPrompt[];
  /** Resolves with the n-th prompt, past or future. */
  prompt(nth?: number): Promise<StepUpPrompt>;
  /** The user approves on the phone. */
  approve(): void;
  /** How many calls an approval lets through. */
  uses: number;
  readonly calls: readonly Exchange[];
}

/** Starts the server. */
export async function startBank(): Promise<Bank> {
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
    onStepUp(prompt) {
      prompts.push(prompt);
      for (const check of waiting) check();
      onTestFinished(() => prompt.stepUp.stop());
    },
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

/** The n-th prompt, once its push is out. */
export async function shown(bank: Bank, nth?: number): Promise<StepUpPrompt> {
  const prompt = await bank.prompt(nth);
  await until(prompt.stepUp, ({ view }) => view.state === 'polling');
  return prompt;
}
