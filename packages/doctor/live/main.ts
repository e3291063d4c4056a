// Asks a live tenant what the sources leave open, and prints the answers as a table. Options and credentials are the
// doctor's; besides, --yes sends pushes without asking, and --poll-ms sets the pace. Never in CI.
import { createInterface } from 'node:readline/promises';
import { isStepUpError } from '@stepgate/core';
import { isLoopback } from '../src/checks/issuer.ts';
import { readCommand } from '../src/command-line.ts';
import { STEADY_POLL_MS } from '../src/phone-answer.ts';
import { EXPERIMENTS, type Experiment } from './experiments.ts';
import { createLiveTenant, type LiveTenant, Missing } from './tenant.ts';

const PATIENCE_MS = 120_000;
const POLL_MS = '--poll-ms=';

async function main(args: string[]): Promise<void> {
  const command = await readCommand(
    args.filter((arg) => arg !== '--yes' && !arg.startsWith(POLL_MS)),
    process.env,
  );
  const { auth0, user } = command.prints === undefined ? command.options : {};
  if (auth0 === undefined || user === undefined) {
    throw new TypeError('give a tenant and a test user with a phone, as to the doctor (see --help there)');
  }
  const isEmulator = isLoopback(new URL(auth0.issuer).hostname);
  if (process.env.CI && !isEmulator) throw new TypeError('a live tenant is not asked in CI');
  const pollMs = Number(args.find((arg) => arg.startsWith(POLL_MS))?.slice(POLL_MS.length) ?? STEADY_POLL_MS);
  if (!(pollMs >= (isEmulator ? 1 : STEADY_POLL_MS))) {
    throw new TypeError(`--poll-ms takes ${STEADY_POLL_MS} or more, and less at an emulator alone`);
  }
  const tenant = createLiveTenant(auth0, user, { pollMs, patienceMs: PATIENCE_MS });
  const mayPush = args.includes('--yes') || (await isAgreed(user.username));
  const rows: string[] = [];
  for (const [index, experiment] of EXPERIMENTS.entries()) {
    const answer = await answerOf(experiment, tenant, mayPush);
    rows.push(`| ${index + 1} | ${experiment.question} | ${answer} |`);
  }
  process.stdout.write(`\n| | question | ${auth0.issuer} |\n| --- | --- | --- |\n${rows.join('\n')}\n`);
}

async function isAgreed(username: string): Promise<boolean> {
  const pushes = EXPERIMENTS.reduce((sum, experiment) => sum + experiment.pushes, 0);
  if (!process.stdin.isTTY) {
    tell(`No pushes are sent: nobody is there to agree (--yes agrees to ${pushes}).`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Send ${pushes} pushes to ${username}'s phone? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function answerOf(experiment: Experiment, tenant: LiveTenant, mayPush: boolean): Promise<string> {
  if (experiment.pushes > 0 && !mayPush) return 'not asked: it sends a push';
  try {
    return await experiment.ask(tenant, tell);
  } catch (error) {
    if (error instanceof Missing) return `needs ${error.message}`;
    if (isStepUpError(error, 'rate_limited')) return 'not asked: too many requests, try again in a minute';
    if (isStepUpError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function tell(words: string): void {
  process.stderr.write(`${words}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const words = error instanceof TypeError ? error.message : 'it broke off: please report this';
  process.stderr.write(`live: ${words}\n`);
  process.exitCode = 1;
});
