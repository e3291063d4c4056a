import { createMemoryStore, type Store } from '../../src/index.ts';
import { createClocks } from './clocks.ts';
import { type Browser, type Deed, type ErrandName, isOwn, MFA_API, type Setup, type Step } from './deeds.ts';
import { createPeople, OWN_CODE, RECOVERY } from './people.ts';
import { sendPing } from './pings.ts';
import { leaseMsOf, POLL_MS, type Process, startProcess, type World } from './process.ts';
import { brokenPromises } from './promises.ts';
import { brokenRest } from './rest.ts';
import { FOREIGN, RIGHT_CODE } from './tenant.ts';
import { createTruth } from './truth.ts';
import { createTurns, type Scheduling } from './turns.ts';

const RESEND_AFTER_MS = 15_000;
/** A little longer than from one eager poll to the next, and in all than until the first one where there are pings. */
const LOOK_MS = 1_400;
const MOST_LOOKS = 15;
/** Less than it takes until another process does what one is at. */
const HURRY_MS = 3_000;

type RingingAgain = Extract<Deed, { type: 'ring again' }>;
type Hurry = Extract<Deed, { type: 'add a phone in a hurry' }>;
type Looking = Extract<Deed, { type: 'look on' }>;
type Recovery = Extract<Deed, { type: 'recover' }>;
type ByLink = Extract<Deed, { type: 'prove by link' }>;

/** What came of a simulation. */
export interface Outcome {
  /** The promises that were broken, in words. */
  readonly broken: readonly string[];
  /** How much time went by in it. */
  readonly simulatedMs: number;
  /** The steps after whose turns nothing was under way. */
  readonly quietAfter: ReadonlySet<Step>;
}

/** Makes the store of a simulation, which goes by this clock. */
export type CreateStore = (now: () => number) => Store;

const createModelStore: CreateStore = (now) => createMemoryStore({ now });

