import type { AuthenticatorsTexts } from './authenticators-texts.ts';
import { englishAuthenticators } from './authenticators-texts-en.ts';
import { canadianFrenchAuthenticators, frenchAuthenticators } from './authenticators-texts-fr.ts';
import type { Some, SomeTexts, Texts } from './texts.ts';
import { english } from './texts-en.ts';
import { canadianFrench, french } from './texts-fr.ts';

/** The texts of the built-in pages in one language. */
export interface PageTexts {
  /** The screens of a flow, which the dialog shows too. */
  readonly flow: Texts;
  /** The page of the user's authenticators. */
  readonly authenticators: AuthenticatorsTexts;
}

/** Texts that replace some of the built-in ones. */
export interface SomePageTexts {
  readonly flow?: SomeTexts;
  readonly authenticators?: Some<AuthenticatorsTexts>;
}

/** The built-in texts, by BCP 47 tag. */
export const pageTexts: Readonly<Record<string, PageTexts>> = {
  en: { flow: english, authenticators: englishAuthenticators },
  fr: { flow: french, authenticators: frenchAuthenticators },
  'fr-CA': { flow: canadianFrench, authenticators: canadianFrenchAuthenticators },
};
