import type { Factor } from '@stepgate/core';

/** The texts of the page of the user's authenticators in one language. Names in braces are filled in. */
export interface AuthenticatorsTexts {
  readonly heading: string;
  readonly lead: string;
  /** Before the user may see the list. */
  readonly locked: string;
  readonly unlock: string;
  readonly loading: string;
  readonly none: string;
  readonly kinds: Readonly<Record<Factor, string>>;
  /** Below a code generator that came with a `{phone}`. */
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
  /** The titles of the actions that the user confirms. */
  readonly actions: {
    readonly see: string;
    /** `{device}`, here and below. */
    readonly remove: string;
    readonly add: string;
    readonly devices: Readonly<Record<Factor, string>>;
    /** A device with nothing known but its `{id}`. */
    readonly unknownDevice: string;
  };
}
