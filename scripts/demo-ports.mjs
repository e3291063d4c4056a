// The ports of the demo. BANK_PORT and EMULATOR_PORT choose others.
import { createServer } from 'node:net';

export const { BANK_PORT = '3000', EMULATOR_PORT = '4400' } = process.env;

/** Ends the program with a message if it cannot listen on one of the two. */
export async function insistOnPorts() {
  const problem =
    (await problemOf('BANK_PORT', BANK_PORT)) ?? (await problemOf('EMULATOR_PORT', EMULATOR_PORT));
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}

/** The message about a port; `undefined` if the program can listen on it. */
function problemOf(name, value) {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) {
    return `${name} must be a port: a number from 1 to 65535.`;
  }
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }) => {
      const what = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
      resolve(`Port ${port} ${what}. Stop the program that uses it, or choose another port with ${name}.`);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}
