import cluster from 'node:cluster';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  AUTH0_EXCHANGE_LIMIT,
  type Clock,
  createAuth0MfaApi,
  createAuth0SignIn,
  FLOW_DEFAULTS,
  StepUpError,
  systemClock,
  type TenantReport,
} from '@stepgate/core';
import { realmOf } from '../auth0/auth0-settings.ts';
import { createFirstLeg } from '../auth0/first-leg.ts';
import { createIdentityCheck } from '../auth0/id-token-check.ts';
import { mfaApiAsk } from '../auth0/mfa-audience.ts';
import { createAuthenticators } from '../endpoints/authenticators.ts';
import { createOwners } from '../endpoints/owner.ts';
import { createFormTokens } from '../endpoints/page-form.ts';
import { createTextsOf } from '../endpoints/page-texts.ts';
import { createEndpoints, type Endpoints } from '../endpoints/router.ts';
import { createAudit } from '../events/audit.ts';
import { tracedFetch, tracedStore } from '../events/signals.ts';
import { createAdmission } from '../flow/admission.ts';
import { createFlowDriver } from '../flow/driver.ts';
import { createFlowSteps } from '../flow/steps.ts';
import type { Decision, StepUp } from '../guard/decision.ts';
import { createGuards, type Guard } from '../guard/guard.ts';
import { createReplay } from '../guard/replay.ts';
import { boundedFetch } from '../lib/bounded-fetch.ts';
import { createSealer } from '../lib/seal.ts';
import { budgetedApi } from '../limits/budgeted-api.ts';
import { parseCapacity } from '../limits/capacity.ts';
import { createEagerPolling } from '../limits/eager-polling.ts';
import { createLimitBook } from '../limits/limits.ts';
import { createTenantBudget, DEFAULT_TENANT_BUDGET, UNLIMITED } from '../limits/tenant-budget.ts';
import { createWatchers } from '../limits/watchers.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { createPolicyReader, demandOf } from '../policy/policy-reader.ts';
import { createRequirements } from '../policy/requirement.ts';
import { assertRouteOptions, type RouteOptions } from '../policy/route-options.ts';
import { createKeptForms } from '../records/kept-forms.ts';
import { createRecords } from '../records/records.ts';
import { createSubjects } from '../records/subjects.ts';
import { createAllowedOrigins } from '../request/allowed-origins.ts';
import { createCallerOf } from '../request/caller.ts';
import { errorResponse, isFault, toStepUpError } from '../request/error-response.ts';
import { createHandles } from '../request/handle-cookie.ts';
import type { HostRequest } from '../request/host-request.ts';
import { createLocks } from '../store/lock.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { assertOptions, authenticatorSettings, enrollmentRule, parseBasePath } from './assert-options.ts';
import type { GateOptions } from './gate-options.ts';
import { createMountCheck } from './mount-check.ts';
import { createStatusAndRevocation, type StepUpStatus } from './status-and-revocation.ts';

/** The framework-agnostic gate, on which adapters stand. */
export interface Gate<Native> {
  readonly basePath: string;
  /**
   * A guard for this policy.
   *
   * @throws TypeError when the policy or an option is wrong.
   */
  guard(policy: RoutePolicy<Native>, options?: RouteOptions): Guard<Native>;
  /**
   * Decides about a request in the middle of a handler, and leaves approvals for a single use unused.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   * @throws TypeError when the policy is wrong.
   */
  check(request: HostRequest<Native>, policy: RoutePolicy<Native>): Promise<Decision>;
  /**
   * Goes on only with an approval, and uses one for a single use up: at every call, so that two actions in one request
   * need two. Answers with `undefined` where the policy asks for none.
   *
   * @throws StepUpError `login_required` or `insufficient_user_authentication` (both 401), with the headers that
   *   belong to the answer, and the requirement and where to start in `details`.
   * @throws TypeError when the policy is wrong.
   */
  assert(request: HostRequest<Native>, policy: RoutePolicy<Native>): Promise<StepUp | undefined>;
  /**
   * Where the signed-in user's step-up stands in this browser, for templates; `undefined` when nobody is signed in.
   * One store read, and no secret.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   */
  status(request: HostRequest<Native>): Promise<StepUpStatus | undefined>;
  /**
   * Ends the approvals and the flow of this browser's login. For the sign-out, before the session is destroyed.
   *
   * @throws StepUpError `misconfigured` (500), `store_unavailable` (503).
   */
  revoke(request: HostRequest<Native>): Promise<void>;
  /**
   * Ends the approvals, flows and requirements of all the subject's logins: after a password change, or for a lost
   * phone. The logins themselves are the app's to end. Can be called again when it has failed.
   *
   * @throws StepUpError `store_unavailable` (503).
   */
  revokeSubject(subject: string): Promise<void>;
  /** Answers requests under the base path. `web` makes the web-standard request, when its body is needed. */
  readonly endpoints: Endpoints<Native>;
  /**
   * For a graceful stop: ends long-polls and event streams at once, each with a hint to come again, and takes nothing
   * up any more that another process can do. Resolves when nothing is at work here.
   */
  close(): Promise<void>;
}

