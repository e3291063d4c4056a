import {
  type Authenticator,
  type EnrollableFactor,
  type EnrollingWay,
  type Factor,
  isEnrollable,
  isStepUpError,
  parseRequest,
  StepUpError,
  type StepUpRequest,
} from '@stepgate/core';
import { fill, type PageTexts } from '@stepgate/web/html';
import type { Admission } from '../flow/admission.ts';
import { additionId, addressOf, type EnrollmentRequest } from '../flow/factor-to-add.ts';
import type { Decision, StepUp } from '../guard/decision.ts';
import type { Action, ParsedPolicy } from '../policy/policy.ts';
import type { Management } from '../provider/provider.ts';
import { json } from '../request/error-response.ts';
import type { HostRequest, HostResponse } from '../request/host-request.ts';
import type { EndpointParts } from './call/parts.ts';
import { viewResponse } from './view-response.ts';

/** How the signed-in user's authenticators are listed, added and removed. */
export interface AuthenticatorSettings {
  /** The factors that can approve these actions; default push and one-time passwords. */
  readonly factors?: readonly Factor[];
  /** The factors that users may add; default all that the MFA API can add. */
  readonly addable?: readonly EnrollableFactor[];
}

/** The endpoints that manage the user's authenticators, each behind its own approval. */
export interface Authenticators {
  /** Lists the user's authenticators, and what would be removed along with each. */
  list(request: HostRequest): Promise<HostResponse>;
  /** Removes one, and what the provider removes with it. */
  remove(request: HostRequest, id: string): Promise<HostResponse>;
  /** Starts a flow that adds a factor. `body`: the factor, and the number or address that it needs. */
  add(request: HostRequest, body: unknown): Promise<HostResponse>;
}

/** What these endpoints need besides what all endpoints share. */
export interface AuthenticatorsOptions {
  readonly settings: Required<AuthenticatorSettings>;
  readonly management: Pick<EnrollingWay, 'list' | 'remove'> & Pick<Management, 'removalOf'>;
  readonly admission: Pick<Admission, 'admitList'>;
  /** The guard's own decision. `uses`: whether it uses up a single-use approval. */
  readonly decide: (
    request: HostRequest,
    policy: ParsedPolicy,
    options: { readonly uses: boolean },
  ) => Promise<Decision>;
}

type ActionWords = PageTexts['authenticators']['actions'];

/** What an endpoint does with an approval and the access token that came with it. */
type AccessMfaApi = (accessToken: string, stepUp: StepUp) => Promise<HostResponse>;

/** Longer than the access token lives, so it is the token's end that ends an approval to see the list. */
const LIST_MAX_AGE_SECONDS = 600;

