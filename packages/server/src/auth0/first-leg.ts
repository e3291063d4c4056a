import {
  type Auth0SignIn,
  type CallOptions,
  type Inputs,
  type MfaTransaction,
  type SignInMethod,
  type SignInResult,
  StepUpError,
  type TokenSet,
} from '@stepgate/core';
import type { HookContext } from '../request/caller.ts';
import { opensMfaApi } from './mfa-audience.ts';

/** What the tokens at a flow's end are to be for: what a first leg must ask for. */
export interface Ask {
  /** The gate's own `auth0.audience`, or that of the MFA API where authenticators are managed. */
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
}

/**
 * How a signed-in user gets into MFA. Give at least one way; they are tried in this order. A refresh token that is dead,
 * or may not ask for the step-up scope, is passed over.
 */
export interface FirstLegOptions<Native> {
  /** The user's refresh token, `undefined` when there is none. */
  readonly refreshToken?: (context: HookContext<Native>) => string | undefined | Promise<string | undefined>;
  /**
   * Takes a refresh token that the tenant has rotated. Called before anything else happens with the answer. Keep it
   * where `identity` finds it again: whoever watches a flow drives it, so `request` may be an event stream whose
   * session was read minutes ago, or be over already.
   *
   * When it throws after an approval, the flow keeps the token sealed and calls again with growing pauses, until the
   * flow ends; `onError` hears of every failure. Before its time is up, `signal` fires.
   */
  readonly saveRefreshToken?: (
    context: HookContext<Native> & CallOptions,
    refreshToken: string,
  ) => void | Promise<void>;
  /**
   * Takes an `mfa_token` that a native app has met itself and sends with `POST /flow`. Off by default: with it, whoever
   * has the session can have a push sent to a phone of his own, which blocks the owner's for that while (no approval
   * comes of it).
   */
  readonly mfaToken?: boolean;
  /** The app's own way to an `mfa_token`. */
  readonly custom?: (context: HookContext<Native> & CallOptions & Ask) => Promise<MfaTransaction>;
  /** Asks the user for the password again. */
  readonly password?: {
    readonly username: (context: HookContext<Native>) => string | Promise<string>;
    /**
     * The end user's address, for the tenant's attack protection, which would take the app's own for everybody's:
     * sent along as `auth0-forwarded-for`. From a proxy that the app trusts alone (`req.ip` under Express's `trust
     * proxy`), since anybody can send such a header. Needs a confidential client with "Trust Token Endpoint IP
     * Header" switched on.
     */
    readonly ip?: (context: HookContext<Native>) => string | undefined;
  };
}

/** Does first legs. */
export interface FirstLeg {
  readonly methods: readonly SignInMethod[];
  authenticate(
    method: SignInMethod,
    inputs: Inputs,
    context: HookContext,
    signal: AbortSignal,
  ): Promise<MfaTransaction>;
  /** Hands a rotated refresh token to the app. */
  save(context: HookContext & CallOptions, refreshToken: string | undefined): Promise<void>;
}

/**
 * Prepares the first legs that end in tokens for what is asked.
 *
 * @throws TypeError when there is no way at all.
 */
export function createFirstLeg(
  options: FirstLegOptions<unknown>,
  signIn: Auth0SignIn,
  ask: Ask & { readonly isForMfaApi?: boolean } = {},
): FirstLeg {
  const { isForMfaApi = false, audience, scope } = ask;
  const { refreshToken, custom, password, saveRefreshToken } = options;
  const methods: SignInMethod[] = [];
  if (refreshToken !== undefined) methods.push('refresh-token');
  if (custom !== undefined) methods.push('custom');
  if (password !== undefined) methods.push('password');
  if (methods.length === 0) throw new TypeError('firstLeg: give refreshToken, custom or password');
  const hasOtherLeg = methods.length > 1;

  async function save(context: HookContext & CallOptions, token: string | undefined): Promise<void> {
    if (token !== undefined) await saveRefreshToken?.(context, token);
  }

  return {
    methods,
    save,
    async authenticate(method, inputs, context, signal) {
      switch (method) {
        case 'refresh-token': {
          const token = await refreshToken?.(context);
          if (token === undefined) throw loginRequired('there is no refresh token');
          // Not to be broken off: the answer may hold a rotated token, without which the user's session is dead.
          const result = await signIn.refreshToken({ refreshToken: token });
          if (result.status === 'signed_in') await save({ ...context, signal }, result.tokens.refreshToken);
          if (isForMfaApi && result.status === 'signed_in' && !opensMfaApi(result.tokens)) {
            // A refresh token may be bound to other audiences: another way may lead there.
            throw loginRequired('the refresh token does not open the MFA API');
          }
          if (result.status === 'signed_in' && hasOtherLeg && !hasScopes(result.tokens, scope)) {
            // What a refresh token may not ask for is left out without a word: another way may ask for it.
            throw loginRequired('the refresh token may not ask for the step-up scope');
          }
          return transactionOf(result, isForMfaApi);
        }
        case 'password': {
          if (password === undefined) throw loginRequired('no password is asked for here');
          if (inputs.password === undefined) {
            throw new StepUpError('input_lost', 'the password was lost before it was used');
          }
          const ip = password.ip?.(context);
          const username: unknown = await password.username(context);
          if (typeof username !== 'string' || username === '') {
            throw new TypeError('firstLeg.password.username: must give a non-empty string');
          }
          const result = await signIn.password({
            username,
            password: inputs.password,
            ...(ip !== undefined && { ip }),
            signal,
          });
          return transactionOf(result, isForMfaApi);
        }
        case 'custom': {
          if (custom === undefined) throw loginRequired('there is no custom first leg');
          return custom({ ...context, signal, audience, scope });
        }
        case 'mfa-token': {
          if (inputs.mfaToken === undefined)
            throw loginRequired('the mfa_token that the client sent is used up');
          return { mfaToken: inputs.mfaToken };
        }
      }
    },
  };
}

/**
 * Tokens without MFA are no approval, whatever they are good for. Those for the MFA API come so to a user who has no
 * factor: they begin the flow as an `mfa_token` would, and a first factor is added by the gate's own rule.
 */
function transactionOf(result: SignInResult, isForMfaApi: boolean): MfaTransaction {
  if (result.status === 'mfa_required') return result;
  if (isForMfaApi && opensMfaApi(result.tokens)) return { mfaToken: result.tokens.accessToken };
  throw new StepUpError(
    'mfa_not_required',
    'the tenant did not ask for MFA: its policy or Action must demand it for the step-up scope',
  );
}

/** Whether the tokens have these scopes; an answer that names none has all that were asked for (RFC 6749, section 5.1). */
function hasScopes(tokens: TokenSet, asked = ''): boolean {
  const granted = tokens.scope?.split(' ');
  return asked.split(' ').every((one) => one === '' || granted === undefined || granted.includes(one));
}

function loginRequired(message: string): StepUpError {
  return new StepUpError('login_required', message);
}
