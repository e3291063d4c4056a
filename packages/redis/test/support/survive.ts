import { setTimeout as sleep } from 'node:timers/promises';
import type { Factor, FlowView } from '@stepgate/core';
import type { Emulator } from '@stepgate/emulator';
import type { Answer } from '../../../server/test/support/http.ts';
import type { GateProcess } from './gate-process.ts';
import { type Browser, PASSWORD, startTenant, type Tenant } from './tenant.ts';
import type { Death } from './tenant-store.ts';

/** A way through a flow. */
export interface Shape {
  readonly route: '/single' | '/otp' | '/codes';
  /** What the user has; a push brings one-time passwords along. */
  readonly factors: readonly ('push' | 'sms')[];
  /** How many of them one login takes. */
  readonly requiredFactors?: number;
  /** Whether the user has to sign in for it once more. */
  readonly asksPassword?: boolean;
  /** What the user passes with, the first that is there. */
  readonly prefers: readonly Factor[];
}

/** How a flow went whose process died. */
export interface Outcome {
  readonly death: Death;
  /** Whether all ended for the flow in its first process: past the last write it does not. */
  readonly died: boolean;
  /** What must never be; empty when all is well. */
  readonly faults: readonly string[];
  /** How many writes were counted in its first process. */
  readonly writes: number;
}

/** A flow under way. */
export interface Survival {
  /** Resolves when nothing more happens in the flow's first process. */
  readonly settled: Promise<unknown>;
  readonly outcome: Promise<Outcome>;
}

/** How long a flow may take, in the test's own time. */
const PATIENCE_MS = 30_000;
/** Longer than the lease of a claimed effect, and than any lock. */
const LEASE_MS = 16_000;

/**
 * Goes through a flow in a process in which all ends at the given write, and on in the process that lives once the
 * first is dead, as a user does who presses what is offered; then uses the approval twice.
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

  /** Asks the process that is there; `undefined` when it died of it. */
  async function ask(request: (process: GateProcess) => Promise<Answer>): Promise<Answer | undefined> {
    const isFirst = !hasDied();
    try {
      return await request(isFirst ? doomed : survivor);
    } catch (error) {
      if (!isFirst || !hasDied()) throw error;
      tenant.pass(LEASE_MS);
      return undefined;
    }
  }

  const user = createUser(tenant, browser, shape, ask);
  const isApproved = await user.goThrough();
  if (!isApproved) faults.push(`stuck: ${user.path()}`);
  const sent = tenant.messages();
  if (sent > user.orders()) faults.push(`${sent} messages for ${user.orders()} orders`);
  const passed = tenant.exchanges().filter(({ status }) => status === 200).length;
  if (isApproved && passed === 0) faults.push('an approval without an exchange');

  const diedBefore = hasDied();
  const uses: (number | undefined)[] = [];
  for (let use = 0; use < 2; use += 1) {
    uses.push((await ask((process) => browser.send(process, 'POST', shape.route, { body: {} })))?.status);
  }
  const done = uses.filter((status) => status === 200).length;
  const runs =
    doomed === survivor ? doomed.runs(tenant.id) : doomed.runs(tenant.id) + survivor.runs(tenant.id);
  if (done > 1 || runs > 1) faults.push(`used ${runs} times: ${uses.join()}`);
  // The process may die between the use and the handler: then it is used up, and nothing was done.
  const diedOfUse = !diedBefore && hasDied();
  if (isApproved && done === 0 && !diedOfUse) faults.push(`a lost approval: ${uses.join()}`);
  return {
    death,
    died: hasDied(),
    faults: faults.map((fault) => `${death.when} write ${death.at}: ${fault}`),
    writes: doomed.writes(tenant.id),
  };
}

