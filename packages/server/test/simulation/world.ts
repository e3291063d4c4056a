import { setImmediate } from 'node:timers/promises';
import type { FlowView } from '@stepgate/core';
import type { Scheduler } from 'fast-check';
import { createManualClock } from 'suites/manual-clock.ts';
import { withParts } from 'suites/test-tenant.ts';
import { createGate } from '../../src/gate/gate.ts';
import { auth0, createMemoryStore, type Identity, type Json, type Store } from '../../src/index.ts';
import { createGateClient, type GateClient, SECRET, type TestNative } from '../support/gate-client.ts';

import { createSimulatedTenant, type Network, RIGHT_CODE } from './tenant.ts';
import { brokenPromises, type Counted, createTruth } from './truth.ts';

/**
 * Who acts. `owner` and `other` are the user's own browsers, of two logins; `attacker` has the session of `owner` without
 * its handle, `twin` has both.
 */
export const BROWSERS = {
  owner: { session: 'stolen', handle: 'o' },
  other: { session: 'own', handle: 'p' },
  attacker: { session: 'stolen', handle: 't' },
  twin: { session: 'stolen', handle: 'o' },
} as const;

/** One of {@link BROWSERS}. */
export type Browser = keyof typeof BROWSERS;

/** One thing that somebody does. */
export type Deed =
  | { readonly type: 'start'; readonly by: Browser; readonly isSingleUse: boolean }
  | { readonly type: 'start with a foreign token'; readonly by: 'attacker' | 'twin' }
  | {
      readonly type: 'cancel' | 'resend' | 'retry' | 'choose the code' | 'choose the text' | 'look' | 'watch';
      readonly by: Browser;
    }
  | { readonly type: 'type a code'; readonly by: Browser }
  /** Starts a flow, or types a code in one, and cancels it after so many turns of what that sets going. */
  | { readonly type: 'ring and cancel' | 'guess and cancel'; readonly by: Browser; readonly after: number }
  /** Starts a flow and proves a code in it: the user's own, or with a foreign token somebody else's phone. */
  | { readonly type: 'prove'; readonly by: Browser; readonly isSingleUse: boolean }
  | { readonly type: 'use'; readonly by: Browser; readonly isSingleUse: boolean; readonly releases: boolean }
  | { readonly type: 'answer'; readonly approves: boolean }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'crash'; readonly process: number }
  | { readonly type: 'faults'; readonly areOn: boolean };

/** A deed, the process that it goes to, and how much of what is under way goes on before the next one. */
export interface Step {
  readonly deed: Deed;
  readonly process: number;
  readonly turns: number;
}

/** Decides what of all that is under way goes on next. */
export type Turns = Pick<Scheduler, 'schedule' | 'count' | 'waitOne'>;

/** Turns of the event loop that it takes at the most to read a request's or an answer's body. */
const BODY_TURNS = 4;
const LEASE_MS = 25_000;
const RESEND_AFTER_MS = 15_000;
const POLL_MS = 6_000;

/** When the attempts were made that a counter holds. */
function timesIn(value: Json): readonly number[] {
  return (value as { readonly points: readonly [number, string][] }).points.map(([time]) => time);
}

/** The address tells the tenant of a simulation which browser a first leg is for. */
const identityOf = (browser: Browser): Identity => ({
  subject: 'ada',
  sessionId: BROWSERS[browser].session,
  ip: browser,
});

