import type { EnrollmentRule, Factor, PollSchedule, PushCodeEntry } from '@stepgate/core';
import type { AuthenticatorSettings } from '../endpoints/authenticators.ts';
import type { TextsByLanguage } from '../endpoints/call/page-texts.ts';
import type { AuditListeners } from '../events/audit.ts';
import type { LoginUrl } from '../guard/signed-out.ts';
import type { Capacity } from '../limits/capacity.ts';
import type { LimitOptions } from '../limits/limits.ts';
import type { ClaimsOf } from '../policy/evidence.ts';
import type { FirstLegOptions } from '../provider/first-leg.ts';
import type { Provider } from '../provider/provider.ts';
import type { ReceiptSettings } from '../receipts/receipt-settings.ts';
import type { Asked, Identity } from '../request/caller.ts';
import type { Store } from '../store/store.ts';
import type { TestingOptions } from './testing-options.ts';

/** Options of a gate. `Native` is the host's own request: Express's `req`, Koa's `ctx`. */
export interface GateOptions<Native> extends AuditListeners<Native> {
  /** Who proves: `auth0({ issuer, clientId, ... })`, or your own. */
  readonly provider: Provider;
  /** At least 32 random characters. A list rotates the secret: the first one seals, all of them open. */
  readonly secret: string | readonly string[];
  /**
   * Tells who is signed in; `undefined` when nobody is. Event streams and long polls ask again while they are open
   * (`asked.again`): look the login up then, since the request was loaded a while ago.
   */
  readonly identify: (request: Native, asked: Asked) => Identity | undefined | Promise<Identity | undefined>;
  /** How a signed-in user gets into MFA. Needed if a way of the provider has a first leg, as the MFA API does. */
  readonly firstLeg?: FirstLegOptions<Native>;
  /**
   * Whether a user without a factor may add one during a step-up: after the `'password'` (the default if
   * `firstLeg.password` is given), not at all (`'refuse'`, the default otherwise), or with the `'session'` alone, which
   * lets an attacker with a stolen session enrol their own phone.
   */
  readonly enroll?: EnrollmentRule;
  /**
   * The factors that count where a policy names none. Default push and one-time passwords. Add `hosted` for the provider's
   * own pages.
   */
  readonly factors?: readonly Factor[];
  /**
   * The endpoints and the page where users list, add and remove their authenticators: with which factors they approve
   * of it, and which factors they may add. `false` turns both off.
   */
  readonly authenticators?: AuthenticatorSettings | false;
  /**
   * Gives the claims of a token that the app has verified, for policies that accept them in place of an approval. Never
   * give claims that were only decoded.
   */
  readonly evidence?: ClaimsOf<Native>;
  /** How `stepUp.receipt()` signs. Default: a key derived from `secret`, and receipts of one minute. */
  readonly receipts?: ReceiptSettings;
  /** How much one session, and one user, may do; see `DEFAULT_LIMITS`. */
  readonly limits?: LimitOptions;
  /** How much may go on at the same time; see `DEFAULT_CAPACITY`. */
  readonly capacity?: Partial<Capacity>;
  /**
   * Requests per second that all processes together may send to the tenant; default 50, half of what Auth0 allows a
   * tenant of a paid plan, so that its logins keep room. Polls slow down first, all alike. `false` for no budget.
   */
  readonly tenantBudget?: number | false;
  /** Where records live; default this process's memory. */
  readonly store?: Store;
  /** Where the endpoints and the page are, as the browser sees it; default `/step-up`. */
  readonly basePath?: string;
  /**
   * Where a signed-out page load, of a guarded route or of the page, is redirected. A function can add the way back:
   * `` (req) => `/login?back=${encodeURIComponent(req.originalUrl)}` ``.
   */
  readonly loginUrl?: LoginUrl<Native>;
  /** The language of the built-in pages, as BCP 47 (or `fr_CA`). Default: what the browser accepts. */
  readonly language?: (request: Native) => string | undefined;
  /**
   * Your own texts for the built-in pages, by BCP 47 tag. They replace the built-in ones (`en`, `fr`, `fr-CA`), or add a
   * language; what that leaves out is shown in English.
   */
  readonly texts?: TextsByLanguage;
  /**
   * What answers a refused request: the guard (`'answer'`, the default), or the app's own error handler (`'throw'`), which
   * gets an error with `status`, `code`, `headers` and `expose`. Page loads are redirected either way.
   */
  readonly mode?: 'answer' | 'throw';
  /**
   * Other origins whose pages may use the endpoints with the user's cookies: single-page apps that are served from
   * elsewhere. Each must be exact. The app's own routes need CORS of their own. If such an origin is on another site, the
   * handle cookie becomes `SameSite=None; Secure`, and the app's session cookie must be too.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Whether guards refuse (403 `cross_site_request`) a POST, PUT, PATCH or DELETE that a page of another origin sends,
   * except those of `allowedOrigins`: a forged request would use an approval that the user gave for something else.
   * Default `true`. With `false`, protecting the routes is up to the app.
   */
  readonly checkOrigin?: boolean;
  /**
   * Allows the handle cookie over plain http to hosts other than this machine, and to this machine behind a proxy. Only
   * for closed networks and development.
   */
  readonly insecureCookie?: boolean;
  /**
   * Where the phone shows a code with the push: whether the user must type it (`'typed'`, the default), or compares it
   * with the one on the page (`'compared'`). Typed, an answer to a push that somebody else caused is worth nothing.
   */
  readonly pushCode?: PushCodeEntry;
  /**
   * `'eager'` polls faster for the first 15 seconds, while Auth0's burst lasts, and sees the phone's answer in a third
   * of the time. After a complaint from the provider, new flows of all processes are steady for an hour. Providers that
   * name an interval, and CIBA, are always polled steadily. Default `'eager'`.
   */
  readonly pollSchedule?: PollSchedule;
  /**
   * Called with faults of the server, and with what the tenant refuses or does not answer; the same thing at most once a
   * minute. Default `console.error`.
   */
  readonly onError?: (error: unknown) => void;
  /** Seams for tests. Leave it out in production. */
  readonly testing?: TestingOptions;
}
