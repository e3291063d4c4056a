import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEmulator, type Emulator } from '@stepgate/emulator';
import { freePort } from 'suites/ports.ts';
import { expect, it, onTestFinished } from 'vitest';
import { ada } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { startProgram } from './support/program.ts';

// Runs the requests of docs/reference/endpoints.md against the app of the quick start, and compares the answers.
const root = fileURLToPath(new URL('..', import.meta.url));
const pageOf = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

interface Step {
  readonly commands: string;
  readonly answer: string;
}

/** The commands of a section of the page in their order, each with the answer that the page shows. */
function stepsOf(heading: string): readonly Step[] {
  const [, section = ''] = pageOf('reference/endpoints.md').split(`## ${heading}\n`);
  const blocks = (section.split(/^## /m)[0] ?? '').matchAll(/^```sh\n(.*?)^```\n\n```http\n(.*?)^```$/gms);
  return [...blocks].map(([, commands = '', answer = '']) => ({ commands, answer }));
}

/** Starts the Express app of the quick start at a tenant. Returns its address. */
async function startQuickStart(issuer: string): Promise<string> {
  const [, code = ''] = /^```ts \[Express\]\n(import .*?)^```$/ms.exec(pageOf('guides/quick-start.md')) ?? [];
  const port = await freePort();
  const folder = 'node_modules/.cache/endpoints-page';
  mkdirSync(join(root, folder), { recursive: true });
  const moved = code.replace('http://127.0.0.1:4400/', issuer).replace('listen(3000', `listen(${port}`);
  writeFileSync(join(root, folder, 'app.mjs'), stripTypeScriptTypes(moved));
  await startProgram(`${folder}/app.mjs`, {}).printed(/(Listening)/);
  return `http://127.0.0.1:${port}`;
}

/** Looks up `step_up.requirement` in an answer. */
function memberOf(answer: unknown, path: string): string {
  return String(path.split('.').reduce((part, name) => (part as Record<string, unknown>)[name], answer));
}

interface Answer {
  readonly head: string;
  readonly body: unknown;
}

/** An answer as `curl -i` prints it, or as the page shows it: its head, and its body, which may be JSON. */
function parseAnswer(text: string): Answer {
  const [head = '', ...rest] = text.replaceAll('\r', '').split('\n\n');
  const body = rest.join('\n\n').trim();
  return { head, body: body.startsWith('{') ? (JSON.parse(body) as unknown) : body };
}

/** The shape that the page shows; `…` stands for anything. */
function shapeOf(shown: unknown): unknown {
  if (shown === '…') return expect.anything();
  if (Array.isArray(shown)) return shown.map(shapeOf);
  if (typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, shapeOf(value)]));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function expectAnswer(got: Answer, shown: Answer): void {
  for (const line of shown.head.trim().split('\n')) {
    expect(got.head).toMatch(new RegExp(`^${line.split('…').map(escaped).join('.*')}$`, 'im'));
  }
  if (typeof shown.body === 'string') expect(got.body).toBe(shown.body);
  else expect(got.body).toMatchObject(shapeOf(shown.body) as object);
}

/** Runs the commands of the page in a folder. Values that the page leaves out (`'…' # member`) come from `last`. */
async function run(
  commands: string,
  where: {
    readonly folder: string;
    readonly url: string;
    readonly last: unknown;
    readonly values: Record<string, string>;
  },
): Promise<string> {
  const { folder, url, last, values } = where;
  const script = commands.replace(/^(\w+)='…' # ([\w.]+)$/gm, (_line, name: string, path: string) => {
    values[name] = memberOf(last, path);
    return '';
  });
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-ec', script.replaceAll('http://127.0.0.1:3000', url)],
    {
      cwd: folder,
      env: { ...process.env, ...values },
      timeout: 60_000,
    },
  );
  return stdout;
}

async function openTenant(): Promise<{ readonly emulator: Emulator; readonly issuer: string }> {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  return { emulator, issuer: tenant.url };
}

/** Runs the steps one after the other against an app. `onWait` is what the phone does while the page waits for news. */
async function expectSteps(url: string, steps: readonly Step[], onWait: () => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'endpoints-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const values: Record<string, string> = {};
  let last: unknown;
  for (const { commands, answer } of steps) {
    if (commands.includes('wait=')) onWait();
    const got = parseAnswer(await run(commands, { folder, url, last, values }));
    expectAnswer(got, parseAnswer(answer));
    last = got.body;
  }
}

it('the page of the endpoints shows a step-up as it is, request by request', async () => {
  const { emulator, issuer } = await openTenant();
  await enrolAhead(emulator);
  const url = await startQuickStart(issuer);
  const steps = stepsOf('One step-up, request by request');
  expect(steps).toHaveLength(5);
  await expectSteps(url, steps, () => emulator.phone(ada.username).approve());
});

it('the page of the endpoints shows how a first phone is added, request by request', async () => {
  const { emulator, issuer } = await openTenant();
  const url = await startQuickStart(issuer);
  const [call, start, , , again] = stepsOf('One step-up, request by request');
  const steps = stepsOf('A first phone, request by request');
  expect(steps).toHaveLength(3);
  const whole = [call, start, ...steps, again].filter((step) => step !== undefined);
  await expectSteps(url, whole, () => emulator.phone(ada.username).scan());
});
