import {
  type Clock,
  DEFAULT_FACTORS,
  type EnrollmentRule,
  FACTORS,
  type Factor,
  FLOW_DEFAULTS,
  isEnrollable,
} from '@stepgate/core';
import * as v from 'valibot';
import type { AuthenticatorSettings } from '../endpoints/authenticators.ts';
import {
  aFlag,
  aFunction,
  checkedElsewhere,
  optionsSchema,
  parseOptions,
  port,
  type SchemasOf,
  someOf,
} from '../lib/parse-options.ts';
import {
  BOUNDS,
  type Bounds,
  type Capacity,
  DEFAULT_CAPACITY,
  LEAST_RECORD_BYTES,
} from '../limits/capacity.ts';
import { DEFAULT_TENANT_BUDGET } from '../limits/tenant-budget.ts';
import { REQUIREMENT_TTL_MS } from '../policy/requirement.ts';
import type { FirstLegOptions } from '../provider/first-leg.ts';
import type { Provider } from '../provider/provider.ts';
import type { ReceiptSettings } from '../receipts/receipt-settings.ts';
import { isOrigin } from '../request/same-origin.ts';
import type { Store } from '../store/store.ts';
import type { GateOptions } from './gate-options.ts';
import type { TestingOptions, Timing } from './testing-options.ts';

/** The options of a gate, checked and with their defaults. */
export type GateSettings = GateOptions<unknown> & {
  readonly basePath: string;
  readonly firstLeg: FirstLegOptions<unknown>;
  readonly enroll: EnrollmentRule;
  readonly factors: readonly Factor[];
  readonly authenticators: Required<AuthenticatorSettings> | false;
  readonly capacity: Capacity & Bounds;
  readonly tenantBudget: number | false;
  readonly allowedOrigins: readonly string[];
  readonly testing: TestingOptions & { readonly timing: Required<Timing> };
};

const optionalFunction = v.optional(aFunction);
const optionalFlag = v.optional(aFlag);

const wholeFrom = (least: number): v.GenericSchema<unknown, number> => {
  const message = `must be a whole number from ${least}`;
  return v.pipe(v.number(message), v.safeInteger(message), v.minValue(least, message));
};

/** The schema, or `false` as it is; what is wrong is said in the words of the schema. */
function orFalse<T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T | false> {
  return v.lazy((value) => (value === false ? v.literal(false) : schema)) as v.GenericSchema<
    unknown,
    T | false
  >;
}

const NOT_A_DURATION = 'must be a positive number of milliseconds';
const aDuration = v.pipe(v.number(NOT_A_DURATION), v.finite(NOT_A_DURATION), v.gtValue(0, NOT_A_DURATION));

const PROVIDER_PLACE = 'provider: pass `provider: auth0({ issuer, clientId })`';
const aProvider = v.custom<Provider>(
  (value) => isProvider(value),
  'must be a provider, like auth0({ issuer, clientId })',
);

function isProvider(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { issuer, clientId, ways, connect } = value as Readonly<Record<string, unknown>>;
  const isNamed = typeof issuer === 'string' && typeof clientId === 'string';
  return isNamed && Array.isArray(ways) && ways.length > 0 && typeof connect === 'function';
}

const timingEntries = {
  pollIntervalMs: v.optional(aDuration, FLOW_DEFAULTS.pollIntervalMs),
  mfaTokenTtlMs: v.optional(aDuration, FLOW_DEFAULTS.mfaTokenTtlMs),
  challengeTtlMs: v.optional(aDuration, FLOW_DEFAULTS.challengeTtlMs),
  resendAfterMs: v.optional(aDuration, FLOW_DEFAULTS.resendAfterMs),
  flowTtlMs: v.optional(aDuration, FLOW_DEFAULTS.flowTtlMs),
  requirementTtlMs: v.optional(aDuration, REQUIREMENT_TTL_MS),
} satisfies SchemasOf<Timing>;

