import { createHash } from 'node:crypto';
import type { Reply, TenantClient } from './tenant-client.ts';

const verifier = 'a-verifier-of-at-least-forty-three-characters';
export const redirectUri = 'http://localhost:3000/callback';
export const request = {
  client_id: 'stepgate-demo',
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'openid profile offline_access',
  state: 'st&te',
  nonce: 'once',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
};

/** `undefined` takes a parameter out. */
export type Params = Readonly<Record<string, string | undefined>>;

type BrowserReply = Reply & { readonly location: string };

/** A browser without scripts: it keeps cookies, and follows redirects within the tenant only when it is told to. */
export interface DeskBrowser {
  call(method: string, path: string, form?: Record<string, string>): Promise<BrowserReply>;
  authorize(params?: Params): Promise<BrowserReply>;
  /** The password on the login page of a request. */
  signIn(params?: Params, password?: string): Promise<BrowserReply>;
  /** The page that a redirect leads to. */
  follow(reply: BrowserReply): Promise<BrowserReply>;
  /** A form of the page at `reply`, posted to its address with the login that it belongs to. */
  post(reply: BrowserReply, form: Record<string, string>, path?: string): Promise<BrowserReply>;
  /** The code of a login by password. */
  code(params?: Params): Promise<string>;
}

export function createBrowser(client: TenantClient): DeskBrowser {
  const cookies = new Map<string, string>();
  const browser: DeskBrowser = {
    async call(method, path, form) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const headers = { accept: 'text/html', ...(cookie !== '' && { cookie }) };
      const reply = await client.call(method, path, { headers, ...(form !== undefined && { form }) });
      for (const header of reply.headers.getSetCookie()) {
        const [pair = ''] = header.split(';');
        const [name = '', value = ''] = pair.split('=');
        if (header.includes('Max-Age=0')) cookies.delete(name);
        else cookies.set(name, value);
      }
      return { ...reply, location: reply.headers.get('location') ?? '' };
    },
    authorize: (params = {}) => browser.call('GET', `/authorize?${query(params)}`),
    async signIn(params = {}, password = 'correct-horse') {
      const page = await browser.authorize(params);
      return browser.post(page, { username: 'ada', password });
    },
    follow: ({ location }) => browser.call('GET', location),
    post({ location }, form, path = new URL(location, redirectUri).pathname) {
      const state = new URL(location, redirectUri).searchParams.get('state') ?? '';
      return browser.call('POST', path, { state, ...form });
    },
    async code(params = {}) {
      return String(answerOf((await browser.signIn(params)).location).code);
    },
  };
  return browser;
}

function query(params: Params): string {
  const all = Object.entries({ ...request, ...params });
  return String(
    new URLSearchParams(all.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  );
}

/** What came back to the client in the query, or in the fragment. */
export function answerOf(location: string): Record<string, string> {
  const { searchParams, hash } = new URL(location);
  return Object.fromEntries(hash === '' ? searchParams : new URLSearchParams(hash.slice(1)));
}

/** The exchange of a code by the client of {@link request}. */
export function exchangeCode(
  client: TenantClient,
  code: unknown,
  params: Record<string, string> = {},
): Promise<Reply> {
  return client.token({
    grant_type: 'authorization_code',
    code: String(code),
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...params,
  });
}
