import {
  type Auth0Options,
  cibaCapabilities,
  createAuth0MfaApi,
  createAuth0SignIn,
  createCibaWay,
  createDiscovery,
  createRedirectWay,
  MFA_API_CAPABILITIES,
  parseIssuer,
  type RedirectWayOptions,
  redirectCapabilities,
  StepUpError,
} from '@stepgate/core';
import * as v from 'valibot';
import {
  aFlag,
  aFunction,
  checkedElsewhere,
  optionsSchema,
  parseOptions,
  type SchemasOf,
} from '../lib/parse-options.ts';
import { CibaSchema, type CibaSettings } from '../provider/ciba-settings.ts';
import { createIdentityCheck } from '../provider/id-token-check.ts';
import type { Management, Provider, SignIn } from '../provider/provider.ts';
import { RedirectSchema, type RedirectSettings } from '../provider/redirect-settings.ts';
import { mfaApiAsk, opensMfaApi } from './mfa-audience.ts';
import { removalOf } from './removal-rules.ts';

/** The tenant, the application in it, and the ways that it offers. */
export interface Auth0Settings {
  /** The address of the tenant or of its custom domain: `https://tenant.eu.auth0.com/`. */
  readonly issuer: string;
  /** The application's client id. */
  readonly clientId: string;
  /** The application's secret, if it authenticates with one. */
  readonly clientSecret?: string;
  /**
   * Signs a fresh assertion for every request, if the application authenticates with `private_key_jwt`. `iss` and `sub`
   * are the client id, `aud` is the issuer with its trailing slash, `jti` is unique, and it lives 5 minutes at most.
   */
  readonly clientAssertion?: () => Promise<string>;
  /**
   * CIBA: push without a first leg, whose phone shows what is approved. It goes before the MFA API. Needs an application
   * that authenticates, has the grant, and whose only notification channel is `guardian-push`.
   */
  readonly ciba?: CibaSettings;
  /** The MFA API: what it asks the tenant for. It is there by default, unless only other ways are given. */
  readonly mfaApi?: MfaApiSettings;
  /**
   * The tenant's own pages, for users with neither a phone nor a password there. It is the last way, and proves the factor
   * `hosted`, which a policy or the gate's `factors` must name. By default it asks for
   * `http://schemas.openid.net/pape/policies/2007/06/multi-factor`, and `amr` must hold `mfa`. Needs an Action, or the
   * tenant's policy "Always".
   */
  readonly redirect?: RedirectSettings;
  /** Milliseconds until a request to the tenant counts as lost; default 10 000. */
  readonly timeoutMs?: number;
  /**
   * Sends the requests to the tenant. Default: undici's connections, which are those of Node's `fetch`, so that
   * `setGlobalDispatcher` of `undici` and `NODE_USE_ENV_PROXY` put a proxy on the way.
   */
  readonly fetch?: typeof globalThis.fetch;
  /** Accepts an `http:` issuer. For an emulator on this machine. */
  readonly allowInsecureIssuer?: boolean;
}

/** What the MFA API asks the tenant for. */
export interface MfaApiSettings {
  /** The API whose step-up scope is asked for. */
  readonly audience?: string;
  /** The scope for which the tenant demands MFA. */
  readonly scope?: string;
  /** The database connection, for tenants without a default directory. */
  readonly realm?: string;
  /**
   * The audience of the MFA API, for managing authenticators; default `<issuer>mfa/`. With a custom domain it may
   * have to be the one of the tenant's own domain.
   */
  readonly mfaAudience?: string;
  /** Sends the client's credentials when an enrolment starts, for tenants that demand them there. Default `false`. */
  readonly enrollWithCredentials?: boolean;
}

const mfaApiEntries = {
  audience: checkedElsewhere,
  scope: checkedElsewhere,
  realm: checkedElsewhere,
  mfaAudience: checkedElsewhere,
  enrollWithCredentials: v.optional(aFlag),
} satisfies SchemasOf<MfaApiSettings>;

const auth0Entries = {
  issuer: checkedElsewhere,
  clientId: checkedElsewhere,
  clientSecret: checkedElsewhere,
  clientAssertion: checkedElsewhere,
  ciba: v.optional(CibaSchema),
  mfaApi: v.optional(optionsSchema(mfaApiEntries)),
  redirect: v.optional(RedirectSchema),
  timeoutMs: checkedElsewhere,
  fetch: v.optional(aFunction),
  allowInsecureIssuer: checkedElsewhere,
} satisfies SchemasOf<Auth0Settings>;

const Auth0Schema = optionsSchema(auth0Entries, {
  belongsIn: Object.fromEntries(Object.keys(mfaApiEntries).map((name) => [name, 'mfaApi'])),
});

