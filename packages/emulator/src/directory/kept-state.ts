import * as v from 'valibot';
import { flag, listOf, listOfTexts, optional, shape, text } from '../lib/shape.ts';

/** What is kept of a tenant's state between two runs. Times are epoch milliseconds. */
export interface KeptState {
  readonly refreshTokens: readonly KeptRefreshToken[];
  readonly sessions: readonly KeptSession[];
}

/** A refresh token with what it stands for. */
export interface KeptRefreshToken {
  readonly token: string;
  readonly family: string;
  readonly expiresAt: number;
  readonly isUsed: boolean;
  readonly username: string;
  readonly clientId: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly authTime: number;
  readonly sid?: string | undefined;
  readonly gty?: string | undefined;
}

/** A browser's session. */
export interface KeptSession {
  /** The value of its cookie. */
  readonly id: string;
  readonly sid: string;
  readonly username: string;
  readonly authTime: number;
  readonly mfaAt?: number | undefined;
  readonly expiresAt: number;
}

const time = v.number('is a time in epoch milliseconds');

/** What kept state looks like. */
export const keptStateShape = shape('KeptState', {
  refreshTokens: listOf(
    shape('KeptRefreshToken', {
      token: text(),
      family: text(),
      expiresAt: time,
      isUsed: flag,
      username: text(),
      clientId: text(),
      audience: text(),
      scopes: listOfTexts,
      authTime: time,
      sid: optional(text()),
      gty: optional(text()),
    }),
  ),
  sessions: listOf(
    shape('KeptSession', {
      id: text(),
      sid: text(),
      username: text(),
      authTime: time,
      mfaAt: optional(time),
      expiresAt: time,
    }),
  ),
}) satisfies v.GenericSchema<unknown, KeptState>;
