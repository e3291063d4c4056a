import { freePort, takePort } from 'suites/ports.ts';
import { describe, expect, it } from 'vitest';
import { startProgram } from './support/program.ts';

describe('the demo', () => {
  it('serves the bank and the phone until Ctrl-C, and leaves nothing running', async () => {
    const [bankPort, emulatorPort] = [await freePort(), await freePort()];
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
    // One user has a phone, and one has to add it.
    expect(await textAt(new URL('phone/ada', phone).href)).toContain("ada's phone");
    expect(JSON.parse(await textAt(new URL('phone/bob', phone).href))).toMatchObject({ authenticators: [] });

    demo.interrupt();
    expect(await demo.ended).toBe(0);
    expect(demo.stderr).toBe('');
    for (const port of [bankPort, emulatorPort]) await (await takePort(port)).free();
  });

  it('ends when the command that started it ends', async () => {
    const [bankPort, emulatorPort] = [await freePort(), await freePort()];
    const command = startProgram('e2e/support/as-npm-does.mjs', {
      BANK_PORT: String(bankPort),
      EMULATOR_PORT: String(emulatorPort),
    });
    await command.printed(/(Ctrl-C)/);

    command.kill();

    // When the last program that writes to the same pipe has ended.
    await command.ended;
    for (const port of [bankPort, emulatorPort]) await (await takePort(port)).free();
  });

  it('says what is wrong with a setting of the bank', async () => {
    const [bankPort, emulatorPort] = [await freePort(), await freePort()];
    const demo = startProgram('scripts/demo.mjs', {
      BANK_PORT: String(bankPort),
      EMULATOR_PORT: String(emulatorPort),
      STEP_UP_MAX_AGE: 'soon',
    });

    expect(await demo.ended).toBe(1);
    expect(demo.stderr).toBe(
      'STEP_UP_MAX_AGE is a number of seconds, or a duration like 30s, 5m or 2h, and not "soon".\n',
    );
    for (const port of [bankPort, emulatorPort]) await (await takePort(port)).free();
  });

  it.each(['express-bank', 'koa-bank'])('says what is wrong with the settings of %s', async (bank) => {
    const wrong = {
      PORT: 'x',
      AUTH0_ISSUER: 'tenant',
      STEP_UP_WAYS: 'ciba,sms',
      PUSH_CODE: 'shown',
      STEP_UP_MAX_AGE: '-1',
      STEP_UP_POLL_SCHEDULE: 'fast',
      STEP_UP_RESEND_AFTER: '0',
      STORE: 'oracle',
      DEMO_PHONE_URL: 'javascript:alert(1)',
    };
    const programs = Object.entries(wrong).map(([name, value]) => ({
      name,
      program: startProgram(`examples/${bank}/src/main.ts`, { [name]: value }),
    }));
    for (const { name, program } of programs) {
      expect(await program.ended).toBe(1);
      expect(program.stderr).toMatch(new RegExp(`^${name} is .*\\.\n$`));
    }
  });

  it.each([
    ['scripts/demo.mjs', []],
    // As npm starts it on a bare clone: before anything is installed.
    ['scripts/run.mjs', ['demo']],
  ] as const)('says that a port is in use (%s)', async (script, args) => {
    for (const name of ['BANK_PORT', 'EMULATOR_PORT']) {
      const taken = await takePort();
      const other = await freePort();
      const env = {
        BANK_PORT: String(other),
        EMULATOR_PORT: String(other),
        [name]: String(taken.port),
        npm_config_user_agent: 'npm',
      };
      const demo = startProgram(script, env, args);

      expect(await demo.ended).toBe(1);
      expect(demo.stdout).toBe('');
      expect(demo.stderr).toBe(
        `Port ${taken.port} is in use. Stop the program that uses it, or choose another port with ${name}.\n`,
      );
      await taken.free();
      await (await takePort(other)).free();
    }
  });

  it('accepts only numbers as ports', async () => {
    const demo = startProgram('scripts/demo.mjs', { BANK_PORT: 'three thousand' });
    expect(await demo.ended).toBe(1);
    expect(demo.stderr).toBe('BANK_PORT must be a port: a number from 1 to 65535.\n');
  });
});

async function textAt(address: string): Promise<string> {
  const response = await fetch(address);
  expect(response.status).toBe(200);
  return response.text();
}
