import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowView } from '@stepgate/core';
import type { Answer } from 'suites/http.ts';
import type { Browser } from './browser.ts';
import type { Dice } from './random.ts';
import type { User } from './tenant.ts';

/** What a user does with a push. */
export type Plan = 'approve' | 'approve while away' | 'deny' | 'ignore' | 'cancel';

/** How a flow went. */
export interface Outcome {
  readonly plan: Plan;
  /** The state at the end. */
  readonly end: FlowView['state'] | 'stuck';
  /** How many pushes the user asked for, by the start and by each "send again". */
  readonly orders: number;
  readonly pushes: number;
  /** How many uses of the approval succeeded, and how many have an unknown result. */
  readonly used: number;
  readonly unknownUses: number;
  /** What must never happen. Empty if all is well. */
  readonly faults: readonly string[];
}

/** What a run of a flow needs. */
export interface FlowOptions {
  readonly user: User;
  readonly plan: Plan;
  readonly dice: Dice;
  readonly browser: Browser;
  /** The approvals with which the user's handlers have run so far. */
  readonly runs: () => readonly string[];
}

/** Longer than any flow takes whose user stays. */
const PATIENCE_MS = 400_000;
/** An approval must be noticed if it is given this long before its deadline, whatever happens meanwhile. */
const NOTICED_WITHIN_MS = 60_000;
const PHONE_LOOKS_EVERY_MS = 250;
const PRESSES_AGAIN_AFTER_MS = 300;
/** The states at rest that offer the user a way on. */
const AT_REST: readonly FlowView['state'][] = ['rejected', 'expired', 'failed'];

