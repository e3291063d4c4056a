// An agent in place of a language model: it calls the tool `transfer` of the bank's server, and tells what comes of it.
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';

const { TO = 'Grace', AMOUNT = '250' } = process.env;
const bank = await openTenant();

const client = new Client({ name: 'agent', version: '1.0.0' });
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [fileURLToPath(new URL('server.ts', import.meta.url))],
  env: { AUTH0_ISSUER: bank.issuer, SUBJECT: bank.subject },
});
await client.connect(transport);

console.log(`agent: transfer ${AMOUNT} EUR to ${TO}`);
const { content, isError } = await client.callTool(
  { name: 'transfer', arguments: { to: TO, amount: Number(AMOUNT) } },
  {
    onprogress: ({ message }) => console.log(`bank: ${message}`),
    // A person needs longer than a program, and progress shows that the call goes on.
    resetTimeoutOnProgress: true,
  },
);
for (const part of content) if (part.type === 'text') console.log(`bank: ${part.text}`);
await client.close();
await bank.close();
process.exitCode = isError === true ? 1 : 0;

/** The tenant of AUTH0_ISSUER and SUBJECT; without them an emulated one, whose user ada has a phone already. */
async function openTenant() {
  const { AUTH0_ISSUER, SUBJECT } = process.env;
  if (AUTH0_ISSUER !== undefined && SUBJECT !== undefined) {
    return { issuer: AUTH0_ISSUER, subject: SUBJECT, close: async () => {} };
  }
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  const application = {
    issuer: tenant.url,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    allowInsecureIssuer: true,
  };
  const mfaApi = { audience: 'https://bank.example/', scope: 'transfer:funds' };
  const signIn = createAuth0SignIn({ ...application, ...mfaApi });
  const result = await signIn.password({ username: 'ada', password: 'correct-horse' });
  if (result.status !== 'mfa_required') throw new Error('the emulator asks for no second factor');
  await createAuth0MfaApi(application).enroll({ mfaToken: result.mfaToken, factor: 'push' });
  emulator.phone('ada').scan();
  console.log(`phone: ${tenant.phoneUrl}?user=ada (answer there)`);
  return { issuer: tenant.url, subject: emulator.users()[0]?.sub ?? '', close: () => tenant.close() };
}
