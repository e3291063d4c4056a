import { setTimeout as sleep } from 'node:timers/promises';
import type { Factor, FlowView } from '@stepgate/core';
import type { Answer } from '../http.ts';
import type { GateProcess } from './gate-process.ts';
import { type Browser, PASSWORD, type Tenant } from './tenant.ts';

/** What a user wants, and how. */
export interface Wish {
  readonly route: '/single' | '/otp' | '/codes' | '/step-up/authenticators';
  /** The body of the request: the factor to add. */
  readonly body?: { readonly factor: 'sms'; readonly phoneNumber: string };
  /** The factors that the user would like to use; the first that is available is used. */
  readonly prefers: readonly Factor[];
}

/** Sends a request to a process that is alive; `undefined` when it died meanwhile. */
export type Ask = (request: (process: GateProcess) => Promise<Answer>) => Promise<Answer | undefined>;

/** A user who goes through a flow. */
export interface User {
  /** Starts a flow for the wish. */
  start(): Promise<void>;
  /** Sends the guarded request. */
  wish(): Promise<Answer | undefined>;
  /** Goes through the current flow, or starts one. Resolves to the view when approved, `undefined` when the flow is stuck. */
  goThrough(): Promise<FlowView | undefined>;
  /** How many times the user asked to add something. */
  additions(): number;
  /** How many times the user did something that may send a push or a message. */
  orders(): number;
  /** What the user saw and did last. */
  path(): string;
}

/** How long a flow may take, in real time. */
const PATIENCE_MS = 30_000;

/** A user who does what the view offers, and lets time pass where that is needed. */
export function createUser(tenant: Tenant, browser: Browser, { route, body, prefers }: Wish, ask: Ask): User {
  const path: string[] = [];
  const wish = body ?? { factor: 'push' };
  /** The factors that were tried in this round of the flow. */
  const tried = new Set<Factor>();
  /** The codes that were typed. */
  const typed = new Set<string>();
  let { recoveryCode = '' } = tenant;
  let orders = 0;
  let additions = 0;

  async function start(): Promise<void> {
    orders += 1;
    tried.clear();
    await ask((process) => browser.start(process, route, body));
  }

  async function press(view: FlowView, event: Readonly<Record<string, string>>): Promise<void> {
    await ask((process) => browser.event(process, view, event));
  }

  /** Asks for another message or try, once that is allowed. */
  async function order(view: FlowView, type: string): Promise<void> {
    orders += 1;
    const allowedAt = view.resendAllowedAt ?? view.retryAllowedAt ?? view.now;
    path.push(type);
    if (type === 'flow.retry') tried.clear();
    tenant.pass(allowedAt - view.now);
    await press(view, { type });
  }

  /** Chooses the preferred factor that was not tried yet. */
  async function choose(view: FlowView): Promise<boolean> {
    const there = prefers.flatMap((factor) => view.authenticators.filter((one) => one.factor === factor));
    const wanted = there.find(({ factor }) => !tried.has(factor)) ?? there[0];
    if (wanted === undefined) return false;
    orders += 1;
    path.push(`choose ${wanted.factor}`);
    await press(view, { type: 'factor.choose', authenticatorId: wanted.id });
    return true;
  }

  /** Adds the wanted factor, or a first phone. */
  async function add(view: FlowView): Promise<void> {
    orders += 1;
    additions += 1;
    path.push('add');
    tenant.pass((view.messageAllowedAt?.[wish.factor] ?? view.now) - view.now);
    await press(view, { type: 'enrollment.begin', ...wish });
  }

  async function type(view: FlowView): Promise<boolean> {
    const { factor } = view;
    const code =
      factor === 'otp'
        ? tenant.nextCode()
        : factor === 'recovery-code'
          ? recoveryCode
          : (tenant.phone.messages().at(-1)?.code ?? '');
    // A code that was lost is typed again; one that was refused would be refused again.
    if (view.reason !== 'code_refused' || !typed.has(code)) {
      typed.add(code);
      await press(view, { type: 'code.submit', code });
    } else if (factor === 'recovery-code') await choose(view);
    else if (view.allowedEvents.includes('challenge.resend')) await order(view, 'challenge.resend');
    else await add(view);
    return true;
  }

  /** What a user does now; `false` when they can only wait. */
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
        if (view.allowedEvents.includes('factor.choose') && (await choose(view))) return true;
        await add(view);
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
    start,
    wish() {
      if (body !== undefined) {
        orders += 1;
        additions += 1;
      }
      return ask((process) => browser.send(process, 'POST', route, { body: body ?? {} }));
    },
    orders: () => orders,
    additions: () => additions,
    path: () => path.slice(-30).join(' > '),
    async goThrough() {
      const end = Date.now() + PATIENCE_MS;
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
        if (view.state === 'approved') return view;
        version = (await act(view)) ? -1 : view.version;
      }
      return undefined;
    },
  };
}

function isAtRest({ state }: FlowView): boolean {
  return state === 'failed' || state === 'expired' || state === 'rejected';
}
