import type { Emulator } from '@stepgate/emulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithRedis, redisUrl } from './support/describe-with-redis.ts';
import { type GateProcess, startProcess } from './support/gate-process.ts';
import { type Outcome, type Shape, survive } from './support/survive.ts';
import { startEmulator } from './support/tenant.ts';
import type { Death } from './support/tenant-store.ts';

/** `STEPGATE_DEATHS=all`: the writes of locks, limits and subjects too, and not of the flow's record alone. */
const COUNTS: Death['counts'] = process.env.STEPGATE_DEATHS === 'all' ? 'all' : 'records';

const SHAPES: Readonly<Record<string, Shape>> = {
  'a push': { route: '/single', factors: ['push'], prefers: ['push'] },
  'a code': { route: '/otp', factors: ['push'], prefers: ['otp'] },
  'a code in place of a push': { route: '/single', factors: ['push'], prefers: ['otp'] },
  'a first phone': { route: '/single', factors: [], prefers: ['push'] },
  'a recovery code': { route: '/codes', factors: ['push'], prefers: ['recovery-code', 'otp'] },
  'a text message': { route: '/codes', factors: ['sms'], prefers: ['sms'] },
  'a password and a code': { route: '/codes', factors: ['push'], asksPassword: true, prefers: ['otp'] },
  'a number that is added': {
    route: '/step-up/authenticators',
    body: { factor: 'sms', phoneNumber: '+15550100100' },
    factors: ['push'],
    prefers: ['push'],
  },
  'two factors': { route: '/single', factors: ['push'], requiredFactors: 2, prefers: ['push', 'otp'] },
};

/** So many flows die with one process. */
const AT_ONCE = 24;

let survivor: GateProcess;
/** The next one to be killed starts while the last one still works. */
let next: Promise<GateProcess>;
const emulators: Emulator[] = [];
const closers: (() => Promise<void>)[] = [];

describeWithRedis('a process that is killed', () => {
  beforeAll(async () => {
    next = startProcess(redisUrl, { isDoomed: true, isKept: true });
    survivor = await startProcess(redisUrl, { isKept: true });
  });
  afterAll(async () => {
    await Promise.all([next.then((one) => one.stop()), survivor.stop(), ...closers.map((close) => close())]);
  });

  /** As many emulators as flows go on at once, each for one flow after the other. */
  async function emulatorAt(index: number): Promise<Emulator> {
    emulators[index] ??= await startEmulator((close) => closers.push(close));
    return emulators[index];
  }

  async function undisturbed(shape: Shape): Promise<Outcome> {
    const death: Death = { at: 0, when: 'before', counts: COUNTS };
    const emulator = await emulatorAt(0);
    return (await survive({ emulator, shape, death, doomed: survivor, survivor })).outcome;
  }

  /** Before and after every write, each in a flow of its own. */
  async function everyDeath(shape: Shape, writes: number): Promise<readonly Outcome[]> {
    const deaths = Array.from({ length: writes }, (_, n) => n + 1).flatMap((at) =>
      (['before', 'after'] as const).map((when): Death => ({ at, when, counts: COUNTS })),
    );
    const outcomes: Outcome[] = [];
    for (let from = 0; from < deaths.length; from += AT_ONCE) {
      outcomes.push(...(await dieTogether(shape, deaths.slice(from, from + AT_ONCE))));
    }
    return outcomes;
  }

  /** Flows of one process, which is killed when all of them have come to their deaths. */
  async function dieTogether(shape: Shape, deaths: readonly Death[]): Promise<readonly Outcome[]> {
    const doomed = await next;
    const flows = await Promise.all(
      deaths.map(async (death, index) =>
        survive({ emulator: await emulatorAt(index), shape, death, doomed, survivor }),
      ),
    );
    await Promise.all(flows.map(({ settled }) => settled));
    next = startProcess(redisUrl, { isDoomed: true, isKept: true });
    await doomed.stop();
    return Promise.all(flows.map(({ outcome }) => outcome));
  }

  it.each(Object.entries(SHAPES))(
    'leaves %s to another process, at whichever write it dies: nothing is sent twice by itself, used twice, lost or stuck',
    async (_, shape) => {
      const { writes, faults } = await undisturbed(shape);
      const outcomes = await everyDeath(shape, writes);

      expect([faults, ...outcomes.map((one) => one.faults)].flat()).toEqual([]);
      expect(outcomes.filter(({ died }) => died).length).toBe(2 * writes);
      expect(writes).toBeGreaterThan(7);
    },
    COUNTS === 'all' ? 600_000 : 180_000,
  );
});
