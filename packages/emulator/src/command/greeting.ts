import { defaultUsers } from '../directory/user-options.ts';
import type { EmulatorServer } from '../http/listen.ts';
import type { Emulator } from '../listening-emulator.ts';

/** More clients or users than this are counted and not listed. */
const mostListed = 10;

/** Where the tenant is, for a program. */
export function toJsonLine({ url, phoneUrl, certificateFile }: EmulatorServer): string {
  return `${JSON.stringify({ url, phone: phoneUrl, certificate: certificateFile })}\n`;
}

/** Everything that an app has to know: addresses, clients and users. */
export function toText({ url, phoneUrl, certificateFile }: EmulatorServer, emulator: Emulator): string {
  const clients = emulator
    .clients()
    .map(({ clientId, clientSecret }) =>
      clientSecret === undefined ? clientId : `${clientId}, secret ${clientSecret}`,
    );
  const users = emulator.users().map(({ username, sub }) => {
    const password = defaultUsers.find((user) => user.username === username)?.password;
    return `${username}${password === undefined ? '' : `, password ${password}`}, sub ${sub}`;
  });
  const lines = [
    ['tenant', url],
    ['phone', phoneUrl],
    ...(certificateFile === undefined ? [] : [['trust', `NODE_EXTRA_CA_CERTS=${certificateFile}`]]),
    ...(emulator.issuer === url ? [] : [['issuer', emulator.issuer]]),
    ...listed('client', clients),
    ...listed('user', users),
  ];
  return lines.map(([name = '', text = '']) => `${name.padEnd(8)}${text}\n`).join('');
}

function listed(name: string, entries: readonly string[]): string[][] {
  const rest = entries.length - mostListed;
  const shown = entries.slice(0, mostListed).map((entry) => [name, entry]);
  return rest > 0 ? [...shown, [name, `and ${rest} more`]] : shown;
}
