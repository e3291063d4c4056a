import type { CodeFactor, Factor, FlowStateName, Notice, ReasonCode } from '@stepgate/core';
import type { RemoteError } from '../remote/remote-error.ts';

/** A screen's heading and what it says beneath. */
export interface ScreenText {
  readonly heading: string;
  readonly lead: string;
}

/** What to do with recovery codes, and the words of the box that says it is done. */
export interface RecoveryCodesText extends ScreenText {
  readonly saved: string;
}

/** A text for each plural category of the language. */
export type PluralForms<Text> = Readonly<Partial<Record<Intl.LDMLPluralRule, Text>>> & {
  readonly other: Text;
};

/** Texts of which some are left out. */
export type Some<T> = T extends string | readonly string[] ? T : { readonly [K in keyof T]?: Some<T[K]> };

/**
 * Everything that the built-in screens say, in one language. Plain data, so that a server can hand it to its page;
 * what is filled in stands in braces.
 */
export interface Texts {
  /** BCP 47. */
  readonly language: string;
  readonly confirming: string;
  readonly states: Readonly<
    Record<Exclude<FlowStateName, 'acknowledging' | 'prompting' | 'failed'>, ScreenText>
  >;
  /** `authenticating` while the password is asked for. */
  readonly password: ScreenText;
  /** `approved` of a flow that adds a device. */
  readonly added: ScreenText;
  /** `prompting` while a one-time password is added. */
  readonly newOtp: ScreenText;
  readonly failed: string;
  /** `failed` while another browser or device waits for the phone. */
  readonly waitingElsewhere: string;
  readonly codeHeading: string;
  /** What to type, by factor. */
  readonly codes: Readonly<Record<CodeFactor, string>>;
  readonly codeLabel: string;
  readonly factors: Readonly<Record<Factor, string>>;
  readonly addFactors: Readonly<Record<Factor, string>>;
  readonly reasons: Readonly<Record<ReasonCode, string>>;
  readonly errors: Readonly<Partial<Record<RemoteError['code'], string>>>;
  readonly notices: Readonly<Record<Notice, string>>;
  readonly unknownError: string;
  /** Before a code is sent to a new number or address. */
  readonly newAddress: string;
  readonly phoneLabel: string;
  readonly phoneHint: string;
  readonly emailLabel: string;
  readonly passwordLabel: string;
  readonly secretLabel: string;
  readonly start: string;
  readonly continue: string;
  readonly submit: string;
  /** On a button whose work is under way. */
  readonly busy: string;
  readonly cancel: string;
  readonly cancelOther: string;
  readonly back: string;
  readonly goBack: string;
  readonly close: string;
  readonly startAgain: string;
  readonly retry: string;
  readonly startOver: string;
  readonly resend: string;
  readonly otherWay: string;
  readonly chooseWay: ScreenText;
  readonly addDevice: string;
  readonly openHere: string;
  readonly copyLink: string;
  readonly copyCodes: string;
  readonly copied: string;
  readonly qrLabel: string;
  readonly scanSteps: readonly string[];
  readonly waitingForScan: string;
  readonly waitingForAnswer: string;
  /** `acknowledging`, by how many codes there are to save. */
  readonly recoveryCodes: PluralForms<RecoveryCodesText>;
  /** What a button says that can be pressed only later: `{label}`, and `{when}`, like "in 15 seconds". */
  readonly later: string;
  /** `{time}`, like "4:05" or "1 minute". */
  readonly timeLeft: string;
  readonly connectionLost: string;
  /** While the server has no room for this tab. */
  readonly connectionBusy: string;
  readonly connectionBack: string;
  /** `{device}`: its name, or a number or address as far as it may be shown. */
  readonly sentTo: string;
  readonly returning: string;
  /** Instead, where nothing is left of what was to be sent once more. */
  readonly nothingLeft: string;
  /** After an approval, before what was refused is sent once more. */
  readonly resending: string;
  /** Before the start, when what was refused is not kept. */
  readonly unkept: Readonly<Record<'file' | 'size', string>>;
  /** On a page that does not go on by itself. */
  readonly checkAgain: string;
  readonly expiredRequirement: ScreenText;
}

/** Texts that take the place of the built-in ones. */
export type SomeTexts = Some<Omit<Texts, 'language'>>;

/** What to tell the user about a request that was refused or lost. */
export function errorSentence(code: RemoteError['code'], { errors, reasons, unknownError }: Texts): string {
  const reason: string | undefined = (reasons as Readonly<Record<string, string>>)[code];
  return errors[code] ?? reason ?? unknownError;
}

/** Replaces names in braces by their values. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (braces, name: string) => values[name] ?? braces);
}

/** The form for a number of things. */
export function pluralOf<Text>(forms: PluralForms<Text>, count: number, language: string): Text {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms.other;
}

/** Texts in which some have been replaced. */
export function withTexts<T extends object>(texts: T, some: Some<T> = {} as Some<T>): T {
  const replaced = Object.entries(some).map(([name, value]) => {
    const isGroup = typeof value === 'object' && !Array.isArray(value);
    return [name, isGroup ? withTexts<object>(texts[name as keyof T] ?? {}, value as object) : value];
  });
  return { ...texts, ...Object.fromEntries(replaced) };
}
