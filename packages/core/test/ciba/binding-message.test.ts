import { describe, expect, it } from 'vitest';
import { AUTH0_MESSAGE_RULES, bindingMessage, COMMON_MESSAGE_RULES } from '../../src/index.ts';

const code = 'K7QM';

describe('the binding message', () => {
  it.each([
    ['Transfer 250 EUR to Grace', 'K7QM-Transfer-250-EUR-to-Grace'],
    ['  Transfer 1,250.00 EUR ', 'K7QM-Transfer-1,250.00-EUR'],
    ['Virement à Zoé', 'K7QM-Virement-a-Zoe'],
    [`${'a'.repeat(59)}`, `K7QM-${'a'.repeat(59)}`],
  ])('is the code and the title when the title fits whole: %s', (title, message) => {
    expect(bindingMessage({ code, title }, AUTH0_MESSAGE_RULES)).toBe(message);
  });

  it.each([
    ['a character that the provider refuses', 'Transfer €250'],
    ['a letter that has no base letter', 'Straße'],
    ['a dash that is not ASCII', 'Transfer – 250'],
    ['a letter of another script', 'Τransfer 250'],
    ['a space between digits', 'Transfer 1 250 EUR'],
    ['a narrow space between digits', 'Transfer 1\u202f250 EUR'],
    ['one character too many', 'a'.repeat(60)],
    ['nothing but spaces', '  '],
  ])('is only the code when the title has %s', (_, title) => {
    expect(bindingMessage({ code, title }, AUTH0_MESSAGE_RULES)).toBe(code);
  });

  it('is only the code without a title', () => {
    expect(bindingMessage({ code }, AUTH0_MESSAGE_RULES)).toBe(code);
  });

  it('follows the rules of the provider', () => {
    const title = 'Pay 1,250.00';
    expect(bindingMessage({ code, title }, AUTH0_MESSAGE_RULES)).toBe('K7QM-Pay-1,250.00');
    expect(bindingMessage({ code, title }, COMMON_MESSAGE_RULES)).toBe(code);
    expect(bindingMessage({ code, title: 'Pay 1250 EUR' }, COMMON_MESSAGE_RULES)).toBe('K7QM-Pay-1250-EUR');
  });
});
