import type { CodeFactor, Factor, FlowStateName, Notice, ReasonCode, WayName } from '@stepgate/core';
import type { RemoteError } from '../remote/remote-error.ts';

/** A screen's heading and the text below it. */
export interface ScreenText {
  readonly heading: string;
  readonly lead: string;
}

/** What to do with the code that the phone shows. */
export interface PushCodeTexts {
  /** To type it here; the phone shows it alone. */
  readonly code: ScreenText;
  /** To type it here; the phone shows what is confirmed, too. */
  readonly action: ScreenText;
  /** The phone has answered, and the code has yet to be typed. */
  readonly answered: string;
  /** The code was right, and the phone has yet to answer. */
  readonly entered: string;
  /** Above the code, to be compared with the phone's. */
  readonly compare: string;
  /** After too many wrong codes. */
  readonly refused: string;
}

/** What the user does on the provider's own page. */
export interface HostedTexts {
  /** There is nothing else to choose. */
  readonly choosing: ScreenText;
  /** The button that leads there. */
  readonly leave: string;
  /** The page was opened in a window: to open it once more. */
  readonly openAgain: string;
  /** The same, in place of the app's page. */
  readonly here: string;
  readonly opening: string;
  readonly waiting: string;
  /** `{host}`: where the provider's page is, so that the user can compare it with the address bar. */
  readonly where: string;
  /** The user is back. */
  readonly checking: string;
  /** The user has said no there. */
  readonly rejected: string;
  /** The user did not come back. */
  readonly expired: string;
  /** Another user has signed in there. */
  readonly otherUser: string;
  /** The last page of the window. */
  readonly done: ScreenText;
}

/** What to do with recovery codes, and the label of the box to tick when it is done. */
export interface RecoveryCodesText extends ScreenText {
  readonly saved: string;
}

/** A text for each plural category of the language. */
export type PluralForms<Text> = Readonly<Partial<Record<Intl.LDMLPluralRule, Text>>> & {
  readonly other: Text;
};

/** The same texts, with any of them left out. */
export type Some<T> = T extends string | readonly string[] ? T : { readonly [K in keyof T]?: Some<T[K]> };

/**
 * The texts of the built-in screens in one language. They are plain data, so that a server can write them into its page.
 * Names in braces are filled in.
 */
export interface Texts {
  /** BCP 47. */
  readonly language: string;
  readonly confirming: string;
  readonly states: Readonly<
    Record<Exclude<FlowStateName, 'acknowledging' | 'prompting' | 'failed'>, ScreenText>
  >;
  /** `authenticating`, while the flow asks for the password. */
  readonly password: ScreenText;
  /** `approved`, for a flow that adds a device. */
  readonly added: ScreenText;
  /** `prompting`, while an authenticator app is added. */
  readonly newOtp: ScreenText;
  /** `polling`, where the phone shows a code with the request. */
  readonly pushCode: PushCodeTexts;
  readonly hosted: HostedTexts;
  /** Buttons that go over to another way. */
  readonly ways: Readonly<Record<WayName, string>>;
  /** The flow went over to another way by itself, by the way that it left. */
  readonly leftWays: Readonly<Record<WayName, string>>;
  readonly failed: string;
  /** `failed`, while another browser or device waits for the phone. */
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
  /** On a button while its request is under way. */
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
  /** On a button that cannot be pressed yet: `{label}`, and `{when}`, such as "in 15 seconds". */
  readonly later: string;
  /** On a way that cannot be chosen yet: `{when}`, as above. */
  readonly availableLater: string;
  /** `{time}`, such as "4:05" or "1 minute". */
  readonly timeLeft: string;
  readonly connectionLost: string;
  /** While the server has no room for this tab. */
  readonly connectionBusy: string;
  readonly connectionBack: string;
  /** `{device}`: the name of a phone, or a number or address, masked as the tenant masks it. */
  readonly sentTo: string;
  readonly returning: string;
  /** The same, when the form to send again is no longer kept. */
  readonly nothingLeft: string;
  /** After an approval, before the kept form is sent again. */
  readonly resending: string;
  /** Before the start, when the refused form is not kept. */
  readonly unkept: Readonly<Record<'file' | 'size', string>>;
  /** On a page that a link leads to: what is confirmed runs in another login of the user. */
  readonly forOther: Readonly<Record<'warning' | 'approved', string>>;
  /** On a page that does not continue by itself. */
  readonly checkAgain: string;
  readonly expiredRequirement: ScreenText;
}

/** Texts that replace some of the built-in ones. */
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

/** The plural form for a count. */
export function pluralOf<Text>(forms: PluralForms<Text>, count: number, language: string): Text {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms.other;
}

/** Texts with some of them replaced. */
export function withTexts<T extends object>(texts: T, some: Some<T> = {} as Some<T>): T {
  const replaced = Object.entries(some).map(([name, value]) => {
    const isGroup = typeof value === 'object' && !Array.isArray(value);
    return [name, isGroup ? withTexts<object>(texts[name as keyof T] ?? {}, value as object) : value];
  });
  return { ...texts, ...Object.fromEntries(replaced) };
}
