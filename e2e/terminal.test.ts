import { createEmulator } from '@stepgate/emulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { enrolAhead } from './support/enrol-ahead.ts';
import { startProgram } from './support/program.ts';

describe('the terminal', () => {
  it('adds an app with codes, shows the recovery codes, and is approved', async () => {
    const terminal = startProgram('examples/terminal/src/main.ts', {});
    const phone = await terminal.printed(/The phone: (\S+)/);
    const push = await terminal.printed(/(otpauth:\S+)/);
    expect(push).toContain('otpauth://');

    terminal.type('a');
    const secret = await terminal.printed(/type this secret into the app: (\w+)/);
    const barcodeUri = await terminal.printed(/(otpauth:\S*secret=\w+\S*)/);
    expect(barcodeUri).toContain(secret);
    const { codes } = await control(phone, 'phone/ada/scan', { barcode_uri: barcodeUri });
    terminal.type('000 000');
    await terminal.printed(/(code_refused)/);
    terminal.type(codes.at(-1)?.code ?? '');

    await terminal.printed(/(shown only now)/);
    terminal.type('k');
    expect(await terminal.ended).toBe(0);
    expect(terminal.stdout).toContain('Approved.');
    expect(terminal.stderr).toBe('');
  });

  it('is cancelled by a letter, and lists the choices after a wrong one and an empty line', async () => {
    const terminal = startProgram('examples/terminal/src/main.ts', {});
    await terminal.printed(/(\[q\] cancel)/);
    terminal.type('x');
    await terminal.printed(/(no such choice now\. Type a or q, and Enter\.)/);
    terminal.type('');
    await terminal.printed(/^(Type a or q, and Enter\.)$/m);
    terminal.type('q');
    expect(await terminal.ended).toBe(1);
    expect(terminal.stdout).toContain('Cancelled.');
  });

  it('sends a push at a separate tenant, and says when the next one may be sent', async () => {
    const emulator = createEmulator();
    const tenant = await emulator.listen();
    onTestFinished(() => tenant.close());
    await enrolAhead(emulator);
    const terminal = startProgram('examples/terminal/src/main.ts', { AUTH0_ISSUER: tenant.url });
    await terminal.printed(/(Answer the message on your phone)/);
    terminal.type('s');
    await terminal.printed(/(can be done in 1\d seconds)/);
    terminal.type('q');
    expect(await terminal.ended).toBe(1);
    expect(emulator.phone('ada').notifications()).toHaveLength(1);
  });
});

async function control(
  phone: string,
  path: string,
  body: Readonly<Record<string, string>>,
): Promise<{ readonly codes: readonly { readonly code: string }[] }> {
  const response = await fetch(new URL(`/_emulator/${path}`, phone), {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return (await response.json()) as { codes: { code: string }[] };
}