/** A user who does what the view offers, and lets the time pass that has to. */
function createUser(
  tenant: Tenant,
  browser: Browser,
  { route, prefers }: Shape,
  ask: (request: (process: GateProcess) => Promise<Answer>) => Promise<Answer | undefined>,
): { goThrough(): Promise<boolean>; orders(): number; path(): string } {
  const path: string[] = [];
  /** What this round of the flow has asked for already. */
  const tried = new Set<Factor>();
  /** What was typed already, and will not be taken again. */
  const typed = new Set<string>();
  let { recoveryCode = '' } = tenant;
  let orders = 0;

  async function start(): Promise<void> {
    orders += 1;
    tried.clear();
    await ask((process) => browser.start(process, route));
  }

  async function press(view: FlowView, event: Readonly<Record<string, string>>): Promise<void> {
    await ask((process) => browser.event(process, view, event));
  }

  /** Asks for another message or try, when it may be asked for. */
  async function order(view: FlowView, type: string): Promise<void> {
    orders += 1;
    const allowedAt = view.resendAllowedAt ?? view.retryAllowedAt ?? view.now;
    path.push(type);
    if (type === 'flow.retry') tried.clear();
    tenant.pass(allowedAt - view.now);
    await press(view, { type });
  }

  /** Chooses what the user likes best of what is there, and has not been tried in vain, or passed. */
  async function choose(view: FlowView): Promise<boolean> {
    const there = prefers.flatMap((factor) => view.authenticators.filter((one) => one.factor === factor));
    const wanted = there.find(({ factor }) => !tried.has(factor)) ?? there[0];
    if (wanted === undefined) return false;
    orders += 1;
    path.push(`choose ${wanted.factor}`);
    await press(view, { type: 'factor.choose', authenticatorId: wanted.id });
    return true;
  }

  async function type(view: FlowView): Promise<boolean> {
    const { factor } = view;
    const code =
      factor === 'otp'
        ? tenant.nextCode()
        : factor === 'recovery-code'
          ? recoveryCode
          : (tenant.phone.messages().at(-1)?.code ?? '');
    if (!typed.has(code)) {
      typed.add(code);
      await press(view, { type: 'code.submit', code });
      return true;
    }
    if (factor === 'recovery-code') await choose(view);
    else await order(view, 'challenge.resend');
    return true;
  }

  /** What a user does now; `false` when there is nothing but to wait. */
  async function act(view: FlowView): Promise<boolean> {
    if (view.factor !== undefined) tried.add(view.factor);
    switch (view.state) {
      case 'polling':
        if (view.factor === 'push' && prefers[0] !== 'push' && (await choose(view))) return true;
        if (tenant.phone.notifications().some(({ status }) => status === 'pending')) tenant.phone.approve();
        tenant.pass((view.nextPollAt ?? view.now) - view.now);
        return false;
      case 'confirming':
        if (tenant.phone.view().enrollments.length > 0) tenant.phone.scan();
        tenant.pass((view.nextPollAt ?? view.now) - view.now);
        return false;
      case 'authenticating':
        if (!view.allowedEvents.includes('password.submit')) return false;
        await press(view, { type: 'password.submit', password: PASSWORD });
        return true;
      case 'prompting':
        return type(view);
      case 'acknowledging':
        recoveryCode = view.disclosure?.recoveryCodes?.[0] ?? recoveryCode;
        await press(view, { type: 'codes.acknowledge' });
        return true;
      case 'choosing':
        if (await choose(view)) return true;
        orders += 1;
        await press(view, { type: 'enrollment.begin', factor: 'push' });
        return true;
      default:
        for (const event of ['challenge.resend', 'flow.retry'] as const) {
          if (!view.allowedEvents.includes(event) || !isAtRest(view)) continue;
          await order(view, event);
          return true;
        }
        return false;
    }
  }

  return {
    orders: () => orders,
    path: () => path.slice(-30).join(' > '),
    async goThrough() {
      const end = Date.now() + PATIENCE_MS;
      await start();
      for (let version = -1; Date.now() < end; ) {
        const answer = await ask((process) =>
          browser.send(process, 'GET', '/step-up/flow', {
            headers: { 'if-none-match': `"${version}"`, prefer: 'wait=1' },
          }),
        );
        if (answer === undefined || answer.status === 304) continue;
        if (answer.status === 404) {
          path.push('start');
          await start();
          continue;
        }
        if (answer.status !== 200) {
          path.push(`${answer.status}`);
          await sleep(100);
          continue;
        }
        const view = answer.json<FlowView>();
        const seen = `${view.state}${view.reason === undefined ? '' : ` (${view.reason})`}`;
        if (path.at(-1) !== seen) path.push(seen);
        if (view.state === 'approved') return true;
        version = (await act(view)) ? -1 : view.version;
      }
      return false;
    },
  };
}

function isAtRest({ state }: FlowView): boolean {
  return state === 'failed' || state === 'expired' || state === 'rejected';
}
