import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type AuthInfo, createMcpHandler, InMemoryTransport, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createGate, type McpGate, type McpGateOptions, type ToolPolicy } from '@stepgate/mcp';
import { createTestKit } from '@stepgate/server/testing';
import { createWebGate, type WebGate } from '@stepgate/server/web';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

export interface Transfer {
  readonly to: string;
  readonly amount: number;
}

/** An agent's server with one guarded tool, and what its tool has done. */
export interface AgentDesk {
  readonly gate: McpGate;
  /** A browser in which the user is signed in, at the gate that serves the page. */
  browser(subject?: string): PageBrowser;
  readonly phone: ReturnType<typeof createTestKit>['phone'];
  /** The transfers that ran. */
  readonly done: readonly Transfer[];
  /** What the gate has reported. */
  readonly errors: readonly unknown[];
  /** A client on a stream of its own, as on stdio. */
  connect(options?: ClientOptions): Promise<Client>;
  /** A client over streamable HTTP. `authInfo`: of its access token. */
  connectHttp(authInfo: AuthInfo, options?: ClientOptions): Promise<Client>;
}

/** A browser on the page that a link leads to. */
export interface PageBrowser {
  /** Loads the page, and says what it shows. */
  load(url: string): Promise<string>;
  /** Presses the button. Resolves to the status of the answer. */
  start(url: string): Promise<number>;
  /** The state of the flow. */
  state(url: string): Promise<unknown>;
}

export const STEP_UP_URL = 'https://bank.test/step-up';

/** The usual policy: an approval for each transfer. */
const EACH: ToolPolicy<Transfer> = ({ to, amount }) => ({
  action: { id: 'transfer', title: `Transfer ${amount} EUR to ${to}` },
});

export function openDesk(
  options: Partial<McpGateOptions> = {},
  policy: ToolPolicy<Transfer> = EACH,
): AgentDesk {
  const kit = createTestKit();
  const errors: unknown[] = [];
  const done: Transfer[] = [];
  const gate = createGate({
    ...kit.options,
    testing: { ...kit.options.testing, timing: { pollIntervalMs: 1, resendAfterMs: 1 } },
    identify: ({ authInfo }) => ({
      subject: (authInfo?.extra?.sub as string | undefined) ?? 'ada',
      sessionId: authInfo?.token ?? 'process',
    }),
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(() => gate.close());

  function createServer(): McpServer {
    const server = new McpServer({ name: 'bank', version: '1.0.0' });
    const inputSchema = z.object({ to: z.string(), amount: z.number() });
    server.registerTool(
      'transfer',
      { inputSchema },
      gate.tool('transfer', policy, (transfer, _context, stepUp) => {
        done.push(transfer);
        return { content: [{ type: 'text', text: `sent, by ${stepUp?.approval.factor}` }] };
      }),
    );
    return server;
  }

  const page = createWebGate({
    ...kit.options,
    testing: { ...kit.options.testing, timing: { pollIntervalMs: 1, resendAfterMs: 1 } },
    identify(request) {
      const subject = request.headers.get('x-user') ?? '';
      return { subject, sessionId: `browser of ${subject}` };
    },
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => page.close());

  return {
    gate,
    browser: (subject = 'ada') => browserAt(page, subject),
    phone: kit.phone,
    done,
    errors,
    async connect(clientOptions) {
      const [ours, theirs] = InMemoryTransport.createLinkedPair();
      const served = serveStdio(createServer, { transport: ours });
      const client = new Client({ name: 'agent', version: '1.0.0' }, clientOptions);
      await client.connect(theirs);
      onTestFinished(async () => {
        await client.close();
        await served.close();
      });
      return client;
    },
    async connectHttp(authInfo, clientOptions) {
      const handler = createMcpHandler(createServer);
      const client = new Client({ name: 'agent', version: '1.0.0' }, clientOptions);
      const transport = new StreamableHTTPClientTransport(new URL('https://mcp.bank.test/mcp'), {
        fetch: async (url, init) => {
          const request = new Request(url, init);
          return (await gate.challenge(request, authInfo)) ?? handler.fetch(request, { authInfo });
        },
      });
      await client.connect(transport);
      onTestFinished(() => client.close());
      return client;
    },
  };
}

function browserAt(page: WebGate, subject: string): PageBrowser {
  const headers = {
    'x-user': subject,
    cookie: `__Host-stepgate=${'b'.repeat(43)}`,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
  };
  async function send(
    url: string,
    init: RequestInit = {},
    more: Record<string, string> = {},
  ): Promise<Response> {
    const request = new Request(url, { ...init, headers: { ...headers, ...more } });
    return (await page.respond(request)) ?? new Response(null, { status: 404 });
  }
  return {
    load: async (url) => (await send(url, {}, { 'sec-fetch-mode': 'navigate' })).text(),
    start: async (url) =>
      (await send(`${url}/flow`, { method: 'POST', body: '{"requirement":"link"}' })).status,
    state: async (url) => ((await (await send(`${url}/flow`)).json()) as { readonly state?: string }).state,
  };
}

/** The text of a tool's result. */
export function textOf(result: unknown): string {
  const { content } = result as { readonly content: readonly { readonly text?: string }[] };
  return content.map(({ text }) => text).join('\n');
}
