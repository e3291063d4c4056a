// The emulator and the example bank side by side, until Ctrl-C. BANK_PORT and EMULATOR_PORT choose other ports.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const { BANK_PORT = '3000', EMULATOR_PORT = '4400' } = process.env;
const root = fileURLToPath(new URL('..', import.meta.url));
const children = new Set();
let isEnding = false;

/** Starts a program and resolves to the first line it prints; when it ends, everything does. */
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

const { url, phone } = JSON.parse(
  await start('packages/emulator/dist/cli.js', ['--port', EMULATOR_PORT, '--json'], {}),
);
await start('examples/express-bank/src/main.ts', [], { PORT: BANK_PORT, AUTH0_ISSUER: url });

console.log(`
  Stepgate demo

  The bank    http://127.0.0.1:${BANK_PORT}/    sign in as ada, password correct-horse
  The phone   ${phone}?user=ada

  Press "Transfer" at the bank, and answer on the phone. Ctrl-C ends it.
`);
