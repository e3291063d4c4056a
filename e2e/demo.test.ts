import { describe, expect, it } from 'vitest';
import { freePorts, startProgram, takePort } from './support/program.ts';

describe('the demo', () => {
  it('serves the bank and the phone until Ctrl-C, and leaves nothing behind', async () => {
    const [bankPort = 0, emulatorPort = 0] = await freePorts(2);
    const demo = startProgram('scripts/demo.mjs', {
      BANK_PORT: String(bankPort),
      EMULATOR_PORT: String(emulatorPort),
    });

    const bank = await demo.printed(/The bank +(\S+)/);
    const phone = await demo.printed(/The phone +(\S+)/);
    await demo.printed(/(Ctrl-C)/);
    expect(new URL(bank).port).toBe(String(bankPort));
    expect(new URL(phone).port).toBe(String(emulatorPort));
    expect(await textAt(bank)).toContain('Sign in');
    expect(await textAt(phone)).toContain('Phone of');

    demo.interrupt();
    expect(await demo.ended).toBe(0);
    expect(demo.stderr).toBe('');
    for (const port of [bankPort, emulatorPort]) await (await takePort(port)).free();
  });

  it.each(['BANK_PORT', 'EMULATOR_PORT'])('says in a sentence that %s is taken', async (name) => {
    const taken = await takePort();
    const [other = 0] = await freePorts(1);
    const demo = startProgram('scripts/demo.mjs', {
      BANK_PORT: String(other),
      EMULATOR_PORT: String(other),
      [name]: String(taken.port),
    });

    expect(await demo.ended).toBe(1);
    expect(demo.stderr).toBe(
      `Port ${taken.port} is taken: end what listens there, or choose another one with ${name}.\n`,
    );
    await taken.free();
    await (await takePort(other)).free();
  });

  it('wants a port that is a number', async () => {
    const demo = startProgram('scripts/demo.mjs', { BANK_PORT: 'three thousand' });
    expect(await demo.ended).toBe(1);
    expect(demo.stderr).toBe('BANK_PORT is a port, a number from 1 to 65535.\n');
  });
});

async function textAt(address: string): Promise<string> {
  const response = await fetch(address);
  expect(response.status).toBe(200);
  return response.text();
}
