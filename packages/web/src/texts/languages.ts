import type { Texts } from './texts.ts';
import { english } from './texts-en.ts';

/**
 * The built-in texts for a language, given as BCP 47: French and Canadian French, which are loaded when they are asked
 * for, and English for every other one.
 */
export async function textsFor(language: string): Promise<Texts> {
  if (!/^fr\b/i.test(language)) return english;
  try {
    const { canadianFrench, french } = await import('./texts-fr.ts');
    return /^fr-ca\b/i.test(language) ? canadianFrench : french;
  } catch {
    // Another language is better than no dialog.
    return english;
  }
}

/** The language of an element's content: its own `lang`, or that of what it stands in, through shadow roots too. */
export function languageOf(element: Element): string {
  for (let within: Element | undefined = element; within !== undefined; ) {
    const told = within.closest<HTMLElement>('[lang]');
    if (told !== null) return told.lang;
    within = (within.getRootNode() as Partial<ShadowRoot>).host;
  }
  return '';
}