/** Creates the endpoints. */
export function createAuthenticators(parts: EndpointParts, options: AuthenticatorsOptions): Authenticators {
  const { settings, management, admission, decide } = options;
  const { removalOf } = management;
  const { driver, owners, textsOf } = parts;
  const { records } = parts.state;
  const { audit } = parts.runtime;

  const policyOf = (action: Action, maxAgeSeconds: number): ParsedPolicy => ({
    maxAgeSeconds,
    factors: settings.factors,
    singleUse: maxAgeSeconds === 0,
    action,
    allowEnrolledInFlow: true,
    minAuthenticatorAgeSeconds: 0,
    keepTokens: true,
    allowOtherLogin: false,
    opensMfaApi: true,
  });
  /** The words are not part of what is approved, since each user reads them in their own language. */
  const wordsFor = (request: HostRequest): ActionWords => textsOf(request).authenticators.actions;
  const listing = (request: HostRequest): ParsedPolicy =>
    policyOf({ id: 'authenticators.manage', title: wordsFor(request).see }, LIST_MAX_AGE_SECONDS);
  const once = (id: string, title: string): ParsedPolicy => policyOf({ id, title }, 0);

  /**
   * Runs `use` with an approval whose token the provider accepts; returns the guard's refusal if there is none.
   * `inWords` gives the same policy with words for the user; only a refusal needs them.
   */
  async function withToken(
    request: HostRequest,
    policy: ParsedPolicy,
    use: AccessMfaApi,
    inWords?: () => Promise<ParsedPolicy>,
  ): Promise<HostResponse> {
    for (;;) {
      let decision = await decide(request, policy, { uses: true });
      if (!decision.isAllowed && inWords) {
        decision = await decide(request, await inWords(), { uses: true });
      }
      if (!decision.isAllowed) return decision.response;
      const { stepUp } = decision;
      if (stepUp === undefined) throw new TypeError('every policy here asks for an approval');
      const accessToken = stepUp.tokens()?.accessToken;
      try {
        if (accessToken !== undefined) return await use(accessToken, stepUp);
      } catch (error) {
        if (!isStepUpError(error, 'mfa_token_expired')) {
          // When the store did not answer, nobody knows what has begun, and it must not begin twice.
          if (!isStepUpError(error, 'store_unavailable')) await stepUp.release();
          throw error;
        }
      }
      // A dead token cannot do anything, whatever the clock says: ask the user again.
      await discard(request, stepUp);
    }
  }

  async function discard(request: HostRequest, { approval }: StepUp): Promise<void> {
    const { key } = await owners.mustOwn(request);
    await records.update(key, (record) => {
      if (record === undefined) return { result: undefined };
      const approvals = record.approvals.filter(({ id }) => id !== approval.id);
      return { record: { ...record, approvals }, result: undefined };
    });
  }

  /** Reads the list, counted against a limit: otherwise one approval could query the tenant endlessly. */
  async function look(request: HostRequest, accessToken: string): Promise<readonly Authenticator[]> {
    await admission.admitList(await owners.mustOwn(request));
    return management.list({ mfaToken: accessToken });
  }

  /** Reads the list if the user may see it. It only serves to describe an id in words. */
  async function peek(request: HostRequest): Promise<readonly Authenticator[] | undefined> {
    const decision = await decide(request, listing(request), { uses: false });
    const accessToken = decision.isAllowed ? decision.stepUp?.tokens()?.accessToken : undefined;
    if (accessToken === undefined) return undefined;
    return look(request, accessToken).catch(() => undefined);
  }

  async function removalPolicy(request: HostRequest, id: string): Promise<ParsedPolicy> {
    const all = await peek(request);
    const found = all && findRemovable(all, id);
    const words = wordsFor(request);
    const device = found ? describe(found, words) : fill(words.unknownDevice, { id });
    return once(removalId(id), fill(words.remove, { device }));
  }

  return {
    list: (request) =>
      withToken(request, listing(request), async (accessToken) => {
        const all = await look(request, accessToken);
        const authenticators = all
          .filter(({ active }) => active)
          .map(({ active: _all, ...one }) => ({ ...one, removal: removalOf(one.id, all) }));
        return json(200, { authenticators, addable: settings.addable });
      }),

    remove: (request, id) =>
      withToken(
        request,
        once(removalId(id), ''),
        (accessToken) => removed(request, accessToken, id),
        () => removalPolicy(request, id),
      ),

    async add(request, body) {
      const enrollment = parseAddition(body, settings.addable);
      const { type: _begin, factor, ...secrets } = enrollment;
      const words = wordsFor(request);
      const device = describe({ factor, name: hint(addressOf(enrollment)) }, words);
      const policy = once(additionId(enrollment), fill(words.add, { device }));
      return withToken(request, policy, async (accessToken, { approval }) => {
        const view = await driver.add(await owners.mustOwn(request), {
          policy,
          adds: { factor, tokenExpiresAt: approval.tokensUntil ?? 0 },
          vault: { mfaToken: accessToken, ...secrets },
        });
        return viewResponse(view, 201);
      });
    },
  };

  async function removed(request: HostRequest, accessToken: string, id: string): Promise<HostResponse> {
    const { caller } = await owners.mustOwn(request);
    const before = await look(request, accessToken);
    const found = findRemovable(before, id);
    const { isLast, goesAlong } = removalOf(id, before);
    await management.remove({ accessToken, authenticatorId: id }).catch((error: unknown) => {
      if (found.factor !== 'email' || !isStepUpError(error, 'provider_error')) throw error;
      throw unremovable('This address cannot be removed: it is listed because it is verified.');
    });
    // The provider says what is gone. If it does not answer, take what we expected to go.
    const after = await management.list({ mfaToken: accessToken }).catch(() => undefined);
    const foreseen = new Set([id, ...goesAlong.filter((one) => one.isCertain).map((one) => one.id)]);
    const isGone = (one: Authenticator): boolean =>
      after === undefined ? foreseen.has(one.id) : !after.some((left) => left.id === one.id);
    const gone = before.filter((one) => one.active && isGone(one)).map(({ active: _was, ...one }) => one);
    for (const { factor, id: authenticatorId } of gone) {
      audit.publish({ caller }, { type: 'authenticator.removed', factor, authenticatorId });
    }
    return json(200, { removed: gone, isLast });
  }
}

/** Enough of a number or an address for its owner to recognise it. */
function hint(address: string | undefined): string | undefined {
  const [local = '', domain] = address?.split('@') ?? [];
  if (address === undefined) return undefined;
  return domain === undefined ? `…${address.slice(-2)}` : `${local.slice(0, 1)}…@${domain}`;
}

const removalId = (id: string): string => `authenticators.remove:${id}`;

function describe(
  { factor, name }: { readonly factor: Factor; readonly name?: string | undefined },
  { devices }: ActionWords,
): string {
  return name === undefined ? devices[factor] : `${devices[factor]} (${name})`;
}

function findRemovable(all: readonly Authenticator[], id: string): Authenticator {
  const found = all.find((one) => one.id === id);
  if (found === undefined) {
    throw new StepUpError('not_found', 'You have no such sign-in device.');
  }
  if (!isEnrollable(found.factor)) {
    throw unremovable('A recovery code cannot be removed by itself: it goes with the last factor.');
  }
  return found;
}

function unremovable(message: string): StepUpError {
  return new StepUpError('invalid_request', message);
}

/** @throws StepUpError `invalid_request` (400) when it names no factor on offer, or lacks what that factor needs. */
function parseAddition(body: unknown, addable: readonly EnrollableFactor[]): EnrollmentRequest {
  const request = asEnrollment(body);
  if (request.type === 'enrollment.begin' && addable.includes(request.factor)) return request;
  throw new StepUpError('invalid_request', `"factor" must be one of ${addable.join(', ')}`);
}

function asEnrollment(body: unknown): StepUpRequest {
  try {
    return parseRequest({ ...(body as object | null), type: 'enrollment.begin' });
  } catch (error) {
    throw isStepUpError(error) ? new StepUpError('invalid_request', error.message) : error;
  }
}
