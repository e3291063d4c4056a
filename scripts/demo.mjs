// Runs the emulator and the example bank side by side until Ctrl-C. BANK_PORT and EMULATOR_PORT choose other ports.
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BANK_PORT, EMULATOR_PORT, insistOnPorts } from './demo-ports.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const children = new Set();
let isEnding = false;

/** Starts a program and resolves to the first line that it prints. When it ends, the demo ends. */
function start(file, args, env) {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', (code) => {
    children.delete(child);
    end(isEnding ? 0 : (code ?? 1));
  });
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve) => lines.once('line', resolve));
}

function end(code) {
  if (!isEnding) process.exitCode = code;
  isEnding = true;
  for (const child of children) child.kill('SIGTERM');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(0));

/**
 * The programs between the command that was typed (`npm run demo`) and this one. A signal to only one of them may end
 * that one without a word to the others.
 */
function launchers() {
  const found = [];
  for (let pid = process.ppid; pid > 1; ) {
    const [, parent, command] = /^\s*(\d+)\s+(.*)/.exec(lookUp([pid])) ?? [];
    if (command === undefined || !/\bp?np[mx]\b|\bscripts\/run\.mjs\b/.test(command)) break;
    found.push(pid);
    pid = Number(parent);
  }
  return found;
}

/** The parents and commands of processes; nothing where there is no `ps`. */
function lookUp(pids) {
  try {
    return execFileSync('ps', ['-o', 'ppid=', '-o', 'args=', '-p', pids.join(',')], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

const above = launchers();
if (above.length > 0) {
  const whole = lookUp(above);
  // A process whose parent ends gets another parent.
  setInterval(() => lookUp(above) === whole || end(0), 1_000).unref();
}

await insistOnPorts();

const { url, phone } = JSON.parse(
  await start(
    'packages/emulator/dist/cli.js',
    ['--config', 'scripts/demo-tenant.yaml', '--port', EMULATOR_PORT, '--json'],
    {},
  ),
);
await start('examples/express-bank/src/main.ts', [], {
  PORT: BANK_PORT,
  AUTH0_ISSUER: url,
  DEMO_PHONE_URL: `${phone}?user=ada`,
});

console.log(`
  Stepgate demo

  The bank    http://127.0.0.1:${BANK_PORT}/    sign in as ada, password correct-horse
  The phone   ${phone}?user=ada

  Press "Transfer" at the bank. The phone shows what for, and a code: type it at the bank, and approve on the phone.
  To add a first phone, sign in as bob, with the same password. Ctrl-C ends the demo.
`);
