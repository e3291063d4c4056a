import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { pushBounded, setBounded } from '../src/lib/bounded.ts';
import { createExpiringMap } from '../src/lib/expiring-map.ts';
import { createFlows } from '../src/timeline/flows.ts';
import { createTenantClient, startPush } from './tenant-client.ts';

describe('what the emulator keeps', () => {
  it('is the newest of a list and of a map', () => {
    const list: number[] = [];
    const map = new Map<string, number>();
    for (let count = 1; count <= 5; count += 1) {
      pushBounded(list, count, 3);
      setBounded(map, `key ${count}`, count, 3);
    }
    setBounded(map, 'key 3', 33, 3);
    setBounded(map, 'key 6', 6, 3);
    expect(list).toEqual([3, 4, 5]);
    expect([...map.values()]).toEqual([5, 33, 6]);
  });

  it('is what has not expired', () => {
    let now = 0;
    const map = createExpiringMap<string>(() => now);
    map.set('old', 'a', 10);
    now = 11;
    map.set('new', 'b', 10);
    expect(map.get('old')).toBeUndefined();
    expect(map.entries()).toMatchObject([{ key: 'new' }]);
  });

  it('knows the flow of a token until 20,000 others have come', () => {
    const flows = createFlows();
    expect(flows.numberOf(['code first'])).toBe(1);
    for (let count = 0; count < 20_000; count += 1) flows.numberOf([`code ${count}`]);
    expect(flows.numberOf(['code 19999'])).toBe(20_001);
    expect(flows.numberOf(['code first'])).toBe(20_002);
  });

  it('is no more than 1,000 pushes', async () => {
    const emulator = createEmulator({ limits: { pushes: 'off' } });
    const client = createTenantClient(emulator);
    emulator.enroll('ada', { factor: 'push' });
    const { mfaToken } = await startPush(client);
    for (let count = 0; count < 1_005; count += 1) await client.challenge({ mfa_token: mfaToken });
    expect(emulator.phone('ada').notifications()).toHaveLength(1_000);
  });
});