/** Runs a simulation, and answers with the promises that were broken in it. */
export async function simulate(
  scheduler: Turns,
  draw: (count: number) => number,
  steps: readonly Step[],
): Promise<readonly string[]> {
  const clock = createManualClock();
  const now = (): number => clock.now();
  const truth = createTruth();
  const memory = createMemoryStore({ now });
  const counters = new Map<string, { readonly limit: string; readonly value: Json }>();
  const counted: Counted = (limit, since) =>
    [...counters.values()]
      .filter((counter) => counter.limit === limit)
      .reduce((sum, { value }) => sum + timesIn(value).filter((time) => time > since).length, 0);
  let quietAt = now();
  let areFaultsOn = false;
  let hadFaults = false;
  let hadCrash = false;
  const pollSchedule = draw(2) === 0 ? 'eager' : 'steady';
  if (pollSchedule === 'eager') truth.leastIntervalMs = 1_250;
  const turn = (name: string): Promise<unknown> => scheduler.schedule(Promise.resolve(), name);

  /** What a process does with the world. A dead one does nothing any more, whatever it waited for. */
  function createProcess(clientId: string) {
    let isDead = false;
    const alive = async (name: string): Promise<void> => {
      await turn(name);
      if (isDead) await new Promise(() => {});
    };
    const network: Network = async (signal, act) => {
      const answered = turn('request')
        .then(act)
        .finally(() => turn('answer'));
      const aborted = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      const result = await Promise.race([answered, aborted]);
      if (isDead) await new Promise(() => {});
      return result;
    };
    const stored = async <T>(work: () => Promise<T>): Promise<T> => {
      await alive('store');
      if (areFaultsOn && draw(12) === 0) throw new Error('not done');
      const result = await work();
      await alive('store answers');
      if (areFaultsOn && draw(12) === 0) throw new Error('answer lost');
      return result;
    };
    const store: Store = {
      read: (key) => stored(() => memory.read(key)),
      write: (key, value, options) =>
        stored(async () => {
          const version = await memory.write(key, value, options);
          const limit = /limit:(\w+)\.perSession:/.exec(key)?.[1];
          if (version !== undefined && limit !== undefined) counters.set(key, { limit, value });
          return version;
        }),
      delete: (key) => stored(() => memory.delete(key)),
    };
    const tenant = createSimulatedTenant({
      truth: clientId === 'bank' ? truth : createTruth(),
      network,
      now,
      stamp: () => ({ sentAt: now(), countedFrom: quietAt - (hadFaults ? LEASE_MS : 0) }),
      isDead: () => isDead,
      fault: () =>
        areFaultsOn ? ((['none', 'none', 'unheard', 'refused'] as const)[draw(4)] ?? 'none') : 'none',
    });
    const gate = createGate<TestNative>({
      provider: withParts(auth0({ issuer: 'https://tenant.test/', clientId }), tenant),
      secret: SECRET,
      store,
      identify: ({ identity }) => identity,
      firstLeg: {
        mfaToken: true,
        custom: ({ identity, signal }) =>
          tenant.firstLeg(identity.ip ?? '', identity.sessionId, signal ?? new AbortController().signal),
      },
      tenantBudget: false,
      pollSchedule,
      // The distance and the limit that is judged here must hold by themselves.
      limits: { starts: false, pushes: false },
      onError: () => {},
      testing: { clock, random: () => 0.5 },
    });
    return {
      gate,
      die(): void {
        isDead = true;
      },
      client(browser: Browser, isSingleUse: boolean, action?: string): GateClient {
        return createGateClient({
          gate,
          identity: identityOf(browser),
          handle: BROWSERS[browser].handle.repeat(43),
          policy: {
            factors: ['push', 'otp', 'sms'],
            maxAge: isSingleUse ? 0 : '5m',
            ...(action !== undefined && { action: { id: action, title: action } }),
          },
        });
      },
      foreignToken: tenant.foreignToken,
    };
  }

  const processes = [createProcess('bank'), createProcess('bank')];
  const processAt = (index: number) => processes[index] as (typeof processes)[number];
  const work: Promise<unknown>[] = [];

  /** Waits until something is there to go on with, or nothing is to come: bodies are read over some turns of the loop. */
  async function pause(): Promise<void> {
    for (let turns = 0; turns < BODY_TURNS; turns += 1) {
      await setImmediate();
      if (scheduler.count() > 0) return;
    }
  }

  async function goOn(turns: number): Promise<void> {
    for (let done = 0; done < turns; done += 1) {
      if (scheduler.count() === 0) await pause();
      if (scheduler.count() === 0) break;
      await scheduler.waitOne();
      await setImmediate();
    }
    if (scheduler.count() === 0) await pause();
    if (scheduler.count() === 0) quietAt = now();
  }
  const settle = (): Promise<void> => goOn(10_000);

  /** A handler that runs, and behind it another guard, which refuses: what was used stays used. */
  async function use(browser: Browser, process: number, deed: Extract<Deed, { type: 'use' }>): Promise<void> {
    const { isSingleUse, releases } = deed;
    const at = processAt(process);
    const native = { identity: identityOf(browser) };
    const decision = await at.client(browser, isSingleUse).decide('/transfers', native);
    if (!decision.isAllowed || decision.stepUp === undefined) return;
    const { approval } = decision.stepUp;
    truth.runs.push({ approval: approval.id, browser, isSingleUse });
    if (!releases) {
      await at.client(browser, isSingleUse, 'close').decide('/close', native);
      return;
    }
    truth.released.push(approval.id);
    await decision.stepUp.release();
  }

  async function post(client: GateClient, event: Record<string, unknown>): Promise<void> {
    const { version } = (await client.view()) as Partial<FlowView>;
    if (version === undefined) return;
    const headers = { 'if-match': `"${version}"` };
    await client.send('POST', '/step-up/flow/events', { headers, body: event });
  }

  /** Waits for news, as an open page does. */
  async function watch(client: GateClient): Promise<void> {
    const { version } = (await client.view()) as Partial<FlowView>;
    if (version === undefined) return;
    const headers = { prefer: 'wait=25', 'if-none-match': `"${version}"` };
    await client.send('GET', '/step-up/flow', { headers });
  }

  async function start(client: GateClient, mfaToken?: string): Promise<void> {
    const decision = await client.decide();
    if (decision.isAllowed) return;
    const { step_up } = JSON.parse(decision.response.body) as { step_up?: { requirement: string } };
    if (step_up === undefined) return;
    const body = { requirement: step_up.requirement, ...(mfaToken !== undefined && { mfa_token: mfaToken }) };
    await client.send('POST', '/step-up/flow', { body });
  }

  /** The owner approves what the owner has caused, and denies the rest. */
  function answer(approves: boolean): void {
    const push = truth.pushes.findLast(({ state }) => state === 'waiting');
    if (push === undefined) return;
    const isOwn = push.browser === 'owner' || push.browser === 'other';
    push.state = approves && isOwn ? 'approved' : 'denied';
  }

  function act(deed: Deed, process: number): Promise<unknown> | undefined {
    const at = processAt(process);
    switch (deed.type) {
      case 'start':
        return start(at.client(deed.by, deed.isSingleUse));
      case 'start with a foreign token':
        return start(at.client(deed.by, false), at.foreignToken);
      case 'cancel':
        return at.client(deed.by, false).send('DELETE', '/step-up/flow');
      case 'resend':
        return post(at.client(deed.by, false), { type: 'challenge.resend' });
      case 'retry':
        return post(at.client(deed.by, false), { type: 'flow.retry' });
      case 'choose the code':
        return post(at.client(deed.by, false), { type: 'factor.choose', authenticatorId: 'otp|push|ada' });
      case 'choose the text':
        return post(at.client(deed.by, false), { type: 'factor.choose', authenticatorId: 'sms|ada' });
      case 'type a code': {
        const isOwn = deed.by === 'owner' || deed.by === 'other';
        return post(at.client(deed.by, false), { type: 'code.submit', code: isOwn ? RIGHT_CODE : '000000' });
      }
      case 'look':
        return at.client(deed.by, false).view();
      case 'watch':
        return watch(at.client(deed.by, false));
      case 'use':
        return use(deed.by, process, deed);
      case 'prove':
      case 'ring and cancel':
      case 'guess and cancel':
        return undefined;
      case 'answer':
        answer(deed.approves);
        return undefined;
      case 'wait':
        clock.advance(deed.ms);
        return undefined;
      case 'crash':
        at.die();
        hadCrash = true;
        processes[process] = createProcess('bank');
        return undefined;
      case 'faults':
        areFaultsOn = deed.areOn;
        hadFaults ||= deed.areOn;
        return undefined;
    }
  }

  /** Cuts a request off while the tenant may be at it, and lets the least time pass until the next one could go out. */
  async function cutOff(browser: Browser, process: number, after: number, isGuess: boolean): Promise<void> {
    const client = processAt(process).client(browser, false);
    const begin = (asked: Promise<unknown>): void => void work.push(asked.catch(() => {}));
    begin(start(client));
    if (isGuess) {
      await settle();
      begin(post(client, { type: 'factor.choose', authenticatorId: 'otp|push|ada' }));
      await settle();
      begin(post(client, { type: 'code.submit', code: '000000' }));
    }
    await goOn(after);
    begin(client.send('DELETE', '/step-up/flow'));
    await settle();
    clock.advance(RESEND_AFTER_MS);
  }

  /** A flow from its start to a proof. Attackers have no code of the owner's, and prove what they have. */
  async function prove(browser: Browser, process: number, isSingleUse: boolean): Promise<void> {
    const at = processAt(process);
    const client = at.client(browser, isSingleUse);
    const inTurn = async (asked: Promise<unknown>): Promise<void> => {
      work.push(asked.catch(() => {}));
      await settle();
    };
    if (browser === 'attacker' || browser === 'twin') {
      await inTurn(start(client, at.foreignToken));
      clock.advance(POLL_MS);
    } else {
      await inTurn(start(client));
      await inTurn(post(client, { type: 'factor.choose', authenticatorId: 'otp|push|ada' }));
      await inTurn(post(client, { type: 'code.submit', code: RIGHT_CODE }));
    }
    await inTurn(client.view());
    await inTurn(client.send('DELETE', '/step-up/flow'));
    clock.advance(RESEND_AFTER_MS);
  }

  for (const { deed, process, turns } of steps) {
    if (deed.type === 'prove') await prove(deed.by, process, deed.isSingleUse);
    if (deed.type === 'ring and cancel' || deed.type === 'guess and cancel') {
      await cutOff(deed.by, process, deed.after, deed.type === 'guess and cancel');
    }
    const working = act(deed, process);
    if (working !== undefined) work.push(working.catch(() => {}));
    await goOn(turns);
    const broken = brokenPromises(truth, counted, now());
    if (broken.length > 0) return broken;
  }
  areFaultsOn = false;
  await settle();
  // Takes longer than all before it, and is asked often enough.
  const isAsked = !hadFaults && draw(4) === 0;
  return [...brokenPromises(truth, counted, now()), ...(isAsked ? await brokenAfterwards() : [])];

  /** What must hold once everybody has gone: nothing that is over keeps the owner waiting, or reaches another namespace. */
  async function brokenAfterwards(): Promise<readonly string[]> {
    const broken: string[] = [];
    const told = async <T>(asked: Promise<T>): Promise<T> => {
      let isTold = false;
      const telling = asked.finally(() => {
        isTold = true;
      });
      void telling.catch(() => {});
      for (let second = 0; second < 60 && !isTold; second += 1) {
        await settle();
        if (!isTold) clock.advance(1_000);
      }
      if (!isTold) throw new Error('a request was not answered within a minute');
      return telling;
    };
    for (const push of truth.pushes) if (push.state === 'waiting') push.state = 'denied';
    // A process that has died keeps others from polling for as long as its claims last.
    clock.advance(hadCrash ? LEASE_MS : 20_000);
    const other = processAt(0).client('other', false);
    await told(other.send('DELETE', '/step-up/flow'));
    await told(start(other));
    const view = (await told(other.view())) as Partial<FlowView>;
    if (view.reason === 'push_in_progress') broken.push('an answered push keeps another browser waiting');
    if (view.state !== 'polling') return broken;

    const foreign = createProcess('another bank');
    const stranger = foreign.client('other', false);
    await told(start(stranger));
    const theirs = (await told(stranger.view())) as Partial<FlowView>;
    if (theirs.reason === 'push_in_progress') broken.push('a push of one application blocks another one’s');
    answer(true);
    clock.advance(POLL_MS);
    await told(other.view());
    if (!(await told(other.isAllowed()))) return [...broken, 'an approval by the owner came to nothing'];
    await told(foreign.gate.revokeSubject('ada'));
    if (!(await told(other.isAllowed()))) broken.push('one application ended the approvals of another');
    return broken;
  }
}
