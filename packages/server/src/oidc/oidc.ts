import {
  type ClientOptions,
  COMMON_MESSAGE_RULES,
  cibaCapabilities,
  createCibaWay,
  createDiscovery,
  createRedirectWay,
  parseIssuer,
  redirectCapabilities,
  type Way,
} from '@stepgate/core';
import * as v from 'valibot';
import {
  aFunction,
  checkedElsewhere,
  optionsSchema,
  parseOptions,
  type SchemasOf,
} from '../lib/parse-options.ts';
import { PingCibaSchema, type PingCibaSettings } from '../provider/ciba-settings.ts';
import { createIdentityCheck } from '../provider/id-token-check.ts';
import type { Provider } from '../provider/provider.ts';
import { RedirectSchema, type RedirectSettings } from '../provider/redirect-settings.ts';

/** An OpenID provider, an application at it, and the ways that it offers: at least one. */
export interface OidcSettings extends ClientOptions {
  /** The provider's address. Its discovery document names everything else. */
  readonly issuer: string;
  /**
   * CIBA. By default the subject itself is the `login_hint`, and the message has 20 characters that Auth0, Keycloak and
   * oidc-provider all accept.
   */
  readonly ciba?: PingCibaSettings;
  /**
   * The provider's own pages, after CIBA. It proves the factor `hosted`, which a policy or the gate's `factors` must name.
   * Say by `acr` or `amr` how tokens show a second factor: there is no safe default.
   */
  readonly redirect?: RedirectSettings;
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
  ciba: v.optional(PingCibaSchema),
  redirect: v.optional(RedirectSchema),
  timeoutMs: checkedElsewhere,
  fetch: v.optional(aFunction),
  allowInsecureIssuer: checkedElsewhere,
} satisfies SchemasOf<OidcSettings>;

const OidcSchema = optionsSchema(oidcEntries);

const TIMEOUT_MS = 10_000;

/**
 * Any OpenID provider that speaks CIBA, or asks for a second factor on its login page.
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
  const {
    ciba: byPhone,
    redirect,
    fetch,
    timeoutMs = TIMEOUT_MS,
    issuer,
    allowInsecureIssuer,
    ...client
  } = settings;
  const address = { issuer, ...(allowInsecureIssuer !== undefined && { allowInsecureIssuer }) };
  const ciba = byPhone && {
    loginHint: (subject: string) => subject,
    messageRules: COMMON_MESSAGE_RULES,
    ...byPhone,
  };
  // The clients check what they are given. What they refuse is refused before there is a gate.
  const checked = { ...client, timeoutMs, discover: createDiscovery(address) };
  if (ciba !== undefined) createCibaWay({ ...checked, ...ciba });
  if (redirect !== undefined) createRedirectWay({ ...checked, ...redirect });
  const [first, ...others] = [
    ...(ciba === undefined ? [] : [{ name: 'ciba', can: cibaCapabilities(ciba) } as const]),
    ...(redirect === undefined ? [] : [{ name: 'redirect', can: redirectCapabilities(redirect) } as const]),
  ];
  if (first === undefined) throw new TypeError('oidc: needs a way: give ciba, redirect, or both');

  return {
    issuer: parseIssuer(settings),
    clientId: client.clientId,
    isConfidential: true,
    ways: [first, ...others],
    connect({ now, onResponse, sendersFor }) {
      const wire = { timeoutMs, now, ...sendersFor(fetch) };
      const discover = createDiscovery({ ...address, ...wire });
      const byRedirect =
        redirect && createRedirectWay({ ...client, ...redirect, ...wire, discover, onResponse });
      const connected = [
        ciba && createCibaWay({ ...client, ...ciba, ...wire, discover, onResponse }),
        byRedirect,
      ].filter((way) => way !== undefined);
      return {
        // As many as above.
        ways: connected as unknown as readonly [Way, ...Way[]],
        identityCheck: createIdentityCheck({
          ...wire,
          discover,
          clientId: client.clientId,
          assertProof: byRedirect?.client.check,
        }),
        timeoutMs,
      };
    },
  };
}
