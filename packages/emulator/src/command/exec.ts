import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a command with more in its environment; resolves with its exit code, or with 128 and the signal's number as shells
 * do. Signals to this process are passed on.
 */
export async function runCommand(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const child = spawn(file, args, {
    env: { ...process.env, ...env },
    stdio: 'inherit',
    // Windows finds `npm` only through its shell.
    shell: process.platform === 'win32',
  });
  const passOn = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to the command too, and a second one would not let it end well.
    if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, passOn);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'ENOENT' ? new Error(`There is no command ${file}`) : error);
      });
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const signal of signals) process.off(signal, passOn);
  }
}
