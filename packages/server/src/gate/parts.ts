import { createPushCode } from '@stepgate/core';
import { createAuthenticators } from '../endpoints/authenticators.ts';
import { createOwners } from '../endpoints/call/owner.ts';
import { createTextsOf } from '../endpoints/call/page-texts.ts';
import type { EndpointParts } from '../endpoints/call/parts.ts';
import { createEndpoints, type Endpoints } from '../endpoints/router.ts';
import { tracedFetch, tracedStore, tracedTransport } from '../events/signals.ts';
import { type Admission, createAdmission } from '../flow/admission.ts';
import { createFlowDriver, type FlowDriver } from '../flow/driver.ts';
import { createFlowSteps } from '../flow/steps.ts';
import { createGuards, type Guards } from '../guard/guard.ts';
import { boundedFetch } from '../lib/bounded-fetch.ts';
import { createPooledTransport, HAS_UNDICI } from '../lib/pooled-transport.ts';
import { createSealer } from '../lib/seal.ts';
import { budgetedApi } from '../limits/budgeted-api.ts';
import { createLimitBook } from '../limits/limits.ts';
import { createTenantBudget, type TenantBudget, UNLIMITED } from '../limits/tenant-budget.ts';
import type { Watchers } from '../limits/watchers.ts';
import type { Links } from '../policy/links.ts';
import { demandOf } from '../policy/policy-reader.ts';
import { createRequirements, type Requirements } from '../policy/requirement.ts';
import { type Connection, connect } from '../provider/connection.ts';
import { namespaceOf } from '../provider/namespace.ts';
import { createReceipts, type Receipts } from '../receipts/receipts.ts';
import { createState, type State } from '../records/state.ts';
import { type Callers, createCallers } from '../request/callers.ts';
import { scopedStore } from '../store/scoped-store.ts';
import type { Foundation } from './foundation.ts';
import type { GateSettings } from './parse-options.ts';

/** Flows: what runs them, and what decides which of their effects may go out. */
export interface Flows {
  readonly driver: FlowDriver;
  readonly admission: Admission;
}

/** Guards, and what they issue: tickets and receipts. */
export interface Guarding {
  readonly guards: Guards;
  readonly requirements: Requirements;
  readonly receipts: Receipts;
}

/** Connects the gate to its provider, within the budget of requests. */
export function connectProvider(settings: GateSettings, foundation: Foundation): Connection {
  const { provider, firstLeg, pollSchedule = 'eager' } = settings;
  return connect({
    provider,
    firstLeg,
    pollSchedule,
    budget: tenantBudgetOf(settings, foundation),
    store: tracedStore(foundation.store),
    clock: foundation.runtime.clock,
    onError: foundation.runtime.onError,
    sendersFor: (own) => ({
      fetch: tracedFetch(boundedFetch(own)),
      transport: own === undefined && HAS_UNDICI ? tracedTransport(createPooledTransport()) : undefined,
    }),
  });
}

function tenantBudgetOf(
  { provider, tenantBudget }: GateSettings,
  { store, random, runtime }: Foundation,
): TenantBudget {
  if (tenantBudget === false) return UNLIMITED;
  return createTenantBudget({
    // Shared by all gates of the provider.
    store: tracedStore(store),
    clock: runtime.clock,
    random: random.number,
    process: random.id(),
    issuer: provider.issuer,
    perSecond: tenantBudget,
  });
}

/** Opens what this application of this provider keeps in the store, sealed under the secret. */
export function openState(
  { secret, provider }: GateSettings,
  { store, random, runtime, capacity }: Foundation,
): State {
  return createState({
    store: tracedStore(scopedStore(store, namespaceOf(provider))),
    sealer: createSealer(secret, random.bytes),
    now: () => runtime.clock.now(),
    capacity,
  });
}

/** Tells who sends a request, and from which browser and origin. */
export function readCallers(settings: GateSettings, { random }: Foundation): Callers {
  return createCallers({
    identify: settings.identify,
    namespace: namespaceOf(settings.provider),
    allowedOrigins: settings.allowedOrigins,
    insecureCookie: settings.insecureCookie === true,
    randomBytes: random.bytes,
  });
}

