import {
  type CallOptions,
  type Inputs,
  type MfaTransaction,
  type SignInMethod,
  StepUpError,
  type TokenSet,
} from '@stepgate/core';
import type { HookContext } from '../request/caller.ts';
import type { Ask, Management, SignIn, SignInResult } from './provider.ts';

/**
 * How a signed-in user gets into MFA. Give at least one way; they are tried in this order. A refresh token that has
 * expired, or may not ask for the step-up scope, is skipped.
 */
export interface FirstLegOptions<Native> {
  /** Gives the user's refresh token; `undefined` when there is none. */
  readonly refreshToken?: (context: HookContext<Native>) => string | undefined | Promise<string | undefined>;
  /**
   * Stores a refresh token that the tenant has rotated. Called before anything else happens with the tenant's response.
   * Store it by `identity`, not in the session of `request`: the request may be an event stream whose session was read
   * minutes ago, or be over already.
   *
   * If it throws after an approval, the flow keeps the token sealed and calls again with growing pauses, until the flow
   * ends; `onError` gets every failure. `signal` fires before its time is up.
   */
  readonly saveRefreshToken?: (
    context: HookContext<Native> & CallOptions,
    refreshToken: string,
  ) => void | Promise<void>;
  /**
   * Accepts an `mfa_token` that a native app got by itself and sends with `POST /flow`. Off by default: with it, an
   * attacker who has the session can have a push sent to a phone of their own. No approval comes of it, but the owner's
   * push waits meanwhile.
   */
  readonly mfaToken?: boolean;
  /** Your own way to an `mfa_token`. */
  readonly custom?: (context: HookContext<Native> & CallOptions & Ask) => Promise<MfaTransaction>;
  /** Asks the user for the password again. */
  readonly password?: {
    /** Gives the name that the tenant knows the user by. */
    readonly username: (context: HookContext<Native>) => string | Promise<string>;
    /**
     * Gives the end user's address, which is sent as `auth0-forwarded-for`: the tenant's attack protection would
     * otherwise see the app's address for all users. Take it only from a proxy that the app trusts (`req.ip` with
     * Express's `trust proxy`), because anybody can send such a header. Needs a confidential client with "Trust Token
     * Endpoint IP Header" switched on.
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
 * Makes the first legs of `signIn`. `management`: their tokens must open it.
 */
export function createFirstLeg(
  options: FirstLegOptions<unknown>,
  signIn: SignIn | undefined,
  management?: Pick<Management, 'opens'>,
): FirstLeg {
  const { audience, scope } = signIn?.ask ?? {};
  const { refreshToken, custom, password, saveRefreshToken } = options;
  const methods: SignInMethod[] = [];
  if (refreshToken !== undefined) methods.push('refresh-token');
  if (custom !== undefined) methods.push('custom');
  if (password !== undefined) methods.push('password');
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
          if (token === undefined) {
            throw loginRequired(
              'firstLeg.refreshToken gave no refresh token for this login. If it never does, allow Offline Access at the API, and ask for the scope offline_access at login.',
            );
          }
          // Never aborted: the response may hold a rotated token, without which the user's session is dead.
          if (signIn === undefined) throw loginRequired('the provider takes no refresh token');
          const result = await signIn.refreshToken({ refreshToken: token });
          if (result.status === 'signed_in') await save({ ...context, signal }, result.tokens.refreshToken);
          if (management && result.status === 'signed_in' && !management.opens(result.tokens)) {
            // The refresh token may be bound to other audiences; another way may work.
            throw loginRequired('the refresh token does not open the list of authenticators');
          }
          if (result.status === 'signed_in' && hasOtherLeg && !hasScopes(result.tokens, scope)) {
            // Auth0 silently leaves out what a refresh token may not ask for; another way may ask for it.
            throw loginRequired('the refresh token may not ask for the step-up scope');
          }
          return transactionOf(
            result,
            management,
            'the tenant did not ask for MFA: either the refresh token may not ask for the step-up scope (refresh_token.policies of the application), or no policy or Action demands MFA for it',
          );
        }
        case 'password': {
          if (password === undefined || signIn === undefined)
            throw loginRequired('no password is asked for here');
          if (inputs.password === undefined) {
            throw new StepUpError('input_lost', 'the password was lost before it was used');
          }
          const ip = password.ip?.(context);
          const username: unknown = await password.username(context);
          if (typeof username !== 'string' || username === '') {
            throw new TypeError('firstLeg.password.username: must return a non-empty string');
          }
          const result = await signIn.password({
            username,
            password: inputs.password,
            ...(ip !== undefined && { ip }),
            signal,
          });
          return transactionOf(
            result,
            management,
            'the tenant did not ask for MFA: its policy or Action must demand it for the step-up scope',
          );
        }
        case 'custom': {
          if (custom === undefined) throw loginRequired('there is no custom first leg');
          return custom({ ...context, signal, audience, scope });
        }
        // The subject is enough.
        case 'none':
          return { mfaToken: '' };
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
 * Tokens without MFA are never an approval. A user without a factor gets tokens for the MFA API without it: those begin
 * the flow as an `mfa_token` would, and the gate's own rule decides whether a first factor may be added.
 */
function transactionOf(
  result: SignInResult,
  management: Pick<Management, 'opens'> | undefined,
  otherwise: string,
): MfaTransaction {
  if (result.status === 'mfa_required') return result;
  if (management?.opens(result.tokens) === true) return { mfaToken: result.tokens.accessToken };
  throw new StepUpError('mfa_not_required', otherwise);
}

/** Whether the tokens have these scopes. A response that names none grants all that were asked for (RFC 6749, 5.1). */
function hasScopes(tokens: TokenSet, wanted = ''): boolean {
  const granted = tokens.scope?.split(' ');
  return wanted.split(' ').every((one) => one === '' || granted === undefined || granted.includes(one));
}

function loginRequired(message: string): StepUpError {
  return new StepUpError('login_required', message);
}
