import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KoaGateOptions, Policy } from '@stepgate/koa';
import { createTestKit } from '@stepgate/server/testing';
import type Koa from 'koa';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const ada = { subject: 'ada', sessionId: 's' };

interface Recipe {
  readonly transferPolicy: Policy;
  createApp(this: void, options: KoaGateOptions): Koa;
}

/** The Koa API of docs/guides/recipes.md, as it is there. */
async function loadRecipe(): Promise<Recipe> {
  const page = readFileSync(join(root, 'docs/guides/recipes.md'), 'utf8');
  const [, code = ''] = /^```ts\n(import \{ bodyParser.*?)^```$/ms.exec(page) ?? [];
  const folder = join(root, 'node_modules/.cache/recipes');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'koa.mjs'), stripTypeScriptTypes(code));
  return (await import(join(folder, 'koa.mjs'))) as Recipe;
}

it('the Koa API of the recipes takes one approval for one transfer', async () => {
  const { createApp, transferPolicy } = await loadRecipe();
  const kit = createTestKit();
  const server = createApp({ ...kit.options, identify: () => ada }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/transfers`;
  const transfer = (body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const asked = { to: 'Grace', amount: 250 };

  expect((await transfer(asked)).status).toBe(401);
  const approved = await kit.approve(ada, { policy: transferPolicy, bound: asked });
  expect((await transfer({ ...asked, amount: 9_000 }, approved)).status).toBe(401);
  const done = await transfer(asked, approved);
  expect([done.status, await done.json()]).toEqual([201, { approvedBy: 'push' }]);
  expect((await transfer(asked, approved)).status).toBe(401);
});
