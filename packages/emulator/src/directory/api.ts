import type * as v from 'valibot';
import { flag, listOfTexts, optional, shape, text } from '../lib/shape.ts';

/** An API of the tenant: what access tokens are for. */
export interface ApiOptions {
  /** Its identifier. */
  readonly audience: string;
  /** Default: the audience. */
  readonly name?: string | undefined;
  /** The scopes there are; any other is left out of tokens. Default: whatever is asked for. */
  readonly scopes?: readonly string[] | undefined;
  /** Whether refresh tokens can be had for it. Default: the setting `offlineAccess`. */
  readonly allowsOfflineAccess?: boolean | undefined;
  /** The types of `authorization_details` it knows. Default: any. */
  readonly authorizationDetailsTypes?: readonly string[] | undefined;
}

/** What an API looks like. */
export const apiShape = shape('ApiOptions', {
  audience: text(),
  name: optional(text()),
  scopes: optional(listOfTexts),
  allowsOfflineAccess: optional(flag),
  authorizationDetailsTypes: optional(listOfTexts),
}) satisfies v.GenericSchema<unknown, ApiOptions>;

/** The API of an emulator without the option. */
export const defaultApis: readonly ApiOptions[] = [{ audience: 'https://bank.example/' }];
