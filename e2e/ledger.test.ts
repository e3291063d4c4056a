import { expect, it } from 'vitest';
import { startProgram } from './support/program.ts';

it('a ledger behind the bank books what was approved, once, and nothing else', async () => {
  const program = startProgram('examples/ledger/src/main.ts', {});

  expect(await program.ended).toBe(0);

  expect(program.stdout).toContain('401 The bank asks for an approval of:\nto: Grace\namount: 250\n');
  expect(program.stdout).toContain('401 The bank refuses 9999 EUR');
  expect(program.stdout).toContain('201 The bank takes 250 EUR to the ledger: {"booked":"250 EUR to Grace"');
  expect(program.stdout).toContain('401 The ledger refuses the same receipt for Mallory: receipt_invalid.');
  expect(program.stdout).toContain('409 The ledger refuses the same receipt a second time: booked already.');
  expect(program.stderr).toBe('');
});
