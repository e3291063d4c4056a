import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The processes of the app. Any of them can die at any time. */
export interface Gates {
  /** Where each of them answers, or answered a moment ago. */
  readonly urls: readonly string[];
  /** Everything that they have printed. */
  readonly log: string;
  /** The approvals with which handlers ran, by subject. */
  runs(subject: string): readonly string[];
  /** Kills the process with SIGKILL. Resolves when another one has replaced it. */
  replace(index: number): Promise<void>;
  stop(): Promise<void>;
}

interface Gate {
  readonly child: ChildProcess;
  readonly url: string;
}

const APP = fileURLToPath(new URL('./gate-app.ts', import.meta.url));

/** Starts this number of processes. */
export async function startGates(count: number, env: Readonly<Record<string, string>>): Promise<Gates> {
  const ran = new Map<string, string[]>();
  let log = '';

  async function start(): Promise<Gate> {
    const child = spawn(process.execPath, ['--no-warnings', APP], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { PATH: process.env.PATH, ...env },
    });
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    }
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    child.on('message', ({ subject, approval }: { subject: string; approval: string }) => {
      ran.set(subject, [...(ran.get(subject) ?? []), approval]);
    });
    return { child, url: `http://127.0.0.1:${port}` };
  }

  async function kill({ child }: Gate): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  const gates = await Promise.all(Array.from({ length: count }, start));
  return {
    get urls() {
      return gates.map(({ url }) => url);
    },
    get log() {
      return log;
    },
    runs: (subject) => ran.get(subject) ?? [],
    async replace(index) {
      const gate = gates[index];
      if (gate === undefined) throw new RangeError(`there is no process ${index}`);
      await kill(gate);
      gates[index] = await start();
    },
    stop: async () => void (await Promise.all(gates.map(kill))),
  };
}
