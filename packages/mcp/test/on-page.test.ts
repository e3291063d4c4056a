import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { type AgentDesk, openDesk, STEP_UP_URL, textOf } from './support/desk.ts';

const TRANSFER = { name: 'transfer', arguments: { to: 'Grace', amount: 250 } };
const OPENS_PAGES = {
  versionNegotiation: { mode: 'auto' },
  capabilities: { elicitation: { url: {} } },
} as const;

/** A desk whose tools are approved on Stepgate's page: there is no first leg, so the phone cannot be asked from here. */
function openPageDesk(options: Parameters<typeof openDesk>[0] = {}): AgentDesk {
  return openDesk(
    { firstLeg: undefined, stepUpUrl: STEP_UP_URL, holdMs: 200, ...options } as never,
    ({ to, amount }) => ({
      maxAge: 0,
      allowOtherLogin: true,
      action: { id: 'transfer', title: `Transfer ${amount} EUR to ${to}` },
    }),
  );
}

/** Has the client open pages with this function, which says what the user does. */
function opening(client: Client, open: (url: string) => Promise<'accept' | 'decline' | 'cancel'>): void {
  client.setRequestHandler('elicitation/create', async ({ params }) => ({
    action: params.mode === 'url' ? await open(params.url) : 'cancel',
  }));
}

describe('a tool that is approved on the page', () => {
  it('leads the user there, waits, and runs once', async () => {
    const desk = openPageDesk();
    const client = await desk.connect(OPENS_PAGES);
    const browser = desk.browser();
    const progress: (string | undefined)[] = [];
    let shown = '';
    opening(client, async (url) => {
      shown = await browser.load(url);
      // The user presses the button while the client already calls again.
      setTimeout(async () => {
        await browser.start(url);
        desk.phone.approve();
        await expect.poll(() => browser.state(url)).toBe('approved');
      }, 50);
      return 'accept';
    });

    const result = await client.callTool(TRANSFER, { onprogress: ({ message }) => progress.push(message) });

    expect(textOf(result)).toBe('sent, by push');
    expect(shown).toContain('Transfer 250');
    expect(progress).toContain('Waiting for the user, who approves on the page');
    expect(desk.done).toEqual([TRANSFER.arguments]);
    expect(desk.phone.pushes).toBe(1);
    expect(desk.errors).toEqual([]);
  });

  it('gives other clients the address, and runs when the agent calls again', async () => {
    const desk = openPageDesk();
    const client = await desk.connect();
    const browser = desk.browser();

    const words = textOf(await client.callTool(TRANSFER));
    const [url = ''] = /https:\S+$/.exec(words) ?? [];
    expect(await browser.start(url)).toBe(201);
    desk.phone.approve();
    await expect.poll(() => browser.state(url)).toBe('approved');

    expect(url).toContain(`${STEP_UP_URL}/links/`);
    expect(textOf(await client.callTool(TRANSFER))).toBe('sent, by push');
    expect(textOf(await client.callTool(TRANSFER))).toContain(STEP_UP_URL);
    expect(desk.done).toHaveLength(1);
  });

  it('runs no other call than the one that the page has shown', async () => {
    const desk = openPageDesk();
    const client = await desk.connect();
    const browser = desk.browser();
    const words = textOf(await client.callTool(TRANSFER));
    const [url = ''] = /https:\S+$/.exec(words) ?? [];
    await browser.start(url);
    desk.phone.approve();
    await expect.poll(() => browser.state(url)).toBe('approved');

    const other = await client.callTool({ name: 'transfer', arguments: { to: 'Mallory', amount: 250 } });

    expect(other).toMatchObject({ isError: true });
    expect(desk.done).toEqual([]);
  });

  it('opens for the user of the agent alone', async () => {
    const desk = openPageDesk();
    const client = await desk.connect();
    const words = textOf(await client.callTool(TRANSFER));
    const [url = ''] = /https:\S+$/.exec(words) ?? [];

    const grace = desk.browser('grace');

    expect(await grace.load(url)).not.toContain('Transfer 250');
    expect(await grace.start(url)).toBe(400);
    expect(desk.phone.pushes).toBe(0);
  });

  it.each(['decline', 'cancel'] as const)('ends the link when the user answers with %s', async (action) => {
    const desk = openPageDesk();
    const client = await desk.connect(OPENS_PAGES);
    const urls: string[] = [];
    opening(client, async (url) => {
      urls.push(url);
      return action;
    });

    const result = await client.callTool(TRANSFER);

    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toContain('did not open the page');
    expect(await desk.browser().start(urls[0] ?? '')).toBe(400);
  });

  it('tells the agent when the user denies on the phone', async () => {
    const desk = openPageDesk();
    const client = await desk.connect(OPENS_PAGES);
    const browser = desk.browser();
    opening(client, async (url) => {
      await browser.start(url);
      desk.phone.deny();
      await expect.poll(() => browser.state(url)).toBe('rejected');
      return 'accept';
    });

    const result = await client.callTool(TRANSFER);

    expect(textOf(result)).toContain('The user denied it on the phone');
    expect(desk.done).toEqual([]);
  });

  it('asks the phone first where that works from here, and the page only for what is typed', async () => {
    const alone = openPageDesk({ firstLeg: { custom: async () => ({ mfaToken: 'test' }) } });
    const typed = openPageDesk({ firstLeg: { password: { username: () => 'ada' } } });

    const calling = (await alone.connect()).callTool(TRANSFER);
    await expect.poll(() => alone.phone.pushes).toBe(1);
    alone.phone.approve();
    const words = textOf(await (await typed.connect()).callTool(TRANSFER));

    expect(textOf(await calling)).toBe('sent, by push');
    expect(words).toContain(`${STEP_UP_URL}/links/`);
  });
});
