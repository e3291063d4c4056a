import type { Factor } from '@stepgate/core';

/** Everything that the page of the user's authenticators says, in one language; what is filled in stands in braces. */
export interface AuthenticatorsTexts {
  readonly heading: string;
  readonly lead: string;
  /** Before the list may be seen. */
  readonly locked: string;
  readonly unlock: string;
  readonly loading: string;
  readonly none: string;
  readonly kinds: Readonly<Record<Factor, string>>;
  /** Beneath a code generator that came with a `{phone}`. */
  readonly sameApp: string;
  readonly addHeading: string;
  readonly remove: string;
  /** `{device}`, here and below. */
  readonly removeDevice: string;
  readonly keep: string;
  readonly confirmRemoval: string;
  readonly goesToo: Readonly<Partial<Record<Factor, string>>>;
  readonly mayGoToo: Readonly<Partial<Record<Factor, string>>>;
  readonly isLast: string;
  readonly approvalFollows: string;
  /** `{devices}`, as a list. */
  readonly removed: string;
  readonly added: string;
  readonly unchanged: string;
  readonly goBack: string;
  readonly needsScript: string;
  /** What the user confirms, in the words of a list of things to do. */
  readonly actions: {
    readonly see: string;
    /** `{device}`, here and below. */
    readonly remove: string;
    readonly add: string;
    readonly devices: Readonly<Record<Factor, string>>;
    /** Of which only the `{id}` is known. */
    readonly unknownDevice: string;
  };
}
