import { assertKnownOptions } from '../lib/known-options.ts';
import type { AnswerKind } from '../request/navigation.ts';

/** Options of one guarded route, besides its policy. */
export interface RouteOptions {
  /**
   * Keeps a plain HTML form post that is refused, sealed, up to 64 KB and without files, and offers to send it once
   * more after the approval: the browser then posts it again, through the app's own CSRF check and parsers. Only for
   * posts that the browser itself says come from this site. Default `false`: the user goes back to the form.
   */
  readonly replay?: boolean;
  /**
   * How a refused request is answered, whatever its headers say: `page` sends the user to the page, or to `loginUrl`;
   * `api` answers with a 401. Default: by `Sec-Fetch-Mode`, `Sec-Fetch-Dest`, `X-Requested-With` and `Accept`.
   */
  readonly answer?: AnswerKind;
}

const OPTIONS = ['replay', 'answer'] as const satisfies readonly (keyof RouteOptions)[];

/** @throws TypeError naming the option that is wrong. */
export function assertRouteOptions(options: RouteOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: must be an object');
  assertKnownOptions('options.', options, OPTIONS);
  if (options.replay !== undefined && typeof options.replay !== 'boolean') {
    throw new TypeError('options.replay: must be true or false');
  }
  if (options.answer !== undefined && options.answer !== 'page' && options.answer !== 'api') {
    throw new TypeError("options.answer: must be 'page' or 'api'");
  }
}
