import type { Texts } from './texts.ts';
import { english } from './texts-en.ts';

/**
 * The built-in texts for a language (BCP 47): French and Canadian French, which are loaded when they are needed, and
 * English for every other language.
 */
export async function textsFor(language: string): Promise<Texts> {
  if (!/^fr\b/i.test(language)) return english;
  try {
    const { canadianFrench, french } = await import('./texts-fr.ts');
    return /^fr-ca\b/i.test(language) ? canadianFrench : french;
  } catch {
    // A dialog in the wrong language is better than none.
    return english;
  }
}

/** The language of an element's content: its `lang`, or that of its nearest ancestor, also outside of a shadow root. */
export function languageOf(element: Element): string {
  for (let within: Element | undefined = element; within !== undefined; ) {
    const told = within.closest<HTMLElement>('[lang]');
    if (told !== null) return told.lang;
    within = (within.getRootNode() as Partial<ShadowRoot>).host;
  }
  return '';
}