const boundsEntries = {
  watchersPerHandle: v.optional(wholeFrom(1), BOUNDS.watchersPerHandle),
  pollsPerProcess: v.optional(wholeFrom(1), BOUNDS.pollsPerProcess),
  recordBytes: v.optional(wholeFrom(LEAST_RECORD_BYTES), BOUNDS.recordBytes),
} satisfies SchemasOf<Bounds>;

const capacityEntries = {
  watchersPerProcess: v.optional(wholeFrom(1), DEFAULT_CAPACITY.watchersPerProcess),
  flowsPerSession: v.optional(wholeFrom(1), DEFAULT_CAPACITY.flowsPerSession),
  flowsPerSubject: v.optional(wholeFrom(1), DEFAULT_CAPACITY.flowsPerSubject),
} satisfies SchemasOf<Capacity>;

const testingEntries = {
  clock: v.optional(port<Clock>('now', 'setTimeout', 'clearTimeout')),
  randomBytes: optionalFunction,
  random: optionalFunction,
  timing: v.optional(optionsSchema(timingEntries), {}),
  bounds: v.optional(optionsSchema(boundsEntries), {}),
} satisfies SchemasOf<TestingOptions>;

const firstLegEntries = {
  refreshToken: optionalFunction,
  saveRefreshToken: optionalFunction,
  mfaToken: optionalFlag,
  custom: optionalFunction,
  password: v.optional(
    optionsSchema(
      { username: aFunction, ip: optionalFunction },
      { message: 'must be an object with username' },
    ),
  ),
} satisfies SchemasOf<FirstLegOptions<never>>;

const ADDABLE = FACTORS.filter(isEnrollable);

const authenticatorEntries = {
  factors: v.optional(someOf(FACTORS), DEFAULT_FACTORS),
  addable: v.optional(someOf(ADDABLE), ADDABLE),
} satisfies SchemasOf<AuthenticatorSettings>;

const NOT_KEYS = 'must be a list of JWKs, of which the first signs';
const receiptEntries = {
  keys: v.optional(v.pipe(v.array(v.unknown(), NOT_KEYS), v.minLength(1, NOT_KEYS))),
  issuer: v.optional(v.pipe(v.string('must be an address'), v.minLength(1, 'must be an address'))),
  lifetime: checkedElsewhere,
} satisfies SchemasOf<ReceiptSettings>;

const AuthenticatorsSchema = optionsSchema(authenticatorEntries, { message: 'must be an object, or false' });

const NOT_A_PATH = "must be an absolute path without a trailing slash, like '/step-up'";
const NOT_A_LOGIN_URL = "must be a path or an address, like '/login', or a function that returns one";
const NOT_A_BUDGET = 'must be false, or a whole number of requests per second from 1';
const NOT_ORIGINS = "must be a list of origins, like ['https://app.bank.example']";

const gateEntries = {
  provider: aProvider,
  secret: checkedElsewhere,
  identify: aFunction,
  firstLeg: v.optional(
    optionsSchema(firstLegEntries, {
      message: 'must be an object with refreshToken, custom or password',
    }),
  ),
  enroll: v.optional(
    v.picklist(['password', 'session', 'refuse'], "must be 'password', 'session' or 'refuse'"),
  ),
  factors: v.optional(someOf(FACTORS), DEFAULT_FACTORS),
  authenticators: v.optional(orFalse(AuthenticatorsSchema), {}),
  evidence: optionalFunction,
  receipts: v.optional(optionsSchema(receiptEntries)),
  limits: checkedElsewhere,
  capacity: v.optional(optionsSchema(capacityEntries), {}),
  tenantBudget: v.optional(
    v.union([v.literal(false), v.pipe(v.number(), v.safeInteger(), v.minValue(1))], NOT_A_BUDGET),
    DEFAULT_TENANT_BUDGET,
  ),
  store: v.optional(port<Store>('read', 'write', 'delete')),
  basePath: v.optional(
    v.pipe(
      v.string(NOT_A_PATH),
      v.regex(/^(\/[\w.~-]+)+$/, NOT_A_PATH),
      v.check((path) => !/\/\.{1,2}(\/|$)/.test(path), NOT_A_PATH),
    ),
    '/step-up',
  ),
  loginUrl: v.optional(
    v.union([v.pipe(v.string(), v.regex(/^(\/|https?:\/\/)[\x21-\x7e]*$/)), v.function()], NOT_A_LOGIN_URL),
  ),
  language: optionalFunction,
  texts: checkedElsewhere,
  mode: v.optional(v.picklist(['answer', 'throw'], "must be 'answer' or 'throw'")),
  allowedOrigins: v.optional(
    v.custom<readonly string[]>((value) => Array.isArray(value) && value.every(isOrigin), NOT_ORIGINS),
    [],
  ),
  checkOrigin: optionalFlag,
  insecureCookie: optionalFlag,
  pushCode: v.optional(v.picklist(['typed', 'compared'], "must be 'typed' or 'compared'")),
  pollSchedule: v.optional(v.picklist(['steady', 'eager'], "must be 'steady' or 'eager'")),
  onError: optionalFunction,
  onEvent: optionalFunction,
  onPushRejected: optionalFunction,
  testing: v.optional(optionsSchema(testingEntries), {}),
} satisfies SchemasOf<GateOptions<never>>;

