import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preload = new URL('./preload.mjs', import.meta.url).href;
const compileCache = join(root, 'node_modules', '.cache', 'compiled');

/** A program of the repository that runs beside the test. */
export interface Program {
  /** Everything it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** The first group of `pattern`, as soon as the program has printed it. Rejects if the program ends before. */
  printed(pattern: RegExp): Promise<string>;
  /** Types a line and presses Enter. */
  type(line: string): void;
  /** Sends the signal of Ctrl-C to the program and everything that it started, as a terminal does. */
  interrupt(): void;
  /** Sends SIGTERM to the program alone, as `kill` does. */
  kill(): void;
  /** Moves the program's clock forward. Its timers are not moved. */
  skipTime(ms: number): Promise<void>;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/**
 * Starts a script of the repository with Node. It ends with the test, with everything that it started. `folder` is where it
 * runs; the file is relative to it.
 */
export function startProgram(
  file: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  folder = root,
): Program {
  const child = spawn(process.execPath, ['--import', preload, file, ...args], {
    cwd: folder,
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    detached: true,
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));

  function signal(name: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  onTestFinished(async () => {
    signal('SIGKILL');
    await ended;
  });

  return {
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    printed(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(stdout)?.[1];
          if (found !== undefined) resolve(found);
        };
        child.stdout.on('data', look);
        look();
        void ended.then((code) => reject(new Error(`${file} ended with ${code}: ${stderr}`)));
      });
    },
    type: (line) => child.stdin.write(`${line}\n`),
    interrupt: () => signal('SIGINT'),
    kill: () => void child.kill('SIGTERM'),
    async skipTime(ms) {
      const skipped = once(child, 'message');
      child.send({ skipMs: ms });
      await skipped;
    },
    ended,
  };
}
