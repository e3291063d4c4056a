import type { AuthInfo } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { type AgentDesk, openDesk, textOf } from './support/desk.ts';

const TRANSFER = { name: 'transfer', arguments: { to: 'Grace', amount: 250 } };
const AUTO = { versionNegotiation: { mode: 'auto' } } as const;

/** Answers the next push. */
async function onPhone(
  { phone }: AgentDesk,
  answer: 'approve' | 'deny',
  after = phone.pushes,
): Promise<void> {
  await expect.poll(() => phone.pushes).toBeGreaterThan(after);
  phone[answer]();
}

const tokenOf = (sub: string, extra: Record<string, unknown> = {}): AuthInfo => ({
  token: `token of ${sub}`,
  clientId: 'agent',
  scopes: [],
  extra: { sub, ...extra },
});

describe('a guarded tool', () => {
  it('rings the phone, tells its progress meanwhile, and runs when the user has approved', async () => {
    const desk = openDesk();
    const client = await desk.connect();
    const progress: string[] = [];

    const calling = client.callTool(TRANSFER, {
      onprogress: ({ message }) => progress.push(message ?? ''),
    });
    await onPhone(desk, 'approve', 0);

    expect(textOf(await calling)).toBe('sent, by push');
    expect(desk.done).toEqual([TRANSFER.arguments]);
    expect(progress).toContain('Waiting for the approval on the phone');
  });

  it('takes an approval for the same arguments alone', async () => {
    const desk = openDesk();
    const client = await desk.connect();
    const first = client.callTool(TRANSFER);
    await onPhone(desk, 'approve', 0);
    await first;

    await client.callTool(TRANSFER);
    const other = client.callTool({ name: 'transfer', arguments: { to: 'Grace', amount: 2_500 } });
    await onPhone(desk, 'approve', 1);
    await other;

    expect(desk.phone.pushes).toBe(2);
    expect(desk.done.map(({ amount }) => amount)).toEqual([250, 250, 2_500]);
  });

  it('binds the arguments too where the policy has no action', async () => {
    const desk = openDesk({}, {});
    const client = await desk.connect();
    const first = client.callTool(TRANSFER);
    await onPhone(desk, 'approve', 0);
    await first;

    const other = client.callTool({ name: 'transfer', arguments: { to: 'Mallory', amount: 250 } });
    await onPhone(desk, 'deny', 1);

    expect(await other).toMatchObject({ isError: true });
    expect(desk.done).toEqual([TRANSFER.arguments]);
  });

  it('does not run when the user denies, and tells the agent not to insist', async () => {
    const desk = openDesk();
    const client = await desk.connect();
    const calling = client.callTool(TRANSFER);
    await onPhone(desk, 'deny', 0);

    const result = await calling;

    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toContain('Do not call it again unless the user asks for it');
    expect(desk.done).toEqual([]);

    const again = client.callTool(TRANSFER);
    await onPhone(desk, 'approve', 1);
    expect(textOf(await again)).toBe('sent, by push');
  });

  it('says when the phone can be asked again, if it was asked a moment ago', async () => {
    const desk = openDesk({ testing: { timing: { pollIntervalMs: 1 }, random: () => 0 } });
    const client = await desk.connect();
    const first = client.callTool(TRANSFER);
    await onPhone(desk, 'approve', 0);
    await first;

    const soon = await client.callTool({ name: 'transfer', arguments: { to: 'Grace', amount: 1 } });

    expect(textOf(soon)).toMatch(/Call it again in 1[45] seconds/);
    expect(desk.phone.pushes).toBe(1);
  });

  it('runs without the phone where the policy says false, and never where it says nothing', async () => {
    const free = openDesk({}, () => false);
    const careless = openDesk({}, (() => undefined) as never);

    const ran = await (await free.connect()).callTool(TRANSFER);
    const refused = await (await careless.connect()).callTool(TRANSFER);

    expect(textOf(ran)).toBe('sent, by undefined');
    expect(refused).toMatchObject({ isError: true });
    expect(careless.done).toEqual([]);
    expect(careless.phone.pushes).toBe(0);
  });

  it.each([
    ['of the newest protocol', AUTO],
    ['on stdio', {}],
  ])('is called again by clients %s until the user has answered', async (_which, protocol) => {
    let asked = 0;
    const identify = () => {
      asked += 1;
      return { subject: 'ada', sessionId: 'process' };
    };
    const desk = openDesk({ holdMs: 20, identify });
    const client = await desk.connect(protocol);
    const calling = client.callTool(TRANSFER);
    await expect.poll(() => desk.phone.pushes).toBe(1);
    const askedBefore = asked;
    await expect.poll(() => asked).toBeGreaterThan(askedBefore + 10);
    desk.phone.approve();

    expect(textOf(await calling)).toBe('sent, by push');
    expect(desk.phone.pushes).toBe(1);
  });

  it('has the agent of an older client over HTTP call again, which then goes through', async () => {
    const desk = openDesk({ holdMs: 20 });
    const client = await desk.connectHttp(tokenOf('ada'));

    const waiting = await client.callTool(TRANSFER);
    desk.phone.approve();
    await expect.poll(async () => textOf(await client.callTool(TRANSFER))).toBe('sent, by push');

    expect(textOf(waiting)).toContain('Call it again with the same arguments');
    expect(desk.phone.pushes).toBe(1);
  });

  it('keeps the approval of one user from another one', async () => {
    const desk = openDesk({ holdMs: 20 });
    const ada = await desk.connectHttp(tokenOf('ada'));
    const grace = await desk.connectHttp(tokenOf('grace'));
    await ada.callTool(TRANSFER);
    desk.phone.approve();
    await expect.poll(async () => textOf(await ada.callTool(TRANSFER))).toBe('sent, by push');

    const refused = await grace.callTool(TRANSFER);

    expect(refused).toMatchObject({ isError: true });
    expect(desk.done).toHaveLength(1);
    expect(desk.phone.pushes).toBe(2);
  });

  it('cancels the approval when the client cancels the call', async () => {
    const desk = openDesk();
    const client = await desk.connect();
    const cancelled = new AbortController();
    const calling = client.callTool(TRANSFER, { signal: cancelled.signal });
    calling.catch(() => {});
    await expect.poll(() => desk.phone.pushes).toBe(1);

    cancelled.abort();
    await expect(calling).rejects.toThrow();
    const again = client.callTool(TRANSFER);
    await onPhone(desk, 'approve', 1);
    await again;

    expect(desk.done).toHaveLength(1);
  });

  it('sends the user to the page of the app where a password is needed, if the client can open it', async () => {
    const opened: string[] = [];
    const desk = openDesk({
      pageUrl: 'https://bank.test/phone',
      firstLeg: { password: { username: () => 'ada' } },
    });
    const plain = await desk.connect();
    const modern = await desk.connect({ ...AUTO, capabilities: { elicitation: { url: {} } } });
    modern.setRequestHandler('elicitation/create', ({ params }) => {
      if (params.mode === 'url') opened.push(params.url);
      return { action: 'accept' };
    });

    const words = await plain.callTool(TRANSFER);
    const after = await modern.callTool(TRANSFER);

    expect(textOf(words)).toContain('https://bank.test/phone');
    expect(opened).toEqual(['https://bank.test/phone']);
    expect(after).toMatchObject({ isError: true });
    expect(desk.done).toEqual([]);
  });

  it('needs the whole address of the page', () => {
    expect(() => openDesk({ stepUpUrl: '/step-up' })).toThrow('stepUpUrl: must be the whole address');
  });

  it('tells the agent nothing of what has failed inside', async () => {
    const desk = openDesk({
      identify: () => {
        throw new Error('session store at db.internal:5432 is down');
      },
    });
    const strangers = openDesk({ identify: () => undefined });

    const failed = textOf(await (await desk.connect()).callTool(TRANSFER));
    const stranger = textOf(await (await strangers.connect()).callTool(TRANSFER));

    expect(failed).not.toContain('db.internal');
    expect(desk.errors).toEqual([
      expect.objectContaining({ message: 'identify: session store at db.internal:5432 is down' }),
    ]);
    expect(stranger).toContain('Nobody is signed in');
  });
});

