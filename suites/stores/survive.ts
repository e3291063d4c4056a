import type { Emulator } from '@stepgate/emulator';
import type { GateProcess } from './gate-process.ts';
import { type Browser, startTenant, type Tenant } from './tenant.ts';
import type { Death } from './tenant-store.ts';
import { LEASE_MS } from './timing.ts';
import { type Ask, createUser, type User, type Wish } from './user.ts';

/** A way through a flow. */
export interface Shape extends Wish {
  /** The user's factors; a push brings one-time passwords along. */
  readonly factors: readonly ('push' | 'sms')[];
  /** How many of them one login requires. */
  readonly requiredFactors?: number;
  /** Whether the flow asks for the password. */
  readonly asksPassword?: boolean;
}

/** How a flow ended whose process died. */
export interface Outcome {
  readonly death: Death;
  /** Whether the flow was cut off in its first process; it is not when `at` is beyond its last write. */
  readonly died: boolean;
  /** The promises that were broken. */
  readonly faults: readonly string[];
  /** How many writes its first process did. */
  readonly writes: number;
}

/** A flow under way. */
export interface Survival {
  /** Resolves when the flow's first process does nothing more for it. */
  readonly settled: Promise<unknown>;
  readonly outcome: Promise<Outcome>;
}

/**
 * Goes through a flow in a process that is cut off at the given write, then continues in the process that lives, as a user
 * does who presses what the view offers. Then tries to use the approval twice.
 */
export async function survive(options: {
  readonly emulator: Emulator;
  readonly shape: Shape;
  readonly death: Death;
  readonly doomed: GateProcess;
  readonly survivor: GateProcess;
}): Promise<Survival> {
  const { emulator, shape, death, doomed } = options;
  const tenant = await startTenant({ ...shape, emulator });
  const browser = await tenant.browser({ 'x-death': JSON.stringify(death) });
  const outcome = outcomeOf({ ...options, tenant, browser });
  return { settled: Promise.race([outcome, doomed.whenEndedFor(tenant.id)]), outcome };
}

async function outcomeOf(options: {
  readonly shape: Shape;
  readonly death: Death;
  readonly doomed: GateProcess;
  readonly survivor: GateProcess;
  readonly tenant: Tenant;
  readonly browser: Browser;
}): Promise<Outcome> {
  const { shape, death, doomed, survivor, tenant, browser } = options;
  const faults: string[] = [];
  const hasDied = (): boolean => doomed.hasEndedFor(tenant.id);

  const ask: Ask = async (request) => {
    const isFirst = !hasDied();
    try {
      return await request(isFirst ? doomed : survivor);
    } catch (error) {
      if (!isFirst || !hasDied()) throw error;
      // Longer than any lock, too.
      tenant.pass(LEASE_MS + 1_000);
      return undefined;
    }
  };

  const user = createUser(tenant, browser, shape, ask);
  const judge = shape.route === '/step-up/authenticators' ? judgeAddition : judgeUse;
  const processes = [...new Set([doomed, survivor])];
  const runs = (): number => processes.reduce((sum, one) => sum + one.runs(tenant.id), 0);
  faults.push(...(await judge({ user, tenant, hasDied, runs })));
  const sent = tenant.messages();
  if (sent > user.orders()) faults.push(`${sent} messages for ${user.orders()} orders`);
  return {
    death,
    died: hasDied(),
    faults: faults.map((fault) => `${death.when} write ${death.at}: ${fault}`),
    writes: doomed.writes(tenant.id),
  };
}

/** Enough for an approval, another one if the first was lost with its process, and the addition. */
const MOST_ROUNDS = 6;

interface Trial {
  readonly user: User;
  readonly tenant: Tenant;
  readonly hasDied: () => boolean;
  /** How many times the handler ran. */
  readonly runs: () => number;
}

/** Tries to use an approval twice. */
async function judgeUse({ user, tenant, hasDied, runs }: Trial): Promise<readonly string[]> {
  const faults: string[] = [];
  await user.start();
  const isApproved = (await user.goThrough()) !== undefined;
  if (!isApproved) faults.push(`stuck: ${user.path()}`);
  const passed = tenant.exchanges().filter(({ status }) => status === 200).length;
  if (isApproved && passed === 0) faults.push('an approval without an exchange');

  const diedBefore = hasDied();
  const uses = [await user.wish(), await user.wish()].map((answer) => answer?.status);
  const done = uses.filter((status) => status === 200).length;
  if (done > 1 || runs() > 1) faults.push(`used ${runs()} times: ${uses.join()}`);
  // The process may die between the use and the handler. Then the approval is used up, although nothing was done.
  const diedOfUse = !diedBefore && hasDied();
  if (isApproved && done === 0 && !diedOfUse) faults.push(`a lost approval: ${uses.join()}`);
  return faults;
}

/** Adds a number with an approval for it, however many times the user has to ask. */
async function judgeAddition({ user, tenant }: Trial): Promise<readonly string[]> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const answer = await user.wish();
    if (answer?.status === 401) await user.start();
    const end = await user.goThrough();
    if (end === undefined) return [`stuck: ${user.path()}`];
    if (end.adds !== undefined) {
      const added = tenant.phone
        .view()
        .authenticators.filter((one) => one.oob_channel === 'sms' && one.active);
      const isFine = added.length > 0 && added.length <= user.additions();
      return isFine ? [] : [`added ${added.length} times: ${user.path()}`];
    }
  }
  return [`never added: ${user.path()}`];
}
