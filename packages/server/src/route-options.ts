/** Options of one guarded route, besides its policy. */
export interface RouteOptions {
  /**
   * Keeps a plain HTML form post that is refused, sealed, up to 64 KB and without files, and offers to send it once
   * more after the approval: the browser then posts it again, through the app's own CSRF check and parsers. Only for
   * posts that the browser itself says come from this site. Default `false`: the user goes back to the form.
   */
  readonly replay?: boolean;
}

/** @throws TypeError naming the option that is wrong. */
export function assertRouteOptions(options: RouteOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: must be an object');
  const unknown = Object.keys(options).find((name) => name !== 'replay');
  if (unknown !== undefined) throw new TypeError(`options.${unknown}: is not an option (replay)`);
  if (options.replay !== undefined && typeof options.replay !== 'boolean') {
    throw new TypeError('options.replay: must be true or false');
  }
}
