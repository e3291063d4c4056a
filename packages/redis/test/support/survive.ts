import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowView } from '@stepgate/core';
import type { Answer } from '../../../server/test/support/http.ts';
import { type Death, type GateProcess, startProcess } from './gate-process.ts';
import { type Browser, startTenant, type Tenant } from './tenant.ts';

/** A way through a flow. */
export interface Shape {
  readonly route: '/single' | '/otp';
  /** Whether the user has a phone already. */
  readonly isEnrolled: boolean;
}

/** How a flow went whose process died. */
export interface Outcome {
  readonly death: Death;
  /** Whether the process died at all: past the last write it does not. */
  readonly died: boolean;
  /** What must never be; empty when all is well. */
  readonly faults: readonly string[];
}

const PATIENCE_MS = 60_000;

/**
 * Goes through a flow in a process that dies at the given write, and on in the process that lives, as a user does who
 * presses what is offered; then uses the approval twice.
 */
export async function survive(options: {
  readonly redisUrl: string;
  readonly shape: Shape;
  readonly death: Death;
  readonly survivor: GateProcess;
}): Promise<Outcome> {
  const { redisUrl, shape, death, survivor } = options;
  const closers: (() => Promise<void>)[] = [];
  const [tenant, doomed] = await Promise.all([
    startTenant({ isEnrolled: shape.isEnrolled, onClose: (close) => closers.push(close) }),
    startProcess(redisUrl, { death, isKept: true }),
  ]);
  const browser = await tenant.browser();
  const faults: string[] = [];

  /** Asks the process that is there; `undefined` when it died of it. */
  async function ask(request: (process: GateProcess) => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await request(doomed.isAlive ? doomed : survivor);
    } catch (error) {
      for (let waited = 0; doomed.isAlive && waited < 1_000; waited += 10) await sleep(10);
      if (doomed.isAlive) throw error;
      return undefined;
    }
  }

  const user = createUser(tenant, browser, shape, ask);
  const isApproved = await user.goThrough();
  if (!isApproved) faults.push(`stuck: ${user.path()}`);
  if (tenant.pushes() > user.orders()) faults.push(`${tenant.pushes()} pushes for ${user.orders()} orders`);
  const passed = tenant.exchanges().filter(({ status }) => status === 200).length;
  if (isApproved && passed === 0) faults.push('an approval without an exchange');

  const wasAlive = doomed.isAlive;
  const uses: (number | undefined)[] = [];
  for (let use = 0; use < 2; use += 1) {
    uses.push((await ask((process) => browser.send(process, 'POST', shape.route, { body: {} })))?.status);
  }
  const done = uses.filter((status) => status === 200).length;
  const runs = doomed.runs(tenant.id) + survivor.runs(tenant.id);
  if (done > 1 || runs > 1) faults.push(`used ${runs} times: ${uses.join()}`);
  // The process may die between the use and the handler: then it is used up, and nothing was done.
  const diedOfUse = wasAlive && !doomed.isAlive;
  if (isApproved && done === 0 && !diedOfUse) faults.push(`a lost approval: ${uses.join()}`);
  const died = !doomed.isAlive;
  await Promise.all([doomed.stop(), ...closers.map((close) => close())]);
  return { death, died, faults: faults.map((fault) => `${death.when} write ${death.at}: ${fault}`) };
}

/** A user who does what the view offers, and never waits for nothing. */
function createUser(
  tenant: Tenant,
  browser: Browser,
  { route }: Shape,
  ask: (request: (process: GateProcess) => Promise<Answer>) => Promise<Answer | undefined>,
): { goThrough(): Promise<boolean>; orders(): number; path(): string } {
  const path: string[] = [];
  let orders = 0;

  async function start(): Promise<void> {
    orders += 1;
    await ask((process) => browser.start(process, route));
  }

  async function press(view: FlowView, event: Readonly<Record<string, string>>): Promise<void> {
    await ask((process) => browser.event(process, view, event));
  }

  async function order(view: FlowView, type: string): Promise<void> {
    orders += 1;
    const wait = (view.resendAllowedAt ?? view.retryAllowedAt ?? view.now) - view.now;
    path.push(`${type} in ${wait} ms`);
    await sleep(Math.min(PATIENCE_MS, Math.max(0, wait)));
    await press(view, { type });
  }

  /** What a user does now; `false` when there is nothing but to wait. */
  async function act(view: FlowView): Promise<boolean> {
    switch (view.state) {
      case 'polling':
        if (tenant.phone.notifications().every(({ status }) => status !== 'pending')) return false;
        tenant.phone.approve();
        return false;
      case 'confirming':
        if (tenant.phone.view().enrollments.length === 0) return false;
        tenant.phone.scan();
        return false;
      case 'prompting':
        await press(view, { type: 'code.submit', code: tenant.nextCode() });
        return true;
      case 'acknowledging':
        await press(view, { type: 'codes.acknowledge' });
        return true;
      case 'choosing':
        orders += 1;
        if (view.authenticators.length > 0) {
          await press(view, { type: 'factor.choose', authenticatorId: view.authenticators[0]?.id ?? '' });
        } else {
          await press(view, { type: 'enrollment.begin', factor: 'push' });
        }
        return true;
      default:
        for (const type of ['challenge.resend', 'flow.retry'] as const) {
          if (!(view.allowedEvents as readonly string[]).includes(type) || !isAtRest(view)) continue;
          await order(view, type);
          return true;
        }
        return false;
    }
  }

  return {
    orders: () => orders,
    path: () => path.join(' > '),
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
