import type {
  Authenticator,
  CallOptions,
  Capabilities,
  EnrollingWay,
  Factor,
  MfaTransaction,
  ResponseReport,
  TokenSet,
  Transport,
  Way,
  WayName,
} from '@stepgate/core';
import type { IdentityCheck } from './id-token-check.ts';

/**
 * Who proves: one object that bundles the requests, the check of whose approval it is, the limits, and what it can do.
 * `auth0(...)` makes one. The gate asks nothing else about the kind of provider.
 *
 * It is a description until a gate connects it, so it can be built before the gate, and shared by several.
 */
export interface Provider {
  /** The provider's address. Gates of the same issuer share a budget of requests. */
  readonly issuer: string;
  /** The application at the provider. Together with the issuer it names the gate's records in the store. */
  readonly clientId: string;
  /** Whether the application authenticates, so that the provider trusts what it says about its users. */
  readonly isConfidential: boolean;
  /** The ways that it offers, in the order in which a flow tries them. At least one. */
  readonly ways: readonly [WayDescription, ...WayDescription[]];
  /** Connects the provider to a gate. Called once for each gate. */
  connect(host: ProviderHost): ConnectedProvider;
}

/** A way before it is connected. */
export interface WayDescription {
  readonly name: WayName;
  readonly can: Capabilities;
}

/** What a gate gives to a provider. */
export interface ProviderHost {
  /** The gate's time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** What to send requests with: it limits the size of responses, and reports them. `own`: the app's `fetch`. */
  readonly sendersFor: (own: typeof globalThis.fetch | undefined) => Senders;
  /** Call it with every response: the provider's complaints slow polls down. */
  readonly onResponse: (report: ResponseReport<string>) => void;
}

/** What a provider sends its requests with. */
export interface Senders {
  readonly fetch: typeof globalThis.fetch;
  /** Takes the place of `fetch` wherever a client knows it; it costs less. */
  readonly transport: Transport | undefined;
}

/** A provider that works for a gate. */
export interface ConnectedProvider {
  /** The ways, in the order of their descriptions. */
  readonly ways: readonly [Way, ...Way[]];
  /** Checks whose approval a token response is. */
  readonly identityCheck: IdentityCheck;
  /** The first legs for approvals, where a way has a first leg. */
  readonly signIn?: SignIn;
  /** Where users manage their authenticators, if a way enrols any. */
  readonly management?: Management;
  /** How long one request may take at most, in milliseconds, polls that the provider holds aside. */
  readonly timeoutMs: number;
}

/** What a first leg asks for, so that the flow ends with the right tokens. */
export interface Ask {
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
}

/** How a first leg ended without a failure. Tokens mean that the provider did not ask for a second factor. */
export type SignInResult =
  | ({ readonly status: 'mfa_required' } & MfaTransaction)
  | { readonly status: 'signed_in'; readonly tokens: TokenSet };

/** The first legs that the provider has. */
export interface SignIn {
  /** What they ask for. */
  readonly ask: Ask;
  /** `ip`: the user's address, as the app vouches for it. */
  password(
    options: CallOptions & { readonly username: string; readonly password: string; readonly ip?: string },
  ): Promise<SignInResult>;
  refreshToken(options: CallOptions & { readonly refreshToken: string }): Promise<SignInResult>;
}

/** How users manage their authenticators at this provider. */
export interface Management {
  readonly way: EnrollingWay;
  /** The first legs whose tokens open `way`. */
  readonly signIn: SignIn;
  /** Whether the tokens open `way`: a provider may ignore what was asked for. */
  opens(tokens: TokenSet): boolean;
  /** What would happen if the authenticator were removed. */
  removalOf(id: string, all: readonly Authenticator[]): Removal;
}

/** What would happen if an authenticator were removed. */
export interface Removal {
  /** A recovery code cannot be removed by itself. */
  readonly isPossible: boolean;
  /** No factor would be left, and the user would have to add a first one again. */
  readonly isLast: boolean;
  /** What would be removed with it: the provider removes what was added together. */
  readonly goesAlong: readonly {
    readonly id: string;
    readonly factor: Factor;
    /** `false` if there are several of the kind, and the list does not say which one belongs to it. */
    readonly isCertain: boolean;
  }[];
}
