import { createEmulator } from '@stepgate/emulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { enrolAhead } from './support/enrol-ahead.ts';
import { type Program, startProgram } from './support/program.ts';

/** Starts the agent. Its user has a phone. */
async function startAgent() {
  const emulator = createEmulator();
  const tenant = await emulator.listen();
  onTestFinished(() => tenant.close());
  await enrolAhead(emulator);
  const program: Program = startProgram('examples/mcp-agent/src/main.ts', {
    AUTH0_ISSUER: tenant.url,
    SUBJECT: emulator.users()[0]?.sub ?? '',
  });
  return { phone: emulator.phone('ada'), program };
}

describe('an agent with a tool that moves money', () => {
  it('sends the money when the user has approved what the phone shows', async () => {
    const { phone, program } = await startAgent();

    const push = await phone.nextNotification();
    const code = await program.printed(/bank: Waiting for the approval on the phone, which shows (\S+)/);
    expect(push.kind).toBe('ciba');
    // Auth0 takes no spaces in a message.
    expect(push.message).toBe(`${code}-Transfer-250-EUR-to-Grace`);
    phone.approve(push.id);

    expect(await program.ended).toBe(0);
    expect(program.stdout).toContain('bank: Sent 250 EUR to Grace.');
    expect(program.stderr).toBe('');
  });

  it('sends nothing when the user denies it', async () => {
    const { phone, program } = await startAgent();

    await phone.nextNotification();
    phone.deny();

    expect(await program.ended).toBe(1);
    expect(program.stdout).toContain('The user denied it on the phone.');
    expect(program.stdout).not.toContain('Sent');
  });
});
