import type { RequestErrorCode } from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import { pageTexts } from '../../src/texts/page-texts.ts';
import { fill, pluralOf, withTexts } from '../../src/texts/texts.ts';
import { english } from '../../src/texts/texts-en.ts';

const NARROW = '\u202f';
const WIDE = '\u00a0';

/** Every text with the path to it. */
function leavesOf(texts: object, path = ''): readonly (readonly [path: string, text: string])[] {
  return Object.entries(texts).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'string'
      ? [[`${path}${name}`, value] as const]
      : leavesOf(value as object, `${path}${name}.`),
  );
}

const placeholdersOf = (text: string): readonly string[] => text.match(/\{\w+\}/g) ?? [];
const inEnglish = new Map(leavesOf(pageTexts.en as object));

/** Codes without a sentence, and why. A new code does not compile until it is listed here or below. */
const UNSAID = {
  insufficient_user_authentication: 'starts a flow, and is not an error of one',
  event_unknown: 'the screens send no such event',
  not_found: 'the screens call no such endpoint',
  method_not_allowed: 'the screens call no such endpoint',
  body_too_large: 'the screens send no such body',
  unsupported_media_type: 'the screens send JSON and forms',
  version_required: 'the screens send the version',
  too_many_watchers: 'the page waits by itself: the user has nothing to do',
  receipt_invalid: 'a service says it to another one, not to the user',
  ping_refused: 'the provider hears it, not the user',
  receipt_keys_unavailable: 'a service says it to another one, not to the user',
  misconfigured: 'the app is at fault: the general sentence is enough',
} as const satisfies Partial<Record<RequestErrorCode, string>>;
const SAID = {
  login_required: 'reasons',
  invalid_request: 'errors',
  requirement_invalid: 'errors',
  requirement_expired: 'errors',
  cross_site_request: 'errors',
  insecure_transport: 'errors',
  flow_not_found: 'errors',
  event_not_allowed: 'errors',
  return_unknown: 'errors',
  flow_in_progress: 'errors',
  version_stale: 'errors',
  record_full: 'errors',
  too_many_flows: 'errors',
  overloaded: 'errors',
  store_unavailable: 'errors',
  unreachable: 'errors',
} as const satisfies Record<
  Exclude<RequestErrorCode | 'unreachable', keyof typeof UNSAID>,
  'errors' | 'reasons'
>;

it.each(Object.entries(pageTexts))(
  'the texts in %s have a sentence for each code, or a reason for its absence',
  (_, texts) => {
    const { errors, reasons } = texts.flow;
    for (const [code, group] of Object.entries(SAID)) {
      expect(texts.flow[group], code).toHaveProperty(code, expect.stringMatching(/\S/));
    }
    for (const code of Object.keys(UNSAID)) expect({ ...errors, ...reasons }).not.toHaveProperty(code);
  },
);

/** Texts that are the same in both languages. */
const SAME = ['codeLabel', 'codes.voice', 'later', 'kinds.email'];

describe.each(['fr', 'fr-CA'])('the texts in %s', (language) => {
  const texts = leavesOf(pageTexts[language] as object);

  it('have the same keys and placeholders as the English texts', () => {
    expect(texts.map(([path]) => path).sort()).toEqual([...inEnglish.keys()].sort());
    for (const [path, text] of texts) {
      expect(placeholdersOf(text), path).toEqual(placeholdersOf(inEnglish.get(path) ?? ''));
      if (!SAME.some((one) => path.endsWith(one))) expect(text, path).not.toBe(inEnglish.get(path));
    }
  });

  it('end their sentences like the English texts', () => {
    for (const [path, text] of texts) {
      expect(/[.…?]$/.test(text), path).toBe(/[.…?]$/.test(inEnglish.get(path) ?? ''));
    }
  });

  it('have the local spaces and quotes', () => {
    for (const [path, text] of texts) {
      const before = language === 'fr' ? NARROW : '[^\\s]';
      expect(text, path).toMatch(new RegExp(`^([^?!;]|${before}[?!;])*$`, 'u'));
      expect(text, path).toMatch(new RegExp(`^([^:]|${WIDE}:)*$`, 'u'));
      expect(text, path).not.toMatch(/['"]/);
    }
  });

  it('have no heading that can break at a hyphen', () => {
    const headings = texts.filter(([path]) => /heading$|\.addFactors\.|confirmRemoval$/i.test(path));
    expect(headings.length).toBeGreaterThan(20);
    for (const [path, text] of headings) expect(text, path).not.toContain('-');
  });
});

it('differ in France and Canada where France borrows from English', () => {
  const { fr, 'fr-CA': canadian } = pageTexts;
  expect(fr?.flow.factors.email).toBe('Code par e-mail');
  expect(canadian?.flow.factors.email).toBe('Code par courriel');
  expect(JSON.stringify(canadian)).not.toMatch(/e-mail|SMS|[Ss]cann|QR code/);
  expect(JSON.stringify(fr)).not.toMatch(/courriel|message texte|[Bb]alay|[Cc]ode QR/);
});

describe('fill', () => {
  it('replaces known names in braces, and leaves the rest', () => {
    expect(fill('{label} {when}, {unknown}', { label: 'Send {when}', when: '$1' })).toBe(
      'Send {when} $1, {unknown}',
    );
  });
});

describe('pluralOf', () => {
  it('uses the plural rules of the language', () => {
    const forms = { one: 'one', few: 'few', other: 'other' };
    expect([0, 1, 2].map((count) => pluralOf(forms, count, 'en'))).toEqual(['other', 'one', 'other']);
    expect([0, 1, 2].map((count) => pluralOf(forms, count, 'fr'))).toEqual(['one', 'one', 'other']);
    expect([1, 2, 5].map((count) => pluralOf(forms, count, 'pl'))).toEqual(['one', 'few', 'other']);
  });
});

describe('withTexts', () => {
  it('replaces single texts and whole lists', () => {
    const texts = withTexts(english, {
      states: { polling: { heading: 'Look at the app' } },
      scanSteps: ['Just one'],
    });

    expect(texts.states.polling).toEqual({
      heading: 'Look at the app',
      lead: english.states.polling.lead,
    });
    expect(texts.scanSteps).toEqual(['Just one']);
    expect(texts.states.idle).toEqual(english.states.idle);
  });
});
