import { describe, expect, it } from 'vitest';
import { createServerClock } from '../src/server-clock.ts';

describe('the clock of the server', () => {
  it('is the time that the server said, and goes on from there', () => {
    let local = 1_000;
    const clock = createServerClock(() => local);
    local = 1_010;
    clock.sample(50_000, 1_000);

    expect(clock.now()).toBe(50_005);
    local += 300;
    expect(clock.now()).toBe(50_305);
  });

  it('believes a quick answer, not a slow one that comes after it', () => {
    let local = 0;
    const clock = createServerClock(() => local);
    local = 2;
    clock.sample(50_001, 0);
    local = 1_002;
    clock.sample(50_002, 2);

    expect(clock.now()).toBe(51_002);
  });

  it('follows a server whose time has changed, with the next quick answer', () => {
    let local = 0;
    const clock = createServerClock(() => local);
    local = 2;
    clock.sample(50_001, 0);
    local = 30_002;
    clock.sample(90_001, 30_000);

    expect(clock.now()).toBe(90_002);
  });

  it('is asked for again when the last answer is old', () => {
    let local = 0;
    const clock = createServerClock(() => local);
    expect(clock.isStale()).toBe(true);
    clock.sample(50_000, 0);
    expect(clock.isStale()).toBe(false);
    local = 30_001;
    expect(clock.isStale()).toBe(true);
  });
});
