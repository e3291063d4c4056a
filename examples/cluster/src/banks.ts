import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The processes that are the bank. */
export interface Banks {
  /** Of those that answer now. */
  ports(): readonly number[];
  /** Lets each finish what it does. */
  stop(): Promise<void>;
}

interface Bank {
  readonly process: ChildProcess;
  readonly port: number;
  readonly ended: Promise<unknown>;
}

const PROGRAM = fileURLToPath(new URL('./bank.ts', import.meta.url));

/**
 * Starts so many processes, and another one in place of each that ends. Resolves when all of them answer.
 *
 * @throws Error when one does not start; `failed` is called when that is a later one.
 */
export async function startBanks(
  count: number,
  env: Readonly<Record<string, string>>,
  failed: (error: unknown) => void,
): Promise<Banks> {
  const banks = new Set<Bank>();
  let isStopping = false;

  async function start(number: number): Promise<void> {
    const bank = await startBank(env);
    banks.add(bank);
    console.log(`bank ${number}: pid ${bank.process.pid}`);
    void bank.ended.then(async () => {
      banks.delete(bank);
      if (isStopping) return;
      console.log(`bank ${number}: pid ${bank.process.pid} has ended, another one takes its place`);
      await start(number).catch(failed);
    });
  }

  async function stop(): Promise<void> {
    isStopping = true;
    for (const { process } of banks) process.kill('SIGTERM');
    await Promise.all([...banks].map(({ ended }) => ended));
  }

  const starts = await Promise.allSettled(Array.from({ length: count }, (_, index) => start(index + 1)));
  const failure = starts.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') {
    await stop();
    throw failure.reason;
  }
  return { ports: () => [...banks].map(({ port }) => port), stop };
}

async function startBank(env: Readonly<Record<string, string>>): Promise<Bank> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const port = await Promise.race([portIn(child.stdout), ended.then(() => undefined)]);
  // It has said itself what is wrong.
  if (port === undefined) throw new Error('The bank does not start.');
  return { process: child, port, ended };
}

async function portIn(output: Readable | null): Promise<number | undefined> {
  if (output === null) return undefined;
  const [line] = (await once(createInterface({ input: output }), 'line')) as [string];
  const port = /^bank: http:\/\/[\d.]+:(\d+)\/$/.exec(line)?.[1];
  return port === undefined ? undefined : Number(port);
}
