import type { Clock, EnrollmentRule, FLOW_DEFAULTS, MfaApi, PollSchedule } from '@stepgate/core';
import type { Auth0Settings } from '../auth0/auth0-settings.ts';
import type { FirstLegOptions } from '../auth0/first-leg.ts';
import type { IdentityCheck } from '../auth0/id-token-check.ts';
import type { AuthenticatorSettings } from '../endpoints/authenticators.ts';
import type { TextsByLanguage } from '../endpoints/page-texts.ts';
import type { AuditListeners } from '../events/audit.ts';
import type { LoginUrl } from '../guard/signed-out.ts';
import type { Capacity } from '../limits/capacity.ts';
import type { LimitOptions } from '../limits/limits.ts';
import type { ClaimsOf } from '../policy/evidence.ts';
import type { Identity } from '../request/caller.ts';
import type { Store } from '../store/store.ts';

/** Options of a gate. `Native` is the host's own request: Express's `req`, Koa's `ctx`. */
export interface GateOptions<Native> extends AuditListeners<Native> {
  readonly auth0: Auth0Settings;
  /** At least 32 random characters; a list rotates: the first seals, all open. */
  readonly secret: string | readonly string[];
  /** Who is signed in, `undefined` for nobody. */
  readonly identify: (request: Native) => Identity | undefined | Promise<Identity | undefined>;
  readonly firstLeg: FirstLegOptions<Native>;
  /**
   * Whether a user without a factor may add one during a step-up: after the `password` (the default where
   * `firstLeg.password` is given), not at all (`refuse`, the default elsewhere), or on the strength of the
   * `session` alone, with which a stolen session can enrol the thief's phone.
   */
  readonly enroll?: EnrollmentRule;
  /**
   * The endpoints and the page with which users list, add and remove their authenticators: by which factors they
   * approve of that, and what they may add. `false` for none.
   */
  readonly authenticators?: AuthenticatorSettings | false;
  /**
   * The claims of a token that the app has verified, for policies that take them for an approval. Never from a token
   * that was only decoded.
   */
  readonly evidence?: ClaimsOf<Native>;
  /** How much one session, and one subject, may do; see `DEFAULT_LIMITS`. */
  readonly limits?: LimitOptions;
  /** How much is taken on at the same time; see `DEFAULT_CAPACITY`. */
  readonly capacity?: Partial<Capacity>;
  /**
   * Requests per second that all processes together may make to the tenant; default 50, half of what Auth0 allows a
   * tenant of a paid plan, so that its logins keep room. Polls slow down, all alike, before anything that a user waits
   * for does. `false` for no budget.
   */
  readonly tenantBudget?: number | false;
  /** Where records live; default this process's memory. */
  readonly store?: Store;
  /** Where the endpoints and the page are, as the browser sees it; default `/step-up`. */
  readonly basePath?: string;
  /**
   * Where a signed-out page load of a guarded route, or of the page, is sent; as a function, with the way back:
   * `` (req) => `/login?back=${encodeURIComponent(req.originalUrl)}` ``.
   */
  readonly loginUrl?: LoginUrl<Native>;
  /** The language of the built-in pages, as BCP 47 (`fr_CA` too), where the app knows it; else what the browser accepts. */
  readonly language?: (request: Native) => string | undefined;
  /**
   * Texts of the app's own for the built-in pages, by BCP 47 tag: in the place of the English (`en`) or French (`fr`,
   * `fr-CA`) ones, or in another language, which says in English what it leaves out.
   */
  readonly texts?: TextsByLanguage;
  /**
   * Who answers a refused request: the guard (`answer`, the default), or the app's own error handler (`throw`), which
   * is given an error with `status`, `code`, `headers` and `expose`. Page loads are sent on either way.
   */
  readonly mode?: 'answer' | 'throw';
  /**
   * Other origins, exact ones, whose pages may use the endpoints with the user's cookies: single-page apps that are
   * served from elsewhere. The app's own routes need CORS of the app's own. Where such an origin is of another site,
   * the handle's cookie becomes SameSite=None; Secure, and the app's session cookie has to be so too.
   */
  readonly allowedOrigins?: readonly string[];
  /** Lets the handle cookie travel over plain http to other hosts than this machine. For closed networks. */
  readonly insecureCookie?: boolean;
  /** Another provider of factors than Auth0's MFA API. */
  readonly api?: MfaApi;
  /** Another check of whose approval it is than the `id_token`'s. */
  readonly identityCheck?: IdentityCheck;
  /**
   * `eager` asks for the phone's answer faster while Auth0's burst lasts, and sees it in half the time; after a
   * complaint of the provider's, new flows are steady for 15 minutes. Default `steady`, until it has been
   * proven on live tenants.
   */
  readonly pollSchedule?: PollSchedule;
  /** Waiting times in milliseconds; see core's `FLOW_DEFAULTS`. */
  readonly timing?: Partial<Record<keyof typeof FLOW_DEFAULTS | 'requirementTtlMs', number>>;
  readonly clock?: Clock;
  readonly randomBytes?: (size: number) => Uint8Array;
  readonly randomUUID?: () => string;
  /** 0 up to 1, for the jitter of polls. */
  readonly random?: () => number;
  /**
   * Hears of faults of the server's own, and of what the tenant refuses or does not answer, the same thing at most once
   * a minute; default `console.error`.
   */
  readonly onError?: (error: unknown) => void;
}