/** The store's time where it tells one: what one process has written must mean the same to the others. */
function clockOf(store: Store): Clock {
  return store.now === undefined ? systemClock : { ...systemClock, now: () => store.now?.() ?? Date.now() };
}

const NOT_SHARED =
  'no store: this process keeps its records to itself, another one knows nothing of them, and a restart forgets them. Give all processes the same store; where there is only one, `store: createMemoryStore()` says so';
const REQUIREMENT_TTL_MS = 600_000;
const UPSTREAM_TIMEOUT_MS = 10_000;

/**
 * Makes a gate.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate<Native>(options: GateOptions<Native>): Gate<Native> {
  assertOptions(options);
  const { auth0, mode = 'answer', timing = {} } = options;
  const store = tracedStore(
    options.store ?? createMemoryStore({ now: () => (options.clock ?? systemClock).now() }),
  );
  const clock = options.clock ?? clockOf(store);
  const now = (): number => clock.now();
  const random = options.randomBytes ?? randomBytes;
  const onError = shielded(options.onError ?? ((error) => console.error(error)));
  const audit = createAudit<Native>({ ...options, now, onError });
  const timeoutMs = auth0.timeoutMs ?? UPSTREAM_TIMEOUT_MS;
  const basePath = parseBasePath(options.basePath ?? '/step-up');
  const closing = new AbortController();
  const isMeantForMany = cluster.isWorker || process.env.NODE_ENV === 'production';
  if (options.store === undefined && isMeantForMany) onError(new StepUpError('misconfigured', NOT_SHARED));
  const capacity = parseCapacity(options.capacity);
  const { random: chance = Math.random, tenantBudget = DEFAULT_TENANT_BUDGET } = options;
  const budget =
    tenantBudget === false
      ? UNLIMITED
      : createTenantBudget({
          store,
          clock,
          random: chance,
          process: randomUUID(),
          issuer: auth0.issuer,
          perSecond: tenantBudget,
        });
  const wire = {
    now,
    ...auth0,
    fetch: tracedFetch(boundedFetch(auth0.fetch)),
    timeoutMs,
    onAnswer(report: TenantReport): void {
      budget.note(report);
      auth0.onAnswer?.(report);
    },
  };

  const sealer = createSealer(options.secret, random);
  const locks = createLocks(store, now);
  const records = createRecords({ store, sealer, now });
  const keptForms = createKeptForms({ store, sealer, mostBytes: capacity.recordBytes });
  const subjects = createSubjects({ store, records, now, capacity });
  const origins = createAllowedOrigins(options.allowedOrigins ?? []);
  const handles = createHandles({
    randomBytes: random,
    insecureCookie: options.insecureCookie === true,
    origins,
  });
  const signIn = createAuth0SignIn(wire);
  const realm = realmOf(auth0);
  const mfaAsk = mfaApiAsk(auth0.issuer, auth0.mfaAudience);
  const api = options.api ?? createAuth0MfaApi(wire);
  const requirements = createRequirements({
    sealer,
    now,
    ttlMs: timing.requirementTtlMs ?? REQUIREMENT_TTL_MS,
  });
  const { requirementTtlMs: _own, ...flowTiming } = timing;
  // An effect is a first leg and the keys it needs, at the most: two requests.
  const leaseMs = 2 * timeoutMs + 5_000;
  const admission = createAdmission({
    records,
    locks,
    clock,
    limits: createLimitBook({ store, now, limits: options.limits }),
    budget,
    challengeTtlMs: timing.challengeTtlMs ?? FLOW_DEFAULTS.challengeTtlMs,
    audit,
    onError,
  });
  const driver = createFlowDriver<Native>({
    basePath,
    store,
    recordBytes: capacity.recordBytes,
    pollsPerProcess: capacity.pollsPerProcess,
    records,
    subjects,
    steps: createFlowSteps({
      sealer,
      now,
      random: chance,
      randomId: options.randomUUID ?? randomUUID,
      leaseMs,
    }),
    locks,
    budget,
    admission,
    api,
    firstLeg: createFirstLeg(options.firstLeg, signIn, auth0),
    managementLeg: createFirstLeg(options.firstLeg, createAuth0SignIn({ ...wire, ...mfaAsk }), {
      ...mfaAsk,
      isForMfaApi: true,
    }),
    identity: options.identityCheck ?? createIdentityCheck(wire),
    clock,
    eagerPolling: createEagerPolling({ pollSchedule: options.pollSchedule ?? 'steady', now }),
    settings: {
      ...FLOW_DEFAULTS,
      ...flowTiming,
      exchangeLimit: AUTH0_EXCHANGE_LIMIT,
      enroll: enrollmentRule(options),
    },
    closing: closing.signal,
    audit,
    onError,
  });

  const callerOf = createCallerOf(options.identify, realm);

  const guards = createGuards<Native>({
    basePath,
    records,
    subjects,
    handles,
    requirements,
    sealer,
    audit,
    now,
    callerOf,
    loginUrl: options.loginUrl,
    claimsOf: options.evidence,
  });
  const readerOptions = { takesClaims: options.evidence !== undefined };
  const mounting = createMountCheck({ basePath, onError });

  /** The one error of ours; the app hears of faults of its own. */
  function reported(error: unknown): StepUpError {
    const known = toStepUpError(error);
    if (isFault(known)) onError(error);
    return known;
  }

  function refusalOf(error: unknown): Extract<Decision, { isAllowed: false }> {
    const known = reported(error);
    return { isAllowed: false, error: known, response: errorResponse(known) };
  }

  function rethrow(error: unknown): never {
    throw reported(error);
  }

  function check(
    request: HostRequest<Native>,
    policy: RoutePolicy<Native>,
    checkOptions: { readonly uses: boolean },
  ): Promise<Decision> {
    return guards.check(request, createPolicyReader(policy, readerOptions), checkOptions).catch(rethrow);
  }

  const oversight = createStatusAndRevocation<Native>({
    records,
    subjects,
    handles,
    admission,
    audit,
    now,
    callerOf,
  });

  const ownership = createOwners({ basePath, handles, callerOf });
  const textsOf = createTextsOf<Native>({ language: options.language, texts: options.texts, onError });
  const settings = authenticatorSettings(options);
  const authenticators =
    settings &&
    createAuthenticators<Native>({
      settings,
      api: budgetedApi(api, budget),
      admission,
      records,
      driver,
      ownership,
      textsOf,
      audit,
      decide: (request, policy, uses) => guards.check(request, () => demandOf(policy), uses),
    });

  return {
    basePath,
    guard(policy, route = {}) {
      assertRouteOptions(route);
      const replay = route.replay === true ? createReplay(keptForms) : undefined;
      const guard = guards.guard(createPolicyReader(policy, readerOptions), { replay, answer: route.answer });
      return async (request, body) => {
        const decision = await guard(request, body).catch(refusalOf);
        if (decision.isAllowed) return decision;
        if (decision.error.code === 'insufficient_user_authentication') mounting.refused();
        // A page load that is sent on has not failed.
        return { ...decision, isForApp: mode === 'throw' && decision.response.status >= 400 };
      };
    },
    check: async (request, policy) => check(request, policy, { uses: false }),
    async assert(request, policy) {
      const decision = await check(request, policy, { uses: true });
      if (!decision.isAllowed) throw decision.error;
      return decision.stepUp;
    },
    status: (request) => oversight.status(request).catch(rethrow),
    revoke: (request) => oversight.revoke(request).catch(rethrow),
    revokeSubject: (subject) => oversight.revokeSubject(subject).catch(rethrow),
    endpoints: mounting.watch(
      createEndpoints({
        basePath,
        driver,
        ownership,
        authenticators,
        records,
        handles,
        origins,
        requirements,
        watchers: createWatchers(capacity),
        tokens: createFormTokens(sealer),
        keptForms,
        clock,
        loginUrl: options.loginUrl,
        textsOf,
        takesMfaToken: options.firstLeg.mfaToken === true,
        closing: closing.signal,
        onError,
      }),
    ),
    close() {
      closing.abort();
      return driver.idle();
    },
  };
}

/**
 * A hook of the app's that fails must not fail what it was to hear of, nor the process; but nor must an error be lost to
 * a logger's method that was handed over without its logger.
 */
function shielded(hook: (error: unknown) => unknown): (error: unknown) => void {
  return (error) => {
    void (async () => hook(error))().catch((failure: unknown) =>
      console.error('onError failed', failure, error),
    );
  };
}
