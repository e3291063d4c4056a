import { type Answer, call, open } from 'suites/http.ts';

/** The parts of a flow's view that tests read. */
export interface View {
  readonly version: number;
  readonly state: string;
  readonly disclosure?: { readonly barcodeUri?: string };
}

/** A client of an app like a page's script, with cookies, but without a browser. */
export interface Caller {
  /** `body` is sent as JSON. */
  readonly send: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  /** A GET whose body is not read yet. */
  readonly open: (path: string, headers: Record<string, string>) => ReturnType<typeof open>;
  /** Sends an event to the flow, for this view of it. */
  readonly event: (view: View, request: unknown) => Promise<View>;
}

/** Creates a caller of the app at this address. */
export function createCaller(url: string): Caller {
  const cookies = new Map<string, string>();

  function headersWith(more: Record<string, string> = {}): Record<string, string> {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    return { cookie, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', ...more };
  }

  const caller: Caller = {
    async send(method, path, body, headers) {
      const answer = await call(method, url + path, {
        headers: headersWith({
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        }),
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      for (const text of answer.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
        cookies.set(name, value);
      }
      return answer;
    },
    open: (path, headers) => open('GET', url + path, { headers: headersWith(headers) }),
    async event({ version }, request) {
      const headers = { 'if-match': `"${version}"` };
      return (await caller.send('POST', '/step-up/flow/events', request, headers)).json<View>();
    },
  };
  return caller;
}
