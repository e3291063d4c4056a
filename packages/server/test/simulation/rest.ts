import { type FlowView, stateName } from '@stepgate/core';
import { awaitsPush } from '../../src/flow/rules.ts';
import type { HandleRecord } from '../../src/records/handle-record.ts';
import type { ErrandName } from './deeds.ts';
import type { People } from './people.ts';
import { sendPing } from './pings.ts';
import { LONGEST_LEASE_MS, leaseMsOf, POLL_MS, type Process, startProcess, type World } from './process.ts';

const ERRAND: ErrandName = 'see the accounts';
const BY = 'other';
const PATIENCE_SECONDS = 60;
/** From one poll to the next: the interval, its jitter, and the answer. */
const NEXT_POLL_MS = 8_000;
/** How long a ping may take to another process, and from one poll to the next without any. */
const PING_SECONDS = 6;
const UNPINGED_MS = 16_000;
const EARLIEST_UNPINGED_MS = 15_000;

/**
 * What must hold once everybody has gone: nothing that is over keeps the owner waiting or reaches another application, and
 * a process that dies while it polls is replaced in time.
 */
export async function brokenRest(
  world: World,
  people: People,
  processAt: (index: number) => Process,
): Promise<readonly string[]> {
  const { truth, clocks, turns } = world;
  const at = processAt(0);
  world.handsBack = 'the same';

  /** The answer to a request, while the time goes by second by second. */
  async function told<T>(asked: Promise<T>): Promise<T> {
    let isTold = false;
    const telling = asked.finally(() => {
      isTold = true;
    });
    telling.catch(() => {});
    for (let second = 0; second < PATIENCE_SECONDS && !isTold; second += 1) {
      await turns.settle();
      if (!isTold) clocks.advance(1_000);
    }
    if (!isTold) throw new Error('a request was not answered within a minute');
    return telling;
  }
  const ask = <T>(by: Process, work: () => Promise<T>): Promise<T> => told(by.serve(BY, work));
  const isAllowed = (by: Process): Promise<boolean> => ask(by, () => by.client(BY, ERRAND).isAllowed());

  /** A page waits for news again and again: each answer may tell that more is to come. */
  function openPage(by: Process): { watch(): void } {
    let isWaiting = false;
    return {
      watch() {
        if (isWaiting) return;
        isWaiting = true;
        void by
          .serve(BY, () => people.watch(BY, by))
          .catch(() => {})
          .finally(() => {
            isWaiting = false;
          });
      },
    };
  }

  /** The owner says yes and, where the phone shows a code, types it. */
  async function approve(by: Process): Promise<void> {
    people.answer(true, false);
    await ask(by, () => people.typePushCode(BY, by, { isMistyped: false, times: 1 }));
  }

  for (const push of truth.pushes) if (push.state === 'waiting') push.state = 'denied';
  // A process that has died keeps others from polling for as long as its claims last, and so does a clock that went back.
  clocks.advance((world.hadCrash ? LONGEST_LEASE_MS : 20_000) + clocks.loss(0, clocks.now()));
  await ask(at, () => people.cancel(BY, at));
  await ask(at, () => people.start(BY, at, ERRAND));
  const view = await ask(at, () => people.view(BY, at));
  if (view.reason === 'push_in_progress' && !(world.wasCutOff && isOneInDoubt(world))) {
    return ['an answered push keeps another browser waiting'];
  }
  if (view.state !== 'polling') return [];
  const pings = world.setup.pings === true && view.way === 'ciba';
  const judges = [brokenTakeOver, brokenByOthers, ...(pings ? [brokenPing] : [])];
  return (judges[world.draw(judges.length)] ?? brokenTakeOver)();

  async function brokenByOthers(): Promise<readonly string[]> {
    const broken: string[] = [];
    const foreign = startProcess(world, 0, 'another bank');
    await ask(foreign, () => people.start(BY, foreign, ERRAND));
    const theirs: Partial<FlowView> = await ask(foreign, () => people.view(BY, foreign));
    if (theirs.reason === 'push_in_progress') broken.push('a push of one application blocks another one’s');
    await approve(at);
    clocks.advance(pings ? UNPINGED_MS : POLL_MS);
    await ask(at, () => people.view(BY, at));
    await ask(at, () => people.view(BY, at));
    if (!(await isAllowed(at))) return [...broken, 'an approval by the owner came to nothing'];
    await told(foreign.gate.revokeSubject('ada'));
    if (!(await isAllowed(at))) broken.push('one application ended the approvals of another');
    return broken;
  }

  /** The provider pings the process that does not poll; the other one asks before it would have by itself. */
  async function brokenPing(): Promise<readonly string[]> {
    const sentAt = truth.pushes.at(-1)?.sentAt ?? 0;
    await approve(at);
    const page = openPage(at);
    page.watch();
    await turns.settle();
    await told(sendPing(world, processAt(1), 'true'));
    for (let seconds = 0; seconds < PING_SECONDS; seconds += 1) {
      clocks.advance(1_000);
      await turns.settle();
      page.watch();
      await turns.settle();
    }
    const isEarly = clocks.now() - sentAt < EARLIEST_UNPINGED_MS;
    return isEarly && !(await isAllowed(at)) ? ['a ping made no poll due'] : [];
  }

  /** The process that polls dies; the page asks the other one from then on. */
  async function brokenTakeOver(): Promise<readonly string[]> {
    openPage(at).watch();
    await turns.settle();
    clocks.advance(POLL_MS);
    await turns.settle();
    at.die();
    await approve(processAt(1));
    const diedAt = clocks.now();
    const most = leaseMsOf(view.way ?? 'mfa-api') + NEXT_POLL_MS + clocks.loss(0, diedAt);
    const page = openPage(processAt(1));
    while (!(await isAllowed(processAt(1)))) {
      if (clocks.now() - diedAt > most) return [`nobody took over for a process that died while it polled`];
      page.watch();
      await turns.settle();
      clocks.advance(1_000);
      await turns.settle();
    }
    return [];
  }
}

/** Whether nobody knows of a push whether it went out. It may be on a phone, so no other one is sent meanwhile. */
function isOneInDoubt({ written }: World): boolean {
  for (const value of written.values()) {
    const { text } = value as { readonly text?: string };
    const { flow } = text === undefined ? {} : (JSON.parse(text) as HandleRecord);
    if (flow !== undefined && awaitsPush(flow) && stateName(flow.state) !== 'polling') return true;
  }
  return false;
}
