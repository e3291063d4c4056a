import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program of the repository that runs beside the test. */
export interface Program {
  /** Everything it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** What the first group of `pattern` holds, as soon as the program has printed it; rejects when it ends before. */
  printed(pattern: RegExp): Promise<string>;
  /** Types a line and presses Enter. */
  type(line: string): void;
  /** As a terminal does it on Ctrl-C: to the program and to everything it started. */
  interrupt(): void;
  /** As `kill` does it: to the program alone. */
  kill(): void;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts a script of the repository with Node; it is ended with the test, and everything it started with it. */
export function startProgram(
  file: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Program {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
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
    ended,
  };
}

/** Takes a port of this machine, any or the one given; rejects when that one is taken already. */
export async function takePort(port = 0): Promise<{ readonly port: number; free(): Promise<void> }> {
  const server: Server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { port: address.port, free: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Ports that nobody listens on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const taken = await Promise.all(Array.from({ length: count }, () => takePort()));
  await Promise.all(taken.map((one) => one.free()));
  return taken.map(({ port }) => port);
}
