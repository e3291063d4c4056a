import type { ApprovalRequest, AuthorizationDetail, RedirectWayOptions } from '@stepgate/core';
import * as v from 'valibot';
import { aFlag, aFunction, checkedElsewhere, optionsSchema, type SchemasOf } from '../lib/parse-options.ts';

/** The provider's own pages: the user goes there, and comes back with a proof. */
export interface RedirectSettings {
  /** The values of `acr` that show a second factor, any one of them. */
  readonly acr?: readonly string[];
  /** The values of `amr` that show one, all of them. */
  readonly amr?: readonly string[];
  /** What the request asks for. Default: the values of `acr`. */
  readonly acrValues?: readonly string[];
  /** How it asks: by `acr_values`, a wish (default), or by an essential claim, where the provider takes `claims`. */
  readonly ask?: 'acr_values' | 'essential';
  /**
   * What tells that the user has just authenticated. `login` (default): `auth_time`, of a login that `max_age=0` asks
   * for. Or a claim that you set, `{ at, type }`: when the second factor was passed, and which of `types` it was.
   */
  readonly freshness?: NonNullable<RedirectWayOptions['freshness']>;
  /**
   * Whether the request is pushed to the provider (RFC 9126), so that nobody can edit it in the browser: where discovery
   * offers it (default), always, or never.
   */
  readonly par?: 'when-offered' | 'require' | 'off';
  /** Tells the provider who is going to sign in. It is in the address, unless the request is pushed. */
  readonly loginHint?: NonNullable<RedirectWayOptions['loginHint']>;
  /** Auth0's connection of the user, which skips the login page: for social and enterprise sign-in. */
  readonly connection?: NonNullable<RedirectWayOptions['connection']>;
  /** Auth0's organization of the user. The token must be for the same one. */
  readonly organization?: NonNullable<RedirectWayOptions['organization']>;
  /** The description of `access_denied` for users without a second factor; default `no_second_factor`. */
  readonly noFactor?: string;
  /**
   * Whether the page may add a factor for the user. Default `true`: the approval then counts as given with a factor that
   * was added in the same flow. Say `false` only where the page refuses users without a factor.
   */
  readonly enrolls?: boolean;
  /**
   * Gives the `authorization_details` (RFC 9396) for an approval, which the page shows. Needs pushed requests. The same
   * approval must always give the same: what was approved is compared with it.
   */
  readonly details?: (approval: ApprovalRequest) => readonly AuthorizationDetail[];
  /** Where browsers see the gate, if not at the host of their requests: `https://bank.example`. */
  readonly origin?: string;
}

const text = v.pipe(v.string('must be a string'), v.nonEmpty('must not be empty'));

const redirectEntries = {
  acr: v.unknown(),
  amr: v.unknown(),
  acrValues: v.optional(v.array(text, 'must be a list of classes')),
  ask: checkedElsewhere,
  freshness: v.unknown(),
  par: checkedElsewhere,
  loginHint: v.optional(aFunction),
  connection: v.optional(aFunction),
  organization: v.optional(aFunction),
  noFactor: v.optional(text),
  enrolls: v.optional(aFlag),
  details: v.optional(aFunction),
  origin: checkedElsewhere,
} satisfies SchemasOf<RedirectSettings>;

/** Checks {@link RedirectSettings}; what is left out here, the way checks. */
export const RedirectSchema = optionsSchema(redirectEntries);