const GateSchema = optionsSchema(gateEntries, {
  belongsIn: {
    ...Object.fromEntries(
      ['auth0', 'issuer', 'clientId', 'clientSecret'].map((name) => [name, PROVIDER_PLACE]),
    ),
    ...placedIn('testing', testingEntries),
  },
});

function placedIn(place: string, entries: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(entries).map((name) => [name, place]));
}

/**
 * Checks the options of a gate, and fills in what was left out.
 *
 * @throws TypeError that names the option that is wrong, and says what it must be.
 */
export function parseGateOptions(options: GateOptions<unknown>): GateSettings {
  // Without it, flows would stop in the middle. npm only warns about an older Node.
  if (typeof Promise.withResolvers !== 'function') throw new TypeError('Stepgate needs Node 22.12 or newer');
  const parsed = parseOptions(GateSchema, options);
  const { bounds, timing } = parsed.testing;
  assertForwardedIp(options);
  return {
    ...options,
    basePath: parsed.basePath,
    firstLeg: firstLegOf(options),
    enroll: enrollmentRule(options),
    factors: parsed.factors,
    authenticators: parsed.authenticators,
    capacity: { ...parsed.capacity, ...bounds },
    tenantBudget: parsed.tenantBudget,
    allowedOrigins: parsed.allowedOrigins,
    testing: { ...options.testing, timing },
  };
}

function assertForwardedIp({ firstLeg, provider }: GateOptions<unknown>): void {
  if (firstLeg?.password?.ip === undefined) return;
  if (provider.isConfidential) return;
  throw new TypeError(
    'firstLeg.password.ip: needs clientSecret or clientAssertion in the options of the provider, which takes the address from confidential clients only',
  );
}

/** The first legs, which every way that has one needs. */
function firstLegOf({ firstLeg = {}, provider }: GateOptions<unknown>): FirstLegOptions<unknown> {
  const { refreshToken, custom, password } = firstLeg;
  const hasAny = refreshToken !== undefined || custom !== undefined || password !== undefined;
  if (hasAny || provider.ways.every(({ can }) => can.firstLeg === 'none')) return firstLeg;
  throw new TypeError('firstLeg: must be an object with refreshToken, custom or password');
}

/** The rule for adding factors; by default the strictest one that the first legs allow. */
function enrollmentRule({ enroll, firstLeg, provider }: GateOptions<unknown>): EnrollmentRule {
  const hasPassword = firstLeg?.password !== undefined;
  if (enroll === 'refuse' && provider.ways.some(({ can }) => can.enrollsElsewhere === true)) {
    throw new TypeError(
      "enroll: 'refuse' is not kept by the provider's page, which may add a factor: have it refuse users without one, and say redirect.enrolls: false",
    );
  }
  if (enroll !== 'password' || hasPassword) return enroll ?? (hasPassword ? 'password' : 'refuse');
  throw new TypeError("enroll: 'password' needs firstLeg.password, which asks for it");
}
