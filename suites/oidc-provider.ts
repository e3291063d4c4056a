import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { errors } from 'oidc-provider';
import { createLoginPage, type LoginPage } from './oidc-login.ts';

/**
 * A standard OpenID provider with CIBA. Its users are `auth0|ada`, in place of whose phone the test answers, and
 * `auth0|no-phone`.
 */
export interface OidcProvider {
  /** Without a slash at its end. */
  readonly issuer: string;
  /** Signs in place of the client `jwt`. */
  readonly clientKey: CryptoKey;
  /** The requests that the phone has got, in their order. */
  readonly asked: readonly { readonly authReqId: string; readonly message: string }[];
  /** What the login page answers, for the client `bank`. */
  readonly page: Pick<LoginPage, 'answer' | 'prompts'>;
  /** Only for challenges of the client `post`, or the one named. */
  approve(authReqId: string, clientId?: string): Promise<void>;
  refuse(authReqId: string, reason: keyof typeof errors): Promise<void>;
  close(): Promise<void>;
}

/** The part of oidc-provider's context that the tests read. */
interface Context {
  readonly oidc: { readonly params: { readonly binding_message?: string } };
}

const ADA = 'auth0|ada';
const NO_PHONE = 'auth0|no-phone';
const NOTIFICATION_ENDPOINT = 'https://bank.test/step-up/ciba';
const GRANT = 'urn:openid:params:grant-type:ciba';

/**
 * Clients: `post` and `basic` with the secret `client-secret`, `jwt`, `other` without the grant, and `ping`, whose pings
 * go to `onPing`. It answers them in place of the app. `bank` has the login page too, and its users come back to
 * `callback`.
 */
export async function startOidcProvider({
  callback = 'https://bank.example/step-up/callback',
  onPing = async () => new Response(null, { status: 204 }),
}: {
  readonly callback?: string;
  readonly onPing?: (request: Request) => Promise<Response>;
} = {}): Promise<OidcProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ours = await generateKeyPair('RS256', { extractable: true });
  const clients = await generateKeyPair('RS256', { extractable: true });
  const asked: { authReqId: string; message: string }[] = [];
  const page = createLoginPage(() => provider);
  const provider: Provider = new Provider(issuer, {
    ...page.configuration,
    clients: [
      clientOf('bank', {
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: [GRANT, 'authorization_code'],
        response_types: ['code'],
        redirect_uris: [callback],
      }),
      clientOf('post', { token_endpoint_auth_method: 'client_secret_post' }),
      clientOf('basic', { token_endpoint_auth_method: 'client_secret_basic' }),
      clientOf('jwt', {
        client_secret: undefined,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [await publicJwk(clients.publicKey)] },
      }),
      clientOf('ping', {
        token_endpoint_auth_method: 'client_secret_post',
        backchannel_token_delivery_mode: 'ping',
        backchannel_client_notification_endpoint: NOTIFICATION_ENDPOINT,
      }),
      clientOf('other', {
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
      }),
    ],
    jwks: { keys: [{ ...(await exportJWK(ours.privateKey)), kid: 'k', alg: 'RS256', use: 'sig' }] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      claimsParameter: { enabled: true },
      ciba: {
        enabled: true,
        deliveryModes: ['poll', 'ping'],
        processLoginHint(_ctx: unknown, hint: string) {
          const sub = hint.startsWith('{') ? (JSON.parse(hint) as { sub: string }).sub : hint;
          return sub === NO_PHONE ? undefined : sub;
        },
        validateBindingMessage: () => {},
        validateRequestContext: () => {},
        verifyUserCode: () => {},
        triggerAuthenticationDevice(ctx: Context, request: { readonly jti: string }) {
          asked.push({ authReqId: request.jti, message: ctx.oidc.params.binding_message ?? '' });
        },
      },
    },
    fetch: (url: string | URL, init: RequestInit) => {
      // What Node's `fetch` takes, and `Request` does not.
      const { signal: _signal, ...rest } = init;
      return onPing(new Request(url, rest));
    },
    ttl: {
      AccessToken: 600,
      Grant: 600,
      IdToken: 600,
      BackchannelAuthenticationRequest: ({ oidc }: { oidc: { params: { requested_expiry?: string } } }) =>
        Number(oidc.params.requested_expiry ?? 600),
    },
    findAccount: (_ctx: unknown, id: string) =>
      [ADA, NO_PHONE].includes(id) ? { accountId: id, claims: () => ({ sub: id }) } : undefined,
  });
  const serve = provider.callback();
  server.on('request', (request, response) => {
    if (!page.serves(request, response)) serve(request, response);
  });

  return {
    issuer,
    asked,
    page,
    clientKey: clients.privateKey,
    async approve(authReqId, clientId = 'post') {
      const grant = new provider.Grant({ accountId: ADA, clientId });
      grant.addOIDCScope('openid');
      await provider.backchannelResult(authReqId, await grant.save());
    },
    refuse: (authReqId, reason) => provider.backchannelResult(authReqId, new errors[reason]()),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function clientOf(id: string, members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    client_id: id,
    client_secret: 'client-secret',
    grant_types: [GRANT],
    response_types: [],
    redirect_uris: [],
    backchannel_token_delivery_mode: 'poll',
    ...members,
  };
}

async function publicJwk(key: CryptoKey): Promise<JWK> {
  return { ...(await exportJWK(key)), kid: 'c', alg: 'RS256', use: 'sig' };
}
