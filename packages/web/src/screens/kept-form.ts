import type { Texts } from '../texts/texts.ts';

/** What became of the form that was refused until there is an approval. */
export type KeptForm = 'kept' | 'gone';

/** Why the refused form is not kept until the approval: it has a file in it, or it is too large. */
export type Unkept = keyof Texts['unkept'];
