import { describe, expect, it } from 'vitest';
import { createTextsOf, type TextsByLanguage } from '../../../src/endpoints/call/page-texts.ts';
import type { HostRequest } from '../../../src/request/host-request.ts';

interface Native {
  readonly chosen?: string;
}

function requestWith(acceptLanguage?: string, native: Native = {}): HostRequest<Native> {
  return {
    native,
    method: 'GET',
    url: '/step-up',
    protocol: 'https',
    host: 'bank.example',
    header: (name) => (name === 'accept-language' ? acceptLanguage : undefined),
    forPolicy: () => native,
    parsedBody: () => undefined,
    whenGone: () => {},
  };
}

function languageFor(
  acceptLanguage: string | undefined,
  options: Partial<Parameters<typeof createTextsOf>[0]> & { native?: Native } = {},
): string {
  const textsOf = createTextsOf({
    language: undefined,
    texts: undefined,
    onError: () => {},
    ...options,
  });
  return textsOf(requestWith(acceptLanguage, options.native)).flow.language;
}

describe('the language of the built-in pages', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de-AT', 'en'],
    ['fr', 'fr'],
    ['fr-CA', 'fr-CA'],
    ['FR-ca', 'fr-CA'],
    ['fr-BE,fr;q=0.9,en;q=0.8', 'fr'],
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr-CA'],
    ['en-GB,en;q=0.9,fr;q=0.8', 'en'],
    ['de,fr;q=0.5,en;q=0.3', 'fr'],
    ['en;q=0.2, fr-CA;q=0.7', 'fr-CA'],
    ['fr;q=0, en', 'en'],
    ['fr;q=0', 'en'],
    ['*', 'en'],
    ['fr;q=nonsense;;, , ="', 'en'],
    [`${'x,'.repeat(4_000)}fr`, 'fr'],
  ])('for Accept-Language %j is %s', (header, language) => {
    expect(languageFor(header)).toBe(language);
  });

  it('is the one that the app chooses', () => {
    const language = (native: unknown): string | undefined => (native as Native).chosen;
    expect(languageFor('en', { language, native: { chosen: 'fr-BE' } })).toBe('fr');
    expect(languageFor('fr', { language })).toBe('fr');
  });

  it.each([
    ['fr_FR', 'fr', 0],
    ['fr_CA', 'fr-CA', 0],
    [undefined, 'fr-CA', 0],
    [null, 'fr-CA', 0],
    ['', 'fr-CA', 0],
    [12, 'fr-CA', 1],
    [Promise.resolve('en'), 'fr-CA', 1],
  ])('returned as %j is %s, and calls onError %i times', (told, language, times) => {
    const errors: unknown[] = [];
    const textsOf = createTextsOf({
      language: () => told as string,
      texts: undefined,
      onError: (error) => errors.push(error),
    });

    expect(textsOf(requestWith('fr-CA')).flow.language).toBe(language);
    expect(errors).toEqual(
      Array.from({ length: times }, () =>
        expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining('language: ') }),
      ),
    );
  });

  it('is what the browser accepts when the choice of the app is a promise that rejects', async () => {
    const errors: unknown[] = [];
    const language = () => Promise.reject(new Error('no profile')) as never;
    expect(languageFor('fr', { language, onError: (error) => errors.push(error) })).toBe('fr');
    await new Promise(setImmediate);
    expect(errors).toHaveLength(2);
  });

  it('is what the browser accepts when the choice of the app throws', () => {
    const errors: unknown[] = [];
    const language = (): string => {
      throw new Error('no profile');
    };
    expect(languageFor('fr', { language, onError: (error) => errors.push(error) })).toBe('fr');
    expect(errors).toEqual([new Error('no profile')]);
  });
});

describe('texts of the app', () => {
  const textsIn = (header: string, texts: TextsByLanguage): ReturnType<ReturnType<typeof createTextsOf>> =>
    createTextsOf({ language: undefined, texts, onError: () => {} })(requestWith(header));

  it('replace the built-in ones, language by language', () => {
    const texts: TextsByLanguage = {
      fr: {
        flow: { states: { polling: { heading: 'Ouvrez MaBanque' } } },
        authenticators: { heading: 'Appareils' },
      },
    };
    const french = textsIn('fr', texts);

    expect(french.flow.states.polling.heading).toBe('Ouvrez MaBanque');
    expect(french.flow.states.polling.lead).toMatch(/^Ouvrez la notification/);
    expect(french.authenticators.heading).toBe('Appareils');
    expect(textsIn('fr-CA', texts).flow.states.polling.heading).toBe('Consultez votre téléphone');
  });

  it('add a language, with English for what they leave out', () => {
    const { flow } = textsIn('de-AT, fr;q=0.5', { 'de-at': { flow: { cancel: 'Abbrechen' } } });

    expect(flow.language).toBe('de-AT');
    expect(flow.cancel).toBe('Abbrechen');
    expect(flow.continue).toBe('Continue');
  });

  it.each([
    [{ deutsch_: {} }, 'texts.deutsch_: must be named by a language tag'],
    [{ fr: { flow: { cancell: 'x' } } }, 'texts.fr.flow.cancell: is not one of the texts'],
    [{ fr: { flow: { toString: 'x' } } }, 'texts.fr.flow.toString: is not one of the texts'],
    [{ fr: { flow: { language: 'de' } } }, 'texts.fr.flow.language: is not one of the texts'],
    [{ fr: { flow: { cancel: 1 } } }, 'texts.fr.flow.cancel: must be a string'],
    [{ fr: { flow: { cancel: undefined } } }, 'texts.fr.flow.cancel: must be a string'],
    [{ fr: { flow: { states: 'x' } } }, 'texts.fr.flow.states: must be an object of texts'],
    [{ fr: { flow: { scanSteps: ['x', 1] } } }, 'texts.fr.flow.scanSteps: must be a list of strings'],
    [{ fr: null }, 'texts.fr: must be an object of texts'],
    [[], 'texts: must be an object of texts by language'],
  ])('are refused when they are wrong: %j', (texts, message) => {
    expect(() => textsIn('fr', texts as never)).toThrow(message);
  });
});
