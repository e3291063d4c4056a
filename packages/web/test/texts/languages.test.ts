// @vitest-environment happy-dom
import { expect, it, onTestFinished } from 'vitest';
import { languageOf, textsFor } from '../../src/texts/languages.ts';

it.each([
  ['fr', 'fr'],
  ['fr-CH', 'fr'],
  ['FR-ca', 'fr-CA'],
  ['fr-CA-x-private', 'fr-CA'],
  ['frr', 'en'],
  ['de', 'en'],
  ['', 'en'],
])('has texts for %s in %s', async (asked, given) => {
  expect((await textsFor(asked)).language).toBe(given);
});

it('uses the lang of the nearest element, also outside of a shadow root', () => {
  const outer = document.createElement('div');
  outer.lang = 'fr-CA';
  const root = outer.attachShadow({ mode: 'open' });
  const inner = document.createElement('p');
  root.append(inner);
  document.body.append(outer);
  onTestFinished(() => outer.remove());

  expect(languageOf(inner)).toBe('fr-CA');
  inner.lang = 'en';
  expect(languageOf(inner)).toBe('en');
  expect(languageOf(document.body)).toBe('');
});
