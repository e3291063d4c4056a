import type { Texts } from '../texts/texts.ts';

/** What has become of a form that was sent before the approval. */
export type KeptForm = 'kept' | 'gone';

/** Why what the user sent is not kept until the approval: there is a file in it, or it is too much. */
export type Unkept = keyof Texts['unkept'];