describe('a tool whose policy takes claims of the access token', () => {
  const evidence = ({ authInfo }: { readonly authInfo: AuthInfo | undefined }) =>
    authInfo?.extra as { readonly sub: string };

  it('is refused over HTTP with the challenge of RFC 9470, and runs with a token that meets it', async () => {
    const desk = openDesk({ evidence }, { maxAge: '5m', evidence: { acr: ['mfa'] } });
    const now = Math.floor(Date.now() / 1_000);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: TRANSFER });
    const request = new Request('https://mcp.bank.test/mcp', { method: 'POST', body });
    const strong = await desk.connectHttp(tokenOf('ada', { acr: 'mfa', auth_time: now }));

    const refused = await desk.gate.challenge(request, tokenOf('ada', { acr: 'password', auth_time: now }));
    const ran = await strong.callTool(TRANSFER);

    expect(refused?.status).toBe(401);
    expect(refused?.headers.get('www-authenticate')).toMatch(
      /error="insufficient_user_authentication".*max_age="300".*acr_values="mfa"/,
    );
    expect(textOf(ran)).toBe('sent, by undefined');
    expect(desk.phone.pushes).toBe(0);
    expect(await request.text()).toBe(body);
  });

  it('is refused elsewhere with words', async () => {
    const desk = openDesk({ evidence }, { evidence: { acr: ['mfa'] } });

    const refused = await (await desk.connect()).callTool(TRANSFER);

    expect(textOf(refused)).toContain('sign in again');
    expect(desk.done).toEqual([]);
  });
});
