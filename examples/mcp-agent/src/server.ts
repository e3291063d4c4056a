// The bank's MCP server, over stdio. It works for the user in SUBJECT, who has to approve each transfer on the phone.
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { auth0, createGate, createMemoryStore } from '@stepgate/mcp';
import { DEMO_LIMITS } from 'example-bank-ui/demo-limits';
import { z } from 'zod';

const { AUTH0_ISSUER = 'http://127.0.0.1:4400/', SUBJECT = '' } = process.env;
const { AUTH0_CLIENT_ID = 'stepgate-demo', AUTH0_CLIENT_SECRET = 'stepgate-demo-secret' } = process.env;
const sessionId = randomUUID();

const gate = createGate({
  provider: auth0({
    issuer: AUTH0_ISSUER,
    clientId: AUTH0_CLIENT_ID,
    clientSecret: AUTH0_CLIENT_SECRET,
    // The emulator on this machine speaks plain http. A real tenant never does.
    allowInsecureIssuer: AUTH0_ISSUER.startsWith('http://127.0.0.1:'),
    // The phone itself shows what is approved, and nobody needs a password.
    ciba: {},
  }),
  // Approvals live as long as this process.
  secret: randomUUID(),
  store: createMemoryStore(),
  identify: () => ({ subject: SUBJECT, sessionId }),
  limits: DEMO_LIMITS,
});

const inputSchema = z.object({ to: z.string(), amount: z.number().positive() });

const transfer = gate.tool(
  'transfer',
  ({ to, amount }: z.infer<typeof inputSchema>) => ({
    maxAge: 0,
    action: { id: 'transfer', title: `Transfer ${amount} EUR to ${to}` },
    phoneShows: 'message',
  }),
  ({ to, amount }) => ({ content: [{ type: 'text', text: `Sent ${amount} EUR to ${to}.` }] }),
);

serveStdio(() => {
  const server = new McpServer({ name: 'bank', version: '1.0.0' });
  server.registerTool('transfer', { description: 'Sends money of the user', inputSchema }, transfer);
  return server;
});
