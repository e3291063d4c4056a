import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { FlowView } from '@stepgate/core';
import type { Store } from '@stepgate/server';
import { createMemoryStore } from '@stepgate/server';
import { describe, expect, it } from 'vitest';
import { open } from '../http.ts';
import { POLL_MS } from '../test-tenant.ts';
import type { Scene } from './scene.ts';

/** Long-polls and event streams. */
export function describeWatching(scene: Scene): void {
  describe('watching', () => {
    it('answers a long-poll with 304 when its time ends without news', async () => {
      const browser = await (await scene.open()).browser();
      const { version } = await browser.start();

      const waiting = browser.send('GET', '/step-up/flow', {
        headers: { 'if-none-match': `"${version}"`, prefer: 'wait=25' },
      });
      await scene.tenant.clock.whenWaited();
      scene.tenant.clock.advance(25_000);
      const answer = await waiting;

      expect(answer.status).toBe(304);
      expect(answer.headers.etag).toBe(`"${version}"`);
      expect(answer.text).toBe('');
    });

    it('answers a long-poll as soon as there is news, and drives the flow meanwhile', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const browser = await (await scene.open()).browser();
      const { version } = await browser.start();
      tenant.phone.approve();

      const waiting = browser.send('GET', '/step-up/flow', {
        headers: { 'if-none-match': `"${version}"`, prefer: 'wait=25' },
      });
      await tenant.clock.whenWaited();
      tenant.clock.advance(POLL_MS);
      const answer = await waiting;

      expect(answer.status).toBe(200);
      const view = answer.json<FlowView>();
      expect(view.version).toBeGreaterThan(version);
      expect(answer.headers.etag).toBe(`"${view.version}"`);
    });

    it('answers at once without Prefer, or when the version differs', async () => {
      const browser = await (await scene.open()).browser();
      const { version } = await browser.start();
      const get = (headers: Record<string, string>) => browser.send('GET', '/step-up/flow', { headers });

      expect((await get({ 'if-none-match': `"${version}"` })).status).toBe(304);
      expect((await get({ 'if-none-match': '"99"', prefer: 'wait=25' })).status).toBe(200);
      expect((await get({ 'if-none-match': 'nonsense', prefer: 'wait=25' })).status).toBe(200);
    });

    it('streams each view until the flow has ended', async () => {
      const { tenant } = scene;
      await tenant.enrolPush();
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');

      const stream = await open('GET', `${bank.url}/step-up/flow`, {
        headers: { cookie, accept: 'text/event-stream' },
      });
      expect(stream.statusCode).toBe(200);
      expect(stream.headers).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      });
      const states: string[] = [];
      let buffer = '';
      for await (const chunk of stream.setEncoding('utf8')) {
        buffer += chunk as string;
        const messages = buffer.split('\n\n');
        buffer = messages.pop() ?? '';
        for (const message of messages) {
          expect(message).toMatch(/^id: \d+\nevent: view\ndata: \{.*\}$/);
          states.push((JSON.parse(message.split('data: ')[1] ?? '') as FlowView).state);
        }
        if (states.length === 1 && tenant.phone.notifications().at(-1)?.status === 'pending') {
          tenant.phone.approve();
          await tenant.clock.whenWaited();
          tenant.clock.advance(POLL_MS);
        }
      }

      expect(states.at(0)).toBe('polling');
      expect(states.at(-1)).toBe('approved');
    });

    it('does not report a client that leaves a stream as an error, and stops counting it', async () => {
      const bank = await scene.open({ gateOptions: { testing: { bounds: { watchersPerHandle: 1 } } } });
      const browser = await bank.browser();
      await browser.start();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
      const openStream = (): ReturnType<typeof open> =>
        open('GET', `${bank.url}/step-up/flow`, { headers: { cookie, accept: 'text/event-stream' } });
      const typeOfNext = async (): Promise<string | undefined> =>
        (await openStream()).headers['content-type']?.split(';')[0];

      const stream = await openStream();
      await once(stream, 'readable');
      const typeWithoutRoom = await typeOfNext();
      stream.destroy();
      await expect.poll(typeOfNext).toBe('text/event-stream');
      await bank.close();

      expect(typeWithoutRoom).toBe('application/json');
      expect(bank.errors).toEqual([]);
    });

    it('ends its long-polls and streams when the gate closes', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      const { version } = await browser.start();

      const waiting = browser.send('GET', '/step-up/flow', {
        headers: { 'if-none-match': `"${version}"`, prefer: 'wait=25' },
      });
      await scene.tenant.clock.whenWaited();
      const closed = bank.close();

      await Promise.allSettled([waiting, closed]);
      expect(bank.errors).toEqual([]);
    });

    it.skipIf(scene.host.tellsLastByte === false)(
      'lets the server stop at once although clients keep their connections',
      async () => {
        const bank = await scene.open();
        const browser = await bank.browser();
        await browser.start();
        const agent = new Agent({ keepAlive: true });
        const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
        const headers = { cookie, accept: 'text/event-stream' };
        const [stream] = (await once(get(`${bank.url}/step-up/flow`, { agent, headers }), 'response')) as [
          IncomingMessage,
        ];
        await once(stream, 'readable');
        stream.resume();

        const before = performance.now();
        await bank.stop();
        agent.destroy();

        // Node's server holds an idle connection for five seconds.
        expect(performance.now() - before).toBeLessThan(4_000);
      },
    );

    it('ends a stream with its login, before it tells anything more', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');

      const stream = await open('GET', `${bank.url}/step-up/flow`, {
        headers: { cookie, accept: 'text/event-stream' },
      });
      let told = '';
      for await (const chunk of stream.setEncoding('utf8')) {
        told += chunk as string;
        bank.sessions.delete(browser.sessionCookie);
        await scene.tenant.clock.whenWaited();
        scene.tenant.clock.advance(15_000);
      }

      expect(told).toMatch(/^id: \d+\nevent: view\ndata: [^\n]+\n\n$/);
    });

    it('ends a stream within a few seconds of the logout, even if nothing happens', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');

      const stream = await open('GET', `${bank.url}/step-up/flow`, {
        headers: { cookie, accept: 'text/event-stream' },
      });
      await once(stream, 'data');
      bank.sessions.delete(browser.sessionCookie);
      await scene.tenant.clock.whenWaited();
      scene.tenant.clock.advance(5_000);

      expect(await stream.resume().toArray()).toEqual([]);
    });

    it('ends a stream after a minute, so that the next request shows who is asking', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');

      const stream = await open('GET', `${bank.url}/step-up/flow`, {
        headers: { cookie, accept: 'text/event-stream' },
      });
      let beats = 0;
      for await (const chunk of stream.setEncoding('utf8')) {
        if ((chunk as string).startsWith(':')) beats += 1;
        if (beats === 4) continue;
        await scene.tenant.clock.whenWaited();
        scene.tenant.clock.advance(15_000);
      }

      expect(beats).toBe(4);
    });

    it('breaks off a stream when the store is away, so that its client reconnects', async () => {
      const memory = createMemoryStore({ now: () => scene.tenant.clock.now() });
      let isAway = false;
      const read: Store['read'] = (key) =>
        isAway ? Promise.reject(new Error('the store is away')) : memory.read(key);
      const bank = await scene.open({ gateOptions: { store: { ...memory, read } } });
      const browser = await bank.browser();
      await browser.start();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');

      const stream = await open('GET', `${bank.url}/step-up/flow`, {
        headers: { cookie, accept: 'text/event-stream' },
      });
      await once(stream, 'data');
      await scene.tenant.clock.whenWaited();
      isAway = true;
      scene.tenant.clock.advance(15_000);

      await expect(stream.resume().toArray()).rejects.toThrow('aborted');
    });

    it('tells nothing to a long-poll whose login has ended', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      const { version } = await browser.start();

      const waiting = browser.send('GET', '/step-up/flow', {
        headers: { 'if-none-match': `"${version}"`, prefer: 'wait=25' },
      });
      await scene.tenant.clock.whenWaited();
      bank.sessions.delete(browser.sessionCookie);
      scene.tenant.clock.advance(25_000);

      expect((await waiting).status).toBe(401);
    });

    it('sends heartbeats while nothing happens', async () => {
      const bank = await scene.open();
      const browser = await bank.browser();
      await browser.start();
      const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');

      const stream = await open('GET', `${bank.url}/step-up/flow`, {
        headers: { cookie, accept: 'text/event-stream' },
      });
      const chunks: string[] = [];
      for await (const chunk of stream.setEncoding('utf8')) {
        chunks.push(chunk as string);
        if (chunks.length === 2) break;
        await scene.tenant.clock.whenWaited();
        scene.tenant.clock.advance(15_000);
      }

      expect(chunks.at(1)).toBe(': still here\n\n');
    });
  });
}
