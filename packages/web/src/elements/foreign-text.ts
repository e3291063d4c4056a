import { type ElementSpec, h } from './element.ts';

/**
 * Text that someone else may have written, such as an action's title or a phone's name, without the control characters
 * that change the order in which it is read (Unicode's Bidi_Control, UAX #9). Otherwise "Pay 10 to Eve" could be made
 * to look like another sentence.
 */
export function withoutBidiControls(text: string): string {
  return text.replace(/\p{Bidi_Control}/gu, '');
}

/** The same inside a sentence: right-to-left letters in it leave the order of the sentence as it is. */
export function isolated(text: string): ElementSpec {
  return h('bdi', {}, withoutBidiControls(text));
}

/** A text with elements in the places where their names stand in braces. */
export function withElements(
  text: string,
  elements: Readonly<Record<string, ElementSpec>>,
): readonly (ElementSpec | string)[] {
  const parts = text.split(/(\{\w+\})/).filter((part) => part !== '');
  return parts.map((part) => (part.startsWith('{') ? (elements[part.slice(1, -1)] ?? part) : part));
}