/** Sets up what runs flows. */
export function runFlows(
  settings: GateSettings,
  foundation: Foundation,
  connection: Connection,
  state: State,
  links: Links,
): Flows {
  const { basePath, capacity, random, runtime } = foundation;
  const now = (): number => runtime.clock.now();
  const { requirementTtlMs: _notOfFlows, ...timing } = settings.testing.timing;
  const flowSettings = {
    ...timing,
    enroll: settings.enroll,
  };
  const admission = createAdmission({
    ...runtime,
    records: state.records,
    locks: state.locks,
    limits: createLimitBook({
      store: state.store,
      now,
      limits: settings.limits,
      resendAfterMs: flowSettings.resendAfterMs,
    }),
    budget: connection.budget,
    challengeTtlMs: flowSettings.challengeTtlMs,
  });
  const steps = createFlowSteps({
    sealer: state.sealer,
    now,
    random: random.number,
    randomId: random.id,
    timesOf: connection.timesOf,
  });
  const driver = createFlowDriver({
    basePath,
    settings: flowSettings,
    pushCode: settings.pushCode ?? 'typed',
    randomId: random.id,
    createPushCode: () => createPushCode(random.bytes),
    language: settings.language,
    capacity,
    connection,
    state,
    steps,
    admission,
    links,
    runtime,
  });
  return { driver, admission };
}

/** Sets up what decides about guarded requests. */
export function setUpGuards(
  gate: GateSettings,
  { basePath, random, runtime }: Foundation,
  state: State,
  callers: Callers,
): Guarding {
  const { provider, loginUrl, evidence: claimsOf, checkOrigin, secret, testing } = gate;
  const now = (): number => runtime.clock.now();
  const receipts = createReceipts({
    settings: gate.receipts ?? {},
    secret,
    namespace: namespaceOf(provider),
    basePath,
    now,
    randomId: random.id,
  });
  const requirements = createRequirements({
    sealer: state.sealer,
    now,
    ttlMs: testing.timing.requirementTtlMs,
  });
  const guards = createGuards({
    basePath,
    state,
    callers,
    checksOrigin: checkOrigin !== false,
    requirements,
    receipts,
    loginUrl,
    claimsOf,
    runtime,
  });
  return { guards, requirements, receipts };
}

/** Serves what is under the base path. */
export function serveEndpoints(
  settings: GateSettings,
  { basePath, runtime }: Foundation,
  built: {
    readonly connection: Connection;
    readonly state: State;
    readonly callers: Callers;
    readonly flows: Flows;
    readonly guarding: Guarding;
    readonly links: Links;
    readonly watchers: Watchers;
  },
): Endpoints {
  const { connection, state, callers, flows, guarding, links, watchers } = built;
  const { management, budget } = connection;
  const parts: EndpointParts = {
    basePath,
    driver: flows.driver,
    state,
    callers,
    owners: createOwners({ basePath, callers, links }),
    links,
    requirements: guarding.requirements,
    textsOf: createTextsOf({
      language: settings.language,
      texts: settings.texts,
      onError: runtime.onError,
    }),
    runtime,
  };
  const authenticators =
    settings.authenticators &&
    management &&
    createAuthenticators(parts, {
      settings: settings.authenticators,
      management: { ...management, ...budgetedApi(management.way, budget) },
      admission: flows.admission,
      decide: (request, policy, uses) => guarding.guards.check(request, () => demandOf(policy), uses),
    });
  return createEndpoints(parts, {
    loginUrl: settings.loginUrl,
    authenticators: authenticators || undefined,
    takesMfaToken: settings.firstLeg.mfaToken === true,
    takesReturns: connection.ways.some(({ can }) => can.needsBrowser),
    receiptKeys: () => guarding.receipts.published(),
    watchers,
    takesPings: connection.ways.some(({ can }) => can.pings === true),
  });
}
