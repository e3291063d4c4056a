import { describe, expect, it } from 'vitest';
import { createServerClock, type ServerClock } from '../../src/store/server-clock.ts';

interface Machine {
  readonly clock: ServerClock;
  /** Asks the server, whose answer takes a while. */
  readonly ask: (serverMs: number, tookMs: number) => void;
  readonly pass: (ms: number) => void;
  /** Suspends the machine, and its monotonic clock with it. */
  readonly suspend: (ms: number) => void;
}

function machine(): Machine {
  let monotonic = 0;
  let wall = 1_000_000;
  const clock = createServerClock({ monotonic: () => monotonic, wall: () => wall });
  function pass(ms: number): void {
    monotonic += ms;
    wall += ms;
  }
  return {
    clock,
    pass,
    ask(serverMs, tookMs) {
      const asked = clock.ask();
      pass(tookMs);
      clock.sample(serverMs, asked);
    },
    suspend(ms) {
      wall += ms;
    },
  };
}

describe('a server clock', () => {
  it('shows the time in the response of the server, and continues from there', () => {
    const { clock, ask, pass } = machine();
    ask(50_000, 10);

    expect(clock.now()).toBe(50_005);
    pass(300);
    expect(clock.now()).toBe(50_305);
  });

  it('prefers a quick answer to a later slow one', () => {
    const { clock, ask } = machine();
    ask(50_001, 2);
    ask(50_002, 1_000);

    expect(clock.now()).toBe(51_002);
  });

  it('follows a server whose time was changed, with the next quick answer', () => {
    const { clock, ask, pass } = machine();
    ask(50_001, 2);
    pass(29_998);
    ask(90_001, 2);

    expect(clock.now()).toBe(90_002);
  });

  it('is stale when the last answer is old', () => {
    const { clock, ask, pass } = machine();
    expect(clock.isStale()).toBe(true);
    ask(50_000, 0);
    expect(clock.isStale()).toBe(false);
    pass(30_001);
    expect(clock.isStale()).toBe(true);
  });

  it('is stale after the machine was suspended, and takes the next answer', () => {
    const { clock, ask, suspend } = machine();
    ask(50_001, 2);
    suspend(600_000);

    expect(clock.isStale()).toBe(true);
    ask(650_004, 8);

    expect(clock.isStale()).toBe(false);
    expect(clock.now()).toBe(650_008);
  });

  it('stays stale when the machine was suspended before the answer came', () => {
    const { clock, suspend } = machine();
    const asked = clock.ask();
    suspend(600_000);
    clock.sample(50_001, asked);

    expect(clock.isStale()).toBe(true);
  });
});
