// Runs a task of tasks.mjs: `npm run <task>`. Needs Node 20 and npm only. The task itself runs on the pnpm and the Node that
// package.json names; the first task installs both, with the dependencies.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { insistOnPorts } from './demo-ports.mjs';
import { TASKS } from './tasks.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Whether pnpm has started this program, so that the right Node and the dependencies are there. */
function isInside() {
  return (process.env.npm_config_user_agent ?? '').startsWith(`${packageManager.replace('@', '/')} `);
}

/** Says what is about to be installed, and asks somebody who can answer. */
async function announceInstall() {
  if (existsSync(new URL('../node_modules/.modules.yaml', import.meta.url))) return;
  console.log(
    `First, ${packageManager} installs Node 24 and the development dependencies from the npm registry: 1 GB in node_modules.\n` +
      "npm's cache and pnpm's store, both in your home folder, keep copies (the store by hard links, which take no room).\n",
  );
  if (process.env.CI || !process.stdin.isTTY || !process.stdout.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Install them? [Y/n] ');
  terminal.close();
  if (!/^(y|yes|)$/i.test(answer.trim())) process.exit(1);
}

/** Runs a program to its end, and resolves to its exit code. Signals to this program reach it too. */
function run([file, ...args], env) {
  const shell = process.platform === 'win32';
  const child = spawn(file, args, { cwd: root, stdio: 'inherit', shell, env: { ...env, ...process.env } });
  const forward = (signal) => child.kill(signal);
  // Ctrl-C reaches the whole group of processes by itself.
  const wait = () => {};
  process.on('SIGINT', wait).on('SIGTERM', forward).on('SIGHUP', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', wait).off('SIGTERM', forward).off('SIGHUP', forward);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

const [name, ...args] = process.argv.slice(2);
const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined;
if (task === undefined) {
  console.error(`Tasks: ${Object.keys(TASKS).join(', ')}.`);
  process.exit(2);
}
if (isInside()) {
  const steps = [...task.steps];
  steps.push([...steps.pop(), ...args]);
  for (const step of steps) {
    process.exitCode = await run(step, task.env);
    if (process.exitCode !== 0) break;
  }
} else {
  // Before anything is installed: nobody should wait for that only to hear about a port.
  if (name === 'demo') await insistOnPorts();
  await announceInstall();
  const npx = ['npx', '--yes', '--prefer-offline', packageManager, '--silent', 'exec'];
  process.exitCode = await run([...npx, 'node', 'scripts/run.mjs', name, ...args], {});
}