/** Goes through one flow like a user who presses what is offered, and compares the result with the plan. */
export async function runFlow({ user, plan, dice, browser, runs }: FlowOptions): Promise<Outcome> {
  const faults: string[] = [];
  const path: string[] = [];
  const known = new Set(user.phone.notifications().map(({ id }) => id));
  const ranBefore = runs().length;
  const giveUpAt = Date.now() + PATIENCE_MS;
  let orders = 0;
  let isOver = false;
  const answers = new Map<string, number>();

  const pushes = () => user.phone.notifications().filter(({ id }) => !known.has(id));

  /** Answers every push once, after as long as a person takes. */
  async function usePhone(): Promise<void> {
    while (!isOver) {
      for (const { id, status } of pushes()) {
        if (status !== 'pending' || answers.has(id)) continue;
        answers.set(id, Number.POSITIVE_INFINITY);
        await sleep(dice.between(0, 6_000));
        try {
          if (plan === 'deny') user.phone.deny(id);
          else if (plan !== 'ignore' && plan !== 'cancel') user.phone.approve(id);
          answers.set(id, Date.now());
        } catch {
          // The push has expired meanwhile, since the system may be busy.
        }
      }
      await sleep(PHONE_LOOKS_EVERY_MS);
    }
  }

  /** Repeats a request until the answer is more than "come again". */
  async function insist(request: () => Promise<Answer | undefined>): Promise<Answer | undefined> {
    while (Date.now() < giveUpAt) {
      const answer = await request();
      const isPassing = answer === undefined || answer.status >= 500 || answer.status === 429;
      if (!isPassing && !(answer.status === 409 && answer.headers['retry-after'] !== undefined))
        return answer;
      await sleep(PRESSES_AGAIN_AFTER_MS);
    }
    return undefined;
  }

  async function start(): Promise<void> {
    const refused = await insist(() => browser.post('/transfers', {}));
    if (refused === undefined) return;
    if (refused.status !== 401) faults.push(`let through without an approval: ${refused.status}`);
    const { step_up } = refused.json<{ step_up?: { requirement: string } }>();
    // It is sent until there is an answer, and makes one flow and one push.
    orders += 1;
    const started = await insist(() =>
      browser.post('/step-up/flow', { requirement: step_up?.requirement ?? '' }),
    );
    if (started !== undefined && started.status !== 200 && started.status !== 201) {
      faults.push(`no start: ${started.status} ${started.text}`);
    }
  }

  /** Presses a button that may send a push. */
  async function order(view: FlowView, event: Readonly<Record<string, string>>): Promise<void> {
    orders += 1;
    path.push(event.type ?? '');
    const wait = (view.resendAllowedAt ?? view.retryAllowedAt ?? view.now) - view.now;
    await sleep(Math.min(60_000, Math.max(PRESSES_AGAIN_AFTER_MS, wait)));
    await browser.event(view, event);
  }

  function isEnd({ state, reason }: FlowView): boolean {
    if (state === 'approved' || state === 'cancelled') return true;
    return (
      (plan === 'deny' && state === 'rejected') ||
      (plan === 'ignore' && state === 'expired' && reason === 'challenge_expired')
    );
  }

  /** Does what a user does with this view. Returns `false` if the user can only wait. */
  async function act(view: FlowView): Promise<boolean> {
    if (view.state === 'polling' && plan === 'cancel') {
      await sleep(dice.between(0, 3_000));
      await browser.cancel();
      return true;
    }
    if (view.state === 'polling' && plan === 'approve while away') {
      await sleep(dice.between(0, 10_000));
      return true;
    }
    if (view.state === 'choosing') {
      await order(view, { type: 'factor.choose', authenticatorId: view.authenticators[0]?.id ?? '' });
      return true;
    }
    if (!AT_REST.includes(view.state)) return false;
    if (view.state === 'rejected' && plan !== 'deny') faults.push('rejected by nobody');
    if (view.state === 'expired' && view.reason === 'challenge_expired') mustNotBeOverlooked(view);
    const offered = (['challenge.resend', 'flow.retry'] as const).find((type) =>
      view.allowedEvents.includes(type),
    );
    if (offered === undefined) return false;
    await order(view, { type: offered });
    return true;
  }

  function mustNotBeOverlooked({ now }: FlowView): void {
    const push = pushes().at(-1);
    const approvedAt = push?.status === 'approved' ? answers.get(push.id) : undefined;
    if (approvedAt !== undefined && Math.min(now, push?.expiresAt ?? now) - approvedAt > NOTICED_WITHIN_MS) {
      faults.push(`a lost approval: expired ${now - approvedAt} ms after it was given`);
    }
  }

  async function goThrough(): Promise<FlowView['state'] | 'stuck'> {
    await start();
    for (let version = -1; Date.now() < giveUpAt; ) {
      const answer = await browser.view(version);
      if (answer?.status === 404) {
        faults.push('a forgotten flow');
        await start();
      }
      if (answer?.status === 304) continue;
      if (answer?.status !== 200) {
        await sleep(PRESSES_AGAIN_AFTER_MS);
        continue;
      }
      const view = answer.json<FlowView>();
      path.push(`${view.state}${view.reason === undefined ? '' : ` (${view.reason})`}`);
      if (isEnd(view)) return view.state;
      version = (await act(view)) ? -1 : view.version;
    }
    faults.push(`stuck: ${path.join(' > ')}`);
    return 'stuck';
  }

  /** Uses the approval twice at the same time, or finds none. */
  async function use(isApproved: boolean): Promise<{ readonly used: number; readonly unknown: number }> {
    const uses = await Promise.all([1, 2].map(() => browser.post('/transfers', {})));
    let used = uses.filter((answer) => answer?.status === 200).length;
    const unknown = uses.filter((answer) => answer === undefined || answer.status >= 500).length;
    // The store was away, so an approval that was not used is still there.
    if (isApproved && used === 0 && unknown > 0) {
      const later = await insist(() => browser.post('/transfers', {}));
      used += later?.status === 200 ? 1 : 0;
    }
    return { used, unknown };
  }

  const phone = usePhone();
  const end = await goThrough();
  isOver = true;
  await phone;
  const isApproved = end === 'approved';
  const { used, unknown } = await use(isApproved);
  // Handlers report themselves by message.
  await sleep(PRESSES_AGAIN_AFTER_MS);
  const ran = runs().slice(ranBefore);
  const approvals = pushes().filter(({ status }) => status === 'approved').length;
  if (pushes().length > orders)
    faults.push(`${pushes().length} pushes for ${orders} orders: ${path.join(' > ')}`);
  if (isApproved && approvals === 0) faults.push('an approval without an exchange');
  if (!isApproved && used + ran.length > 0) faults.push(`used after ${end}`);
  if (used > 1 || ran.length > 1) faults.push(`used ${Math.max(used, ran.length)} times`);
  if (isApproved && used === 0 && unknown === 0) {
    faults.push(`a lost approval: refused, used ${ran.length} times: ${path.join(' > ')}`);
  }
  if (isApproved && (plan === 'deny' || plan === 'ignore' || plan === 'cancel')) {
    faults.push(`approved by nobody: the phone was to ${plan}`);
  }
  return { plan, end, orders, pushes: pushes().length, used, unknownUses: unknown, faults };
}

/** A new browser's handle. */
export function newHandle(): string {
  return randomBytes(32).toString('base64url');
}
