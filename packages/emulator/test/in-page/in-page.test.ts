import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchOptions } from 'e2e/system.ts';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

/** The Firefox of this machine. It is driven by nothing: the page does everything by itself. */
const firefox = (process.env.PATH ?? '')
  .split(':')
  .flatMap((folder) => ['firefox', 'firefox-esr'].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('page-app.ts', import.meta.url))],
  platform: 'browser',
  bundle: true,
  write: false,
});

let tell: (result: unknown) => void = () => undefined;
const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    tell(JSON.parse(Buffer.concat(chunks).toString()));
    response.end();
    return;
  }
  const isScript = request.url === '/app.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(
    isScript
      ? outputFiles[0]?.text
      : '<!doctype html><title>App</title><body><script src="/app.js"></script>',
  );
}).listen(0, '127.0.0.1');
await once(server, 'listening');
// A secure context, for `crypto.subtle`.
const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
afterAll(() => void server.close());

/** What the page says that it did, in a browser that `open` starts. */
async function resultIn(open: () => Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  tell = resolve;
  await open();
  return promise;
}

const everything = {
  stepUp: 'openid transfer:funds',
  ciba: { card: expect.stringContaining('K7QM-Transfer'), scope: 'openid' },
};

describe('tenant, phone and both flows in a page, without a server', { timeout: 60_000 }, () => {
  it('work in Chromium', async () => {
    const browser = await chromium.launch(launchOptions());
    onTestFinished(() => browser.close());
    const result = await resultIn(async () => (await browser.newPage()).goto(url));
    expect(result).toEqual(everything);
  });

  it.skipIf(firefox === undefined)('work in Firefox', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'stepgate-firefox-'));
    const result = await resultIn(async () => {
      const program = spawn(firefox ?? '', ['--headless', '--no-remote', '--profile', profile, url], {
        stdio: 'ignore',
        env: { ...process.env, HOME: profile },
      });
      onTestFinished(async () => {
        program.kill();
        await once(program, 'exit');
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
      });
    });
    expect(result).toEqual(everything);
  });
});
