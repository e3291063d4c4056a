import type { FlowView } from '@stepgate/core';
import { type Answer, call } from 'suites/http.ts';
import type { Dice } from './random.ts';
import type { User } from './tenant.ts';

/** A browser in which a user is signed in. Each request goes to a random process; `undefined` if that process dies. */
export interface Browser {
  post(path: string, body: unknown): Promise<Answer | undefined>;
  /** Waits up to two seconds for a newer view. */
  view(version: number): Promise<Answer | undefined>;
  event(view: FlowView, event: Readonly<Record<string, string>>): Promise<Answer | undefined>;
  cancel(): Promise<Answer | undefined>;
}

/** Longer than any answer may take, with the wait of a long poll or of a start. */
const HANGS_AFTER_MS = 30_000;

/** Opens a browser with a handle. `onFault` is called with answers that must never occur. */
export function openBrowser(options: {
  readonly user: User;
  readonly handle: string;
  readonly urls: () => readonly string[];
  readonly dice: Dice;
  readonly onFault: (fault: string) => void;
}): Browser {
  const { user, handle, urls, dice, onFault } = options;

  async function send(
    method: string,
    path: string,
    { headers, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
  ): Promise<Answer | undefined> {
    const url = dice.pick(urls() as [string, ...string[]]);
    const asking = call(method, url + path, {
      headers: {
        cookie: `stepgate=${handle}`,
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'cors',
        'content-type': 'application/json',
        'x-subject': user.subject,
        'x-refresh-token': user.refreshToken,
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    }).catch(() => undefined);
    const { promise: hanging, resolve } = Promise.withResolvers<'hanging'>();
    const timer = setTimeout(() => resolve('hanging'), HANGS_AFTER_MS);
    const answer = await Promise.race([asking, hanging]);
    clearTimeout(timer);
    if (answer === 'hanging') {
      onFault(`no answer to ${method} ${path} within ${HANGS_AFTER_MS / 1_000} s`);
      return undefined;
    }
    if (answer !== undefined && answer.status >= 500) mustHaveCode(answer, `${method} ${path}`);
    return answer;
  }

  function mustHaveCode({ status, text }: Answer, what: string): void {
    const code = /"error":"(\w+)"/.exec(text)?.[1];
    if (status === 500 || code === undefined) onFault(`${status} ${code ?? 'without a code'} to ${what}`);
  }

  return {
    post: (path, body) => send('POST', path, { body }),
    view: (version) =>
      send('GET', '/step-up/flow', { headers: { 'if-none-match': `"${version}"`, prefer: 'wait=2' } }),
    event: ({ version }, event) =>
      send('POST', '/step-up/flow/events', { headers: { 'if-match': `"${version}"` }, body: event }),
    cancel: () => send('DELETE', '/step-up/flow'),
  };
}
