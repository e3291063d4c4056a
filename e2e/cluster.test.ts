import { freePort, takePort } from 'suites/ports.ts';
import { describe, expect, it } from 'vitest';
import { redisProgram } from '../packages/redis/test/support/redis-server.ts';
import { createCustomer } from './support/customer.ts';
import { openDesk } from './support/desk.ts';
import { enrolAhead } from './support/enrol-ahead.ts';
import { startProgram } from './support/program.ts';

const REDIS_SERVER = redisProgram() ?? '';
const CLUSTER = 'examples/cluster/src/main.ts';

describe.skipIf(REDIS_SERVER === '')('the bank of two processes', () => {
  it('keeps a push going when either process is killed, and ends on request', async () => {
    const desk = await openDesk({ bank: 'cluster', env: { REDIS_SERVER }, pollSchedule: 'steady' });
    const { program, emulator } = desk;
    await enrolAhead(emulator);
    const ada = createCustomer(desk, 'cluster');
    await ada.signIn();
    const isSamePage = await desk.mark();
    await ada.transfer(400);
    await ada.reads('Check your phone');

    // One of them is following the flow.
    for (const bank of [1, 2]) {
      const pid = await program.printed(new RegExp(`^bank ${bank}: pid (\\d+)$`, 'm'));
      process.kill(Number(pid), 'SIGKILL');
      await program.printed(
        new RegExp(`^bank ${bank}: pid ${pid} has ended[^]*^bank ${bank}: pid (\\d+)$`, 'm'),
      );
    }
    await ada.onPhone('Approve');
    await ada.sees(400);
    expect(desk.pushes()).toBe(1);
    expect(await isSamePage()).toBe(true);

    program.interrupt();
    expect(await program.ended).toBe(0);
    expect(program.stderr).toBe('');
    await (await takePort(Number(new URL(desk.bankUrl).port))).free();
  });

  it.each(['PORT', 'EMULATOR_PORT'])('says that the port of %s is in use', async (name) => {
    const taken = await takePort();
    const cluster = startProgram(CLUSTER, {
      PORT: '0',
      EMULATOR_PORT: '0',
      REDIS_SERVER,
      [name]: String(taken.port),
    });

    expect(await cluster.ended).toBe(1);
    expect(cluster.stderr).toBe(
      `Port ${taken.port} cannot be listened on: end what listens there, or choose another one with ${name}.\n`,
    );
    await taken.free();
  });
});

it('the bank of two processes says that there is no Redis', async () => {
  const port = await freePort();
  const cluster = startProgram(CLUSTER, {
    PORT: String(port),
    EMULATOR_PORT: '0',
    REDIS_SERVER: 'no-such-program',
  });

  expect(await cluster.ended).toBe(1);
  expect(cluster.stderr).toBe(
    'There is no no-such-program on this machine: install one (apt-get install redis-server), or name it with REDIS_SERVER.\n',
  );
  await (await takePort(port)).free();
});
