import type { Emulator } from '@stepgate/emulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GateProcess, startProcess } from './gate-process.ts';
import type { StorePlace } from './open-store.ts';
import { type Outcome, type Shape, survive } from './survive.ts';
import { startEmulator } from './tenant.ts';
import type { Death } from './tenant-store.ts';

/** With `STEPGATE_DEATHS=all`, every shape, and the writes of locks, limits and subjects too. */
const IS_LONG = process.env.STEPGATE_DEATHS === 'all';
const COUNTS: Death['counts'] = IS_LONG ? 'all' : 'records';

const SHAPES = {
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
} as const satisfies Readonly<Record<string, Shape>>;

type ShapeName = keyof typeof SHAPES;
const ALL_SHAPES = Object.keys(SHAPES) as ShapeName[];

/** How many flows die with one process. */
const AT_ONCE = 24;

/**
 * Tests that a process can be killed (SIGKILL) before and after every write of a flow. Stores share what this tests of the
 * gate, so one store runs all shapes and the others only some.
 */
export function describeSuddenDeath(
  describe: (title: string, body: () => void) => unknown,
  store: () => StorePlace | Promise<StorePlace>,
  shapes: readonly ShapeName[] = ALL_SHAPES,
): void {
  describe('a process that is killed', () => {
    let place: StorePlace;
    let survivor: GateProcess;
    /** Starts while the one before it still works. */
    let next: Promise<GateProcess>;
    const emulators: Emulator[] = [];
    const closers: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      place = await store();
      next = startProcess(place, { isDoomed: true, isKept: true });
      survivor = await startProcess(place, { isKept: true });
    });
    afterAll(async () => {
      await Promise.all([
        next.then((one) => one.stop()),
        survivor.stop(),
        ...closers.map((close) => close()),
      ]);
    });

    /** One emulator for each flow that goes on at the same time; each serves one flow after the other. */
    async function emulatorAt(index: number): Promise<Emulator> {
      emulators[index] ??= await startEmulator((close) => closers.push(close));
      return emulators[index];
    }

    async function undisturbed(shape: Shape): Promise<Outcome> {
      const death: Death = { at: 0, when: 'before', counts: COUNTS };
      const emulator = await emulatorAt(0);
      return (await survive({ emulator, shape, death, doomed: survivor, survivor })).outcome;
    }

    /** Dies before and after every write, each time in another flow. */
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

    /** Runs flows in one process, which is killed when all of them are cut off. */
    async function dieTogether(shape: Shape, deaths: readonly Death[]): Promise<readonly Outcome[]> {
      const doomed = await next;
      const flows = await Promise.all(
        deaths.map(async (death, index) =>
          survive({ emulator: await emulatorAt(index), shape, death, doomed, survivor }),
        ),
      );
      await Promise.all(flows.map(({ settled }) => settled));
      next = startProcess(place, { isDoomed: true, isKept: true });
      await doomed.stop();
      return Promise.all(flows.map(({ outcome }) => outcome));
    }

    const chosen = IS_LONG ? ALL_SHAPES : shapes;
    it.each(chosen)(
      'leaves %s to another process, at whichever write it dies: nothing is sent twice on its own, used twice, lost or stuck',
      async (name) => {
        const shape = SHAPES[name];
        const { writes, faults } = await undisturbed(shape);
        const outcomes = await everyDeath(shape, writes);

        expect([faults, ...outcomes.map((one) => one.faults)].flat()).toEqual([]);
        expect(outcomes.filter(({ died }) => died).length).toBe(2 * writes);
        expect(writes).toBeGreaterThan(7);
      },
      COUNTS === 'all' ? 600_000 : 180_000,
    );
  });
}
