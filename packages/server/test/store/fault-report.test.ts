import { PATIENT } from 'suites/patience.ts';
import { expect, it, vi } from 'vitest';
import { createFaultReport } from '../../src/store/fault-report.ts';

const DISK_FULL = new Error('the disk is full');
const AWAY = new Error('no connection');

it('reports a fault once until it is over, and then again', () => {
  const errors: unknown[] = [];
  const { report, isOver } = createFaultReport((error) => errors.push(error));

  for (let n = 0; n < 3; n += 1) report(DISK_FULL, 'write');
  expect(errors).toEqual([DISK_FULL]);

  isOver('write');
  report(DISK_FULL, 'write');
  expect(errors).toEqual([DISK_FULL, DISK_FULL]);
});

it('does not consider a fault of writes over because reads work', () => {
  const errors: unknown[] = [];
  const { report, isOver } = createFaultReport((error) => errors.push(error));

  for (let n = 0; n < 3; n += 1) {
    report(DISK_FULL, 'write');
    isOver('read');
  }

  expect(errors).toEqual([DISK_FULL]);
});

it('reports one outage once, whatever it stops, and considers it over when anything works', () => {
  const errors: unknown[] = [];
  const { report, isOver } = createFaultReport((error) => errors.push(error));

  report(AWAY);
  report(AWAY, 'read');
  report(AWAY, 'write');
  expect(errors).toEqual([AWAY]);

  isOver('read');
  report(AWAY);
  expect(errors).toEqual([AWAY, AWAY]);
});

it('reports nothing after it was closed', () => {
  const errors: unknown[] = [];
  const { report, close } = createFaultReport((error) => errors.push(error));

  close();
  report(AWAY);

  expect(errors).toEqual([]);
});

it.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('the log is closed');
    },
  ],
  ['rejects', () => Promise.reject(new Error('the log is closed'))],
])('survives an onError that %s, since timers report too', async (_, onError) => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { report } = createFaultReport(onError);

  expect(() => report(AWAY, 'watch')).not.toThrow();

  await vi.waitFor(
    () => expect(printed).toHaveBeenCalledWith('onError failed', expect.any(Error), AWAY),
    PATIENT,
  );
  printed.mockRestore();
});