const TIMEOUT_MS = 10_000;
/** What asks Auth0 for a second factor, and how its tokens show one. */
const AUTH0_MFA = {
  acrValues: ['http://schemas.openid.net/pape/policies/2007/06/multi-factor'],
  amr: ['mfa'],
};
/** How much of a subject an error shows, in characters. */
const LONGEST_SHOWN = 200;

/**
 * Auth0 as a provider.
 *
 * @throws TypeError naming the option that is wrong.
 *
 * @example
 * const provider = auth0({ issuer: 'https://tenant.eu.auth0.com/', clientId, clientSecret, mfaApi: { scope: 'transfer:funds' } });
 */
export function auth0(settings: Auth0Settings): Provider {
  // First, because an environment that lacks it is the most common mistake.
  if (typeof settings === 'object' && settings !== null) parseIssuer(settings);
  parseOptions(Auth0Schema, settings, 'auth0');
  const { ciba, redirect: pages, fetch, ...others } = settings;
  const { mfaApi = ciba === undefined && pages === undefined ? {} : undefined, ...rest } = others;
  const { timeoutMs = TIMEOUT_MS, ...client } = rest;
  const redirect = pages && ({ ...AUTH0_MFA, ...pages } satisfies Partial<RedirectWayOptions>);
  // The clients check what they are given. What they refuse is refused before there is a gate.
  createAuth0MfaApi({ ...client, timeoutMs });
  if (ciba !== undefined) createCibaWay({ ...client, ...ciba, timeoutMs, discover: createDiscovery(client) });
  if (redirect !== undefined)
    createRedirectWay({ ...client, ...redirect, timeoutMs, discover: createDiscovery(client) });
  const ways = [
    ...(ciba === undefined ? [] : [{ name: 'ciba', can: cibaCapabilities(ciba) } as const]),
    ...(mfaApi === undefined ? [] : [{ name: 'mfa-api', can: MFA_API_CAPABILITIES } as const]),
    ...(redirect === undefined ? [] : [{ name: 'redirect', can: redirectCapabilities(redirect) } as const]),
  ];

  return {
    issuer: parseIssuer(settings),
    clientId: settings.clientId,
    isConfidential: settings.clientSecret !== undefined || settings.clientAssertion !== undefined,
    ways: asSome(ways),
    connect({ now, onResponse, sendersFor }) {
      const wire = { ...client, timeoutMs, now, ...sendersFor(fetch) };
      const discover = createDiscovery(wire);
      const overCiba = ciba && createCibaWay({ ...wire, ...ciba, discover, onResponse });
      const overMfaApi = mfaApi && connectMfaApi({ ...wire, onResponse }, mfaApi);
      const byRedirect = redirect && createRedirectWay({ ...wire, ...redirect, discover, onResponse });
      const connected = [overCiba, overMfaApi?.management.way, byRedirect];
      return {
        ways: asSome(connected.filter((way) => way !== undefined)),
        identityCheck: createIdentityCheck({
          ...wire,
          discover,
          assertSubject,
          assertProof: byRedirect?.client.check,
        }),
        ...overMfaApi,
        timeoutMs,
      };
    },
  };
}

/** The MFA API, and the first legs for approvals and for the management of authenticators. */
function connectMfaApi(
  wire: Auth0Options,
  { mfaAudience, realm, enrollWithCredentials, ...ask }: MfaApiSettings,
): { readonly signIn: SignIn; readonly management: Management } {
  const signInFor = (asked: { readonly audience?: string; readonly scope?: string }): SignIn => ({
    ask: asked,
    ...createAuth0SignIn({ ...wire, ...asked, ...(realm !== undefined && { realm }) }),
  });
  return {
    signIn: signInFor(ask),
    management: {
      way: createAuth0MfaApi({
        ...wire,
        ...(enrollWithCredentials !== undefined && { enrollWithCredentials }),
      }),
      signIn: signInFor(mfaApiAsk(wire.issuer, mfaAudience)),
      opens: opensMfaApi,
      removalOf,
    },
  };
}

/** There is always one: without any settings, the MFA API. */
function asSome<T>(list: readonly T[]): readonly [T, ...T[]] {
  return list as readonly [T, ...T[]];
}

/** Every `sub` of a tenant names a connection first: `auth0|…`. */
function assertSubject(subject: string): void {
  if (!subject.includes('@') || subject.includes('|')) return;
  throw new StepUpError(
    'subject_mismatch',
    `\`identify\` gives the subject ${JSON.stringify(subject.slice(0, LONGEST_SHOWN))}, which is an e-mail address. It must be the \`sub\` claim of the tenant, like "auth0|5f7c8ec7c33c6c004bbafe82"`,
  );
}
