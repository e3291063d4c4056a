import {
  type CibaWayOptions,
  type ClientOptions,
  COMMON_MESSAGE_RULES,
  cibaCapabilities,
  createCibaWay,
  createDiscovery,
  parseIssuer,
} from '@stepgate/core';
import * as v from 'valibot';
import {
  aFunction,
  checkedElsewhere,
  optionsSchema,
  parseOptions,
  type SchemasOf,
} from '../lib/parse-options.ts';
import { CibaSchema, type CibaSettings } from '../provider/ciba-settings.ts';
import { createIdentityCheck } from '../provider/id-token-check.ts';
import type { Provider } from '../provider/provider.ts';

/** An OpenID provider, an application at it, and the ways that it offers. */
export interface OidcSettings extends ClientOptions {
  /** The provider's address. Its discovery document names everything else. */
  readonly issuer: string;
  /**
   * CIBA. By default the subject itself is the `login_hint`, and the message has 20 characters that Auth0, Keycloak and
   * oidc-provider all accept.
   */
  readonly ciba: CibaSettings;
  /** Milliseconds until a request to the provider counts as lost; default 10 000. */
  readonly timeoutMs?: number;
  /** Sends the requests to the provider. Default: undici's connections, which are those of Node's `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Accepts an `http:` issuer. For a provider on this machine. */
  readonly allowInsecureIssuer?: boolean;
}

const oidcEntries = {
  issuer: checkedElsewhere,
  clientId: checkedElsewhere,
  clientSecret: checkedElsewhere,
  clientAssertion: checkedElsewhere,
  clientAuthentication: checkedElsewhere,
  ciba: CibaSchema,
  timeoutMs: checkedElsewhere,
  fetch: v.optional(aFunction),
  allowInsecureIssuer: checkedElsewhere,
} satisfies SchemasOf<OidcSettings>;

const OidcSchema = optionsSchema(oidcEntries);

const TIMEOUT_MS = 10_000;

/**
 * Any OpenID provider that speaks CIBA.
 *
 * @throws TypeError naming the option that is wrong.
 *
 * @example
 * const provider = oidc({ issuer: 'https://login.bank.example', clientId, clientSecret, ciba: {} });
 */
export function oidc(settings: OidcSettings): Provider {
  // First, because an environment that lacks it is the most common mistake.
  if (typeof settings === 'object' && settings !== null) parseIssuer(settings);
  parseOptions(OidcSchema, settings, 'oidc');
  const { ciba, fetch, timeoutMs = TIMEOUT_MS, issuer, allowInsecureIssuer, ...client } = settings;
  const address = { issuer, ...(allowInsecureIssuer !== undefined && { allowInsecureIssuer }) };
  const options = {
    ...client,
    loginHint: (subject: string) => subject,
    messageRules: COMMON_MESSAGE_RULES,
    ...ciba,
  } satisfies Omit<CibaWayOptions, 'discover'>;
  // The client checks what it is given. What it refuses is refused before there is a gate.
  createCibaWay({ ...options, timeoutMs, discover: createDiscovery(address) });

  return {
    issuer: parseIssuer(settings),
    clientId: client.clientId,
    isConfidential: true,
    ways: [{ name: 'ciba', can: cibaCapabilities(options) }],
    connect({ now, onResponse, sendersFor }) {
      const wire = { timeoutMs, now, ...sendersFor(fetch) };
      const discover = createDiscovery({ ...address, ...wire });
      return {
        ways: [createCibaWay({ ...options, ...wire, discover, onResponse })],
        identityCheck: createIdentityCheck({ ...wire, discover, clientId: client.clientId }),
        timeoutMs,
      };
    },
  };
}
