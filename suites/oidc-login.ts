import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { interactionPolicy } from 'oidc-provider';

/** What the user does on the provider's page. */
export type PageAnswer =
  | { readonly accountId: string; readonly acr?: string; readonly amr?: readonly string[] }
  | { readonly error: string; readonly error_description?: string };

/** A standard OpenID provider with a login page, pushed requests and essential claims. */
export interface OidcLogin {
  readonly issuer: string;
  /** What the next visitors of the login page do. */
  answer(answer: PageAnswer): void;
  /** How often the page has asked for a login so far. */
  readonly prompts: number;
  close(): Promise<void>;
}

/** A browser: it keeps cookies, and follows redirects until one leads away from the provider. */
export interface Visitor {
  /** Where the provider sends the browser: the callback, with its query. */
  visit(url: string): Promise<URL>;
}

export const CALLBACK = 'https://bank.example/step-up/callback';
export const CLIENT_SECRET = 'client-secret-of-32-characters-or-more';

/** Clients: `app` and `other`, both with {@link CLIENT_SECRET}; `pusher` must push its requests. */
export async function startOidcLogin(): Promise<OidcLogin> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const page = createLoginPage(() => provider);
  const clientOf = (id: string, members: object = {}): object => ({
    client_id: id,
    client_secret: CLIENT_SECRET,
    token_endpoint_auth_method: 'client_secret_post',
    redirect_uris: [CALLBACK],
    ...members,
  });
  const provider: Provider = new Provider(issuer, {
    ...page.configuration,
    clients: [
      clientOf('app'),
      clientOf('other'),
      clientOf('pusher', { require_pushed_authorization_requests: true }),
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k', alg: 'RS256', use: 'sig' }] },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
    },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  const serve = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!page.serves(request, response)) serve(request, response);
  });

  return {
    issuer,
    answer: page.answer,
    get prompts() {
      return page.prompts;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** A login page that answers at once, and asks again where another `acr` is asked for. */
export interface LoginPage extends Pick<OidcLogin, 'answer' | 'prompts'> {
  /** For the provider. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Whether the request was for the page, which then answers it. */
  serves(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Makes the login page of a provider. */
export function createLoginPage(provider: () => Provider): LoginPage {
  const policy = interactionPolicy.base();
  policy.get('login').checks.add(
    new interactionPolicy.Check('acr_values', 'another class was asked for', (ctx) => {
      const wanted = ctx.oidc.params.acr_values;
      return wanted !== undefined && !wanted.split(' ').includes(ctx.oidc.session.acr ?? '');
    }),
  );
  let next: PageAnswer = { accountId: 'auth0|ada', acr: 'gold', amr: ['pwd', 'mfa'] };
  let prompts = 0;
  return {
    configuration: {
      acrValues: ['gold'],
      claims: { acr: null, amr: null, auth_time: null, openid: ['sub'] },
      interactions: { policy, url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      cookies: { keys: ['key'] },
      // The user is never asked for consent.
      async loadExistingGrant({ oidc }: GrantContext) {
        const { Grant } = provider();
        const grant = new Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
        grant.addOIDCScope('openid');
        await grant.save();
        return grant;
      },
    },
    serves(request, response) {
      if (request.url?.startsWith('/interaction/') !== true) return false;
      prompts += 1;
      const result = 'error' in next ? next : { login: next };
      provider()
        .interactionFinished(request, response, result)
        .catch((error: unknown) => {
          response.writeHead(500).end(String(error));
        });
      return true;
    },
    answer(answer) {
      next = answer;
    },
    get prompts() {
      return prompts;
    },
  };
}

/** The part of oidc-provider's context that names the user and the client of a grant. */
interface GrantContext {
  readonly oidc: {
    readonly session: { readonly accountId: string };
    readonly client: { readonly clientId: string };
  };
}

export function createVisitor(): Visitor {
  const cookies = new Map<string, string>();
  return {
    async visit(address) {
      let url = new URL(address);
      for (let hops = 0; hops < 10; hops += 1) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          if (value === '') cookies.delete(name);
          else cookies.set(name, value);
        }
        const location = response.headers.get('location');
        if (location === null) throw new Error(`a page: ${response.status} ${await response.text()}`);
        url = new URL(location, url);
        if (url.href.startsWith(CALLBACK)) return url;
      }
      throw new Error('too many redirects');
    },
  };
}
