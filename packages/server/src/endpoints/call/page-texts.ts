import { StepUpError } from '@stepgate/core';
import { type PageTexts, pageTexts, type SomePageTexts, withTexts } from '@stepgate/web/html';
import Negotiator from 'negotiator';
import type { HostRequest } from '../../request/host-request.ts';

/** The app's texts of the built-in pages, by BCP 47 tag. */
export type TextsByLanguage = Readonly<Record<string, SomePageTexts>>;

/** The texts of the built-in pages for one request. */
export type TextsOf = (request: HostRequest) => PageTexts;

const FALLBACK = 'en';

/**
 * Makes the chooser: the app's own choice first, then `Accept-Language` (RFC 9110, section 12.5.4), then English.
 *
 * @throws TypeError when the texts are wrong.
 */
export function createTextsOf(options: {
  readonly language: ((request: unknown) => string | undefined) | undefined;
  readonly texts: TextsByLanguage | undefined;
  /** Called when `language` fails. The page is still shown. */
  readonly onError: (error: unknown) => void;
}): TextsOf {
  const { language, onError } = options;
  const available = withAppTexts(options.texts ?? {});
  const tags = Object.keys(available);

  /** The app's own choice. `fr_FR` is read as `fr-FR`. Empty when the app does not choose. */
  function told(request: HostRequest): string | undefined {
    try {
      const word: unknown = language?.(request.native) ?? '';
      if (typeof word === 'string') return word.replaceAll('_', '-') || undefined;
      onError(noWord());
      // An unhandled rejection would end the process.
      Promise.resolve(word).catch(onError);
    } catch (error) {
      onError(error);
    }
    return undefined;
  }

  return (request) => {
    const negotiator = new Negotiator({
      headers: { 'accept-language': told(request) ?? request.header('accept-language') },
    });
    const [tag = FALLBACK] = negotiator.languages(tags);
    return available[tag] as PageTexts;
  };
}

function noWord(): StepUpError {
  return new StepUpError('misconfigured', 'language: must return a language tag or undefined, not a promise');
}

function withAppTexts(texts: TextsByLanguage): Readonly<Record<string, PageTexts>> {
  if (!isGroup(texts)) throw new TypeError('texts: must be an object of texts by language');
  const all: Record<string, PageTexts> = { ...pageTexts };
  for (const [name, some] of Object.entries(texts)) {
    const tag = canonicalTag(name);
    // English fills in what the app's own language leaves out.
    const known = all[tag] ?? (pageTexts[FALLBACK] as PageTexts);
    assertTexts(`texts.${name}`, some, known);
    const { flow, authenticators } = withTexts<PageTexts>(known, some);
    all[tag] = { flow: { ...flow, language: tag }, authenticators };
  }
  return all;
}

function canonicalTag(name: string): string {
  try {
    const [tag] = Intl.getCanonicalLocales(name);
    if (tag !== undefined) return tag;
  } catch {
    // Reported below.
  }
  throw new TypeError(`texts.${name}: must be named by a language tag, like fr or fr-CA`);
}

/** Checks that each text exists among the built-in ones, with the same type. */
function assertTexts(path: string, some: unknown, known: object): void {
  if (!isGroup(some)) throw new TypeError(`${path}: must be an object of texts`);
  for (const [name, value] of Object.entries(some)) {
    const built: unknown = Object.hasOwn(known, name) ? known[name as keyof typeof known] : undefined;
    const at = `${path}.${name}`;
    if (built === undefined || name === 'language') throw new TypeError(`${at}: is not one of the texts`);
    if (isGroup(built)) assertTexts(at, value, built);
    else if (Array.isArray(built)) assertList(at, value);
    else if (typeof value !== 'string') throw new TypeError(`${at}: must be a string`);
  }
}

function assertList(path: string, value: unknown): void {
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return;
  throw new TypeError(`${path}: must be a list of strings`);
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
