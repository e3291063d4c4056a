import type { DevicesTexts } from './devices-texts.ts';
import { englishDevices } from './devices-texts-en.ts';
import { canadianFrenchDevices, frenchDevices } from './devices-texts-fr.ts';
import type { Some, SomeTexts, Texts } from './texts.ts';
import { english } from './texts-en.ts';
import { canadianFrench, french } from './texts-fr.ts';

/** Everything that the built-in pages say, in one language. */
export interface PageTexts {
  /** The screens of a flow, in the dialog too. */
  readonly flow: Texts;
  /** The page of the user's authenticators. */
  readonly devices: DevicesTexts;
}

/** Texts that take the place of the built-in ones. */
export interface SomePageTexts {
  readonly flow?: SomeTexts;
  readonly devices?: Some<DevicesTexts>;
}

/** The built-in texts, by BCP 47 tag. */
export const pageTexts: Readonly<Record<string, PageTexts>> = {
  en: { flow: english, devices: englishDevices },
  fr: { flow: french, devices: frenchDevices },
  'fr-CA': { flow: canadianFrench, devices: canadianFrenchDevices },
};
