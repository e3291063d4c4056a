// The ports of the demo. BANK_PORT and EMULATOR_PORT choose other ones.
import { createServer } from 'node:net';

export const { BANK_PORT = '3000', EMULATOR_PORT = '4400' } = process.env;

/** Ends the program with a sentence where one of the two cannot be listened on. */
export async function insistOnPorts() {
  const problem =
    (await problemOf('BANK_PORT', BANK_PORT)) ?? (await problemOf('EMULATOR_PORT', EMULATOR_PORT));
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}

/** What is wrong with a port, in a sentence; `undefined` when it can be listened on. */
function problemOf(name, value) {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) {
    return `${name} is a port, a number from 1 to 65535.`;
  }
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }) => {
      const what = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${code})`;
      resolve(`Port ${port} ${what}: end what listens there, or choose another one with ${name}.`);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