/** Runs a simulation. */
export async function simulate(
  scheduling: Scheduling,
  draw: (count: number) => number,
  steps: readonly Step[],
  setup: Setup = MFA_API,
  createStore: CreateStore = createModelStore,
): Promise<Outcome> {
  const clocks = createClocks();
  const begunAt = clocks.now();
  const turns = createTurns(scheduling, () => {
    world.quietAt = clocks.now();
    world.isQuiet = true;
  });
  const world: World = {
    setup,
    truth: createTruth(),
    clocks,
    turns,
    shared: createStore(() => clocks.storeNow()),
    written: new Map(),
    draw,
    randomBytes: createBytes(),
    processes: [],
    handsBack: setup.details ?? 'the same',
    areFaultsOn: false,
    hadFaults: false,
    hadCrash: false,
    isQuiet: true,
    wasCutOff: false,
    quietAt: begunAt,
  };
  const { processes } = world;
  for (const index of [0, 1]) processes.push(startProcess(world, index));
  const processAt = (index: number): Process => processes[index] as Process;
  const people = createPeople(world);

  function pass(ms: number): void {
    world.wasCutOff ||= !world.isQuiet;
    world.isQuiet = false;
    clocks.advance(ms);
  }

  /** Lets a request go out, whatever comes of it. */
  function begin(by: Browser, at: Process, work: () => Promise<unknown>): void {
    world.isQuiet = false;
    at.serve(by, work).catch(() => {});
  }

  /** Lets a request go out, and waits for everything that it sets going. */
  async function inTurn(by: Browser, at: Process, work: () => Promise<unknown>): Promise<void> {
    begin(by, at, work);
    await turns.settle();
  }

  /** Cuts a request off while the tenant may be at it, and lets the least time pass until the next one could go out. */
  async function cutOff(by: Browser, at: Process, after: number, isGuess: boolean): Promise<void> {
    begin(by, at, () => people.start(by, at, 'see the accounts'));
    if (isGuess) {
      await turns.settle();
      await inTurn(by, at, () => people.post(by, at, { type: 'factor.choose', authenticatorId: OWN_CODE }));
      begin(by, at, () => people.post(by, at, { type: 'code.submit', code: '000000' }));
    }
    await turns.goOn(after);
    await inTurn(by, at, () => people.cancel(by, at));
    pass(RESEND_AFTER_MS);
  }

  /** A flow from its start to a proof. Attackers have no code of the owner's, and prove what they have. */
  async function prove(by: Browser, at: Process, errand: ErrandName): Promise<void> {
    await inTurn(by, at, () => people.start(by, at, errand, isOwn(by) ? undefined : FOREIGN));
    if (isOwn(by)) {
      await inTurn(by, at, () => people.post(by, at, { type: 'factor.choose', authenticatorId: OWN_CODE }));
      await inTurn(by, at, () => people.post(by, at, { type: 'code.submit', code: RIGHT_CODE }));
    } else {
      pass(POLL_MS);
    }
    await inTurn(by, at, () => people.view(by, at));
    await inTurn(by, at, () => people.cancel(by, at));
    pass(RESEND_AFTER_MS);
  }

  /** The same by a push: a tap and, where the phone shows a code, that code. Everybody is careless with it. */
  async function proveByPush(by: Browser, at: Process, errand: ErrandName): Promise<void> {
    await inTurn(by, at, () => people.start(by, at, errand));
    people.answer(true, true);
    await inTurn('attacker', at, () => sendPing(world, at, 'true'));
    await inTurn(by, at, () => people.typePushCode(by, at, { isMistyped: false, times: 1 }));
    pass(POLL_MS);
    await inTurn(by, at, () => people.view(by, at));
    await inTurn(by, at, () => people.view(by, at));
  }

  /** The same by a link, which the user or the attacker opens. */
  async function proveByLink({ by, errand, at: guest, keptMs, uses }: ByLink, at: Process): Promise<void> {
    await inTurn(by, at, () => people.askForLink(by, at, errand));
    pass(keptMs);
    await turns.settle();
    await inTurn(guest, at, () => people.openLink(guest, at, false));
    people.answer(true, true);
    await inTurn(guest, at, () => people.typePushCode(guest, at, { isMistyped: false, times: 1 }));
    pass(POLL_MS);
    await inTurn(guest, at, () => people.view(guest, at));
    await inTurn(guest, at, () => people.view(guest, at));
    for (let used = 0; used < uses; used += 1) {
      await inTurn(by, at, async () => people.act({ type: 'use', by, errand, afterwards: 'nothing' }, at));
    }
  }

  /** The same by a recovery code, whose successor is noted. */
  async function recover({ by, errand, times }: Recovery, at: Process): Promise<void> {
    await inTurn(by, at, () => people.start(by, at, errand));
    await inTurn(by, at, () => people.post(by, at, { type: 'factor.choose', authenticatorId: RECOVERY }));
    await inTurn(by, at, () => people.typeRecoveryCode(by, at, times));
    await inTurn(by, at, () => people.post(by, at, { type: 'codes.acknowledge' }));
  }

  /** The same by a phone that is added meanwhile, with the password where that is asked for. */
  async function addPhone(by: Browser, at: Process, errand: ErrandName): Promise<void> {
    await inTurn(by, at, () => people.start(by, at, errand));
    if (setup.enroll === 'password') await inTurn(by, at, () => people.typePassword(by, at));
    await inTurn(by, at, () => people.scan(by, at));
    pass(POLL_MS);
    await inTurn(by, at, () => people.view(by, at));
    await inTurn(by, at, () => people.post(by, at, { type: 'codes.acknowledge' }));
  }

  /** The same as far as the QR code; the other process is looked at while the tenant may be at it. */
  async function hurry({ by, errand, after }: Hurry, process: number): Promise<void> {
    const at = processAt(process);
    const asksPassword = setup.enroll === 'password';
    if (asksPassword) await inTurn(by, at, () => people.start(by, at, errand));
    begin(by, at, () => (asksPassword ? people.typePassword(by, at) : people.start(by, at, errand)));
    await turns.goOn(after);
    pass(HURRY_MS);
    const other = processAt(1 - process);
    await inTurn(by, other, () => people.view(by, other));
  }

  /** Looks on for a while, in which polls go on as they do for an open page; then its process may die, and its claims end. */
  async function lookOn({ by, dies, answersAfter }: Looking, process: number): Promise<void> {
    const at = processAt(process);
    begin(by, at, () => people.watch(by, at));
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      await turns.settle();
      if (looks === answersAfter) {
        people.answer(true, false);
        await inTurn('attacker', at, () => sendPing(world, at, 'true'));
      }
      pass(LOOK_MS);
    }
    await turns.settle();
    if (!dies) return;
    crash(process);
    pass(leaseMsOf('mfa-api'));
  }

  async function ringAgain({ by, kind }: RingingAgain, at: Process): Promise<void> {
    pass(RESEND_AFTER_MS);
    await inTurn(by, at, () => people.post(by, at, { type: 'challenge.resend' }));
    begin(by, at, () => people.watch(by, at));
    await turns.settle();
    if (kind !== undefined) await inTurn('attacker', at, () => sendPing(world, at, kind));
    pass(LOOK_MS);
  }

  function crash(process: number): void {
    processAt(process).die();
    world.hadCrash = true;
    world.wasCutOff ||= !world.isQuiet;
    processes[process] = startProcess(world, process);
  }

  /** A flow from its start to the provider's page, by whatever ways are before it. */
  async function leave(by: Browser, at: Process, errand: ErrandName): Promise<void> {
    await inTurn(by, at, () => people.start(by, at, errand));
    await inTurn(by, at, async () => {
      const { way } = await people.view(by, at);
      if (way !== 'redirect') await people.post(by, at, { type: 'way.next' });
    });
    begin(by, at, () => people.post(by, at, { type: 'factor.choose', authenticatorId: 'hosted' }));
  }

  async function act(deed: Deed, process: number): Promise<void> {
    const at = processAt(process);
    switch (deed.type) {
      case 'prove':
        return prove(deed.by, at, deed.errand);
      case 'prove by push':
        return proveByPush(deed.by, at, deed.errand);
      case 'prove by link':
        return proveByLink(deed, at);
      case 'leave':
        return leave(deed.by, at, deed.errand);
      case 'ring and cancel':
      case 'guess and cancel':
        return cutOff(deed.by, at, deed.after, deed.type === 'guess and cancel');
      case 'answer':
        return people.answer(deed.approves, deed.isCareless);
      case 'wait':
        return pass(deed.ms);
      case 'set a clock':
        return clocks.set(deed.whose, deed.ms);
      case 'recover':
        return recover(deed, at);
      case 'add a phone':
        return addPhone(deed.by, at, deed.errand);
      case 'add a phone in a hurry':
        return hurry(deed, process);
      case 'look on':
        return lookOn(deed, process);
      case 'ring again':
        return ringAgain(deed, at);
      case 'hand back':
        world.handsBack = deed.what;
        return;
      case 'ping':
        begin('attacker', at, async () => people.act(deed, at));
        return;
      case 'crash':
        return crash(deed.process);
      case 'faults':
        world.areFaultsOn = deed.areOn;
        world.hadFaults ||= deed.areOn;
        return;
      default:
        begin(deed.by, at, async () => people.act(deed, at));
    }
  }

  const quietAfter = new Set<Step>();
  const outcome = (broken: readonly string[]): Outcome => ({
    broken,
    simulatedMs: clocks.now() - begunAt,
    quietAfter,
  });

  for (const step of steps) {
    await act(step.deed, step.process);
    await turns.goOn(step.turns);
    if (world.isQuiet) quietAfter.add(step);
    const broken = brokenPromises(world);
    if (broken.length > 0) return outcome(broken);
  }
  world.areFaultsOn = false;
  await turns.settle();
  const broken = brokenPromises(world);
  // Takes longer than all before it, and is asked often enough.
  const isAsked = !world.hadFaults && clocks.agree() && draw(4) === 0;
  return outcome([...broken, ...(isAsked ? await brokenRest(world, people, processAt) : [])]);
}

/** Bytes that are the same in every run, and cheap. */
function createBytes(): (size: number) => Uint8Array {
  let state = 0x9e3779b9;
  return (size) => {
    const bytes = new Uint8Array(size);
    for (let index = 0; index < size; index += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[index] = state;
    }
    return bytes;
  };
}
