import * as v from 'valibot';
import { aFlag, optionsSchema, parseOptions } from '../lib/parse-options.ts';
import type { AnswerKind } from '../request/navigation.ts';
import type { RoutePolicy } from './policy.ts';

/** Options of one guarded route, besides its policy. */
export interface RouteOptions {
  /**
   * Keeps a refused post of a plain HTML form, sealed, up to 64 KB and without files, and offers to send it again after
   * the approval: the browser posts it once more, through the app's own CSRF check and parsers. Only for posts that the
   * browser says come from this site. Default `false`: the user goes back to the form.
   */
  readonly replay?: boolean;
  /**
   * How a refused request is answered, whatever its headers say: `page` redirects the user to the page, or to
   * `loginUrl`; `api` answers 401. Default: by `Sec-Fetch-Mode`, `Sec-Fetch-Dest`, `X-Requested-With` and `Accept`.
   */
  readonly answer?: AnswerKind;
}

/** The arguments of `gate.require`. */
export type RequireArguments<Native> = readonly [policy?: RoutePolicy<Native>, options?: RouteOptions];

/** `gate.require`: makes a `Guard`, what the host puts in front of a handler. `Native` is the host's own request. */
export interface GuardMaker<Native, Guard> {
  /**
   * A guard that lets a request through when the signed-in user has freshly approved.
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  (): Guard;
  (policy: RoutePolicy<Native>, options?: RouteOptions): Guard;
}

const RouteSchema = optionsSchema({
  replay: v.optional(aFlag),
  answer: v.optional(v.picklist(['page', 'api'], "must be 'page' or 'api'")),
} satisfies Record<keyof RouteOptions, v.GenericSchema>);

/** @throws TypeError naming the option that is wrong. */
export function assertRouteOptions(options: RouteOptions): void {
  parseOptions(RouteSchema, options, 'options');
}
