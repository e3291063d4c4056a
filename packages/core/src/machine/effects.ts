import type { EnrollableFactor, Factor } from '../terms/factor.ts';
import type { FirstLegMethod } from './events.ts';

/** What the machine asks its runner to do. Results come back as facts with the same `seq`. */
export type Effect =
  | {
      readonly type: 'authenticate';
      readonly params: { readonly seq: number; readonly method: FirstLegMethod };
    }
  | { readonly type: 'list'; readonly params: { readonly seq: number } }
  | { readonly type: 'enroll'; readonly params: { readonly seq: number; readonly factor: EnrollableFactor } }
  | {
      readonly type: 'challenge';
      readonly params: {
        readonly seq: number;
        readonly factor: Factor;
        readonly authenticatorId: string;
        /** The way does not tell the user's devices apart, so any of them may receive it. */
        readonly isForAnyDevice?: boolean;
      };
    }
  | {
      readonly type: 'poll';
      readonly params: {
        readonly seq: number;
        readonly enrolling: boolean;
        /** When the challenge expires, in milliseconds since the epoch. */
        readonly expiresAt: number;
      };
    }
  | {
      readonly type: 'verify';
      readonly params: { readonly seq: number; readonly factor: Factor; readonly enrolling: boolean };
    }
  | { readonly type: 'identify'; readonly params: { readonly seq: number } };

const EFFECTS: Readonly<Record<Effect['type'], true>> = {
  authenticate: true,
  list: true,
  enroll: true,
  challenge: true,
  poll: true,
  verify: true,
  identify: true,
};

/** The type of every effect. */
export const EFFECT_TYPES: readonly Effect['type'][] = Object.keys(EFFECTS) as Effect['type'][];

/** The parameters of one type of effect. */
export type EffectParams<T extends Effect['type']> = Extract<Effect, { type: T }>['params'];
