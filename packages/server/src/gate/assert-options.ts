import {
  DEFAULT_FACTORS,
  ENROLLABLE_FACTORS,
  type EnrollmentRule,
  FACTORS,
  type Factor,
  FLOW_DEFAULTS,
  isPollSchedule,
  parseIssuer,
} from '@stepgate/core';
import type { Auth0Settings } from '../auth0/auth0-settings.ts';
import type { FirstLegOptions } from '../auth0/first-leg.ts';
import type { AuthenticatorSettings } from '../endpoints/authenticators.ts';
import { assertKnownOptions } from '../lib/known-options.ts';
import { isOrigin } from '../request/same-origin.ts';
import type { GateOptions } from './gate-options.ts';

const OPTIONS = Object.keys({
  auth0: true,
  secret: true,
  identify: true,
  evidence: true,
  firstLeg: true,
  enroll: true,
  authenticators: true,
  limits: true,
  capacity: true,
  tenantBudget: true,
  store: true,
  basePath: true,
  allowedOrigins: true,
  loginUrl: true,
  language: true,
  texts: true,
  mode: true,
  insecureCookie: true,
  api: true,
  identityCheck: true,
  pollSchedule: true,
  timing: true,
  clock: true,
  randomBytes: true,
  randomUUID: true,
  random: true,
  onError: true,
  onEvent: true,
  onPushRejected: true,
} satisfies Record<keyof GateOptions<never>, true>);

const AUTH0_OPTIONS = Object.keys({
  issuer: true,
  clientId: true,
  clientSecret: true,
  clientAssertion: true,
  allowInsecureIssuer: true,
  timeoutMs: true,
  fetch: true,
  now: true,
  onResponse: true,
  confirmWithBearer: true,
  enrollWithCredentials: true,
  audience: true,
  scope: true,
  realm: true,
  mfaAudience: true,
} satisfies Record<keyof Auth0Settings, true>);

const FIRST_LEGS = Object.keys({
  refreshToken: true,
  saveRefreshToken: true,
  mfaToken: true,
  custom: true,
  password: true,
} satisfies Record<keyof FirstLegOptions<never>, true>);

const OPTIONAL_FUNCTIONS = [
  'evidence',
  'language',
  'randomBytes',
  'randomUUID',
  'random',
  'onError',
  'onEvent',
  'onPushRejected',
] as const;

/** The methods of the options that are objects of functions. */
const PORTS = {
  store: ['read', 'write', 'delete'],
  api: ['list', 'enroll', 'challenge', 'redeem', 'remove'],
  identityCheck: ['prepare', 'check'],
  clock: ['now', 'setTimeout', 'clearTimeout'],
} as const;

type Members = Readonly<Record<string, unknown>>;

/** @throws TypeError naming the option that is wrong. */
export function assertOptions(options: GateOptions<never>): void {
  // Without it, flows would stop in the middle. npm only warns of an older Node.
  if (typeof Promise.withResolvers !== 'function') throw new TypeError('Stepgate needs Node 22.12 or newer');
  if (!isObject(options)) throw new TypeError('options: must be an object');
  const misplaced = AUTH0_OPTIONS.find((name) => name in options);
  if (misplaced !== undefined) throw new TypeError(`${misplaced}: belongs in auth0`);
  assertKnownOptions('', options, OPTIONS);
  const members: Members = { ...options };
  if (!isObject(members.auth0)) throw new TypeError('auth0: must be an object');
  assertKnownOptions('auth0.', members.auth0, AUTH0_OPTIONS);
  // First of all, since others are made of it, and an environment that lacks it is the first mistake of all.
  parseIssuer(options.auth0);
  assertFunction('identify', members.identify);
  assertFirstLeg(members.firstLeg, members.auth0);
  for (const name of OPTIONAL_FUNCTIONS) {
    if (members[name] !== undefined) assertFunction(name, members[name]);
  }
  for (const [name, methods] of Object.entries(PORTS)) {
    const port = members[name];
    if (
      port !== undefined &&
      !methods.every((method) => typeof (port as Members | null)?.[method] === 'function')
    ) {
      throw new TypeError(`${name}: must have the methods ${methods.join(', ')}`);
    }
  }
  assertLoginUrl(members.loginUrl);
  if (members.insecureCookie !== undefined && typeof members.insecureCookie !== 'boolean') {
    throw new TypeError('insecureCookie: must be true or false');
  }
  if (members.mode !== undefined && members.mode !== 'answer' && members.mode !== 'throw') {
    throw new TypeError("mode: must be 'answer' or 'throw'");
  }
  assertOrigins(members.allowedOrigins ?? []);
  if (members.pollSchedule !== undefined && !isPollSchedule(members.pollSchedule)) {
    throw new TypeError("pollSchedule: must be 'steady' or 'eager'");
  }
  assertTenantBudget(members.tenantBudget);
  assertTiming(members.timing ?? {});
}

function assertLoginUrl(loginUrl: unknown): void {
  if (loginUrl === undefined || typeof loginUrl === 'function') return;
  if (typeof loginUrl === 'string' && /^(\/|https?:\/\/)[\x21-\x7e]*$/.test(loginUrl)) return;
  throw new TypeError("loginUrl: must be a path or an address, like '/login', or a function that gives one");
}

function assertTenantBudget(budget: unknown): void {
  if (budget === undefined || budget === false) return;
  if (Number.isSafeInteger(budget) && (budget as number) >= 1) return;
  throw new TypeError('tenantBudget: must be false, or a whole number of requests per second from 1');
}

function assertOrigins(origins: unknown): void {
  if (Array.isArray(origins) && origins.every(isOrigin)) return;
  throw new TypeError("allowedOrigins: must be a list of origins, like ['https://app.bank.example']");
}

function assertFirstLeg(firstLeg: unknown, { clientSecret, clientAssertion }: Members): void {
  if (!isObject(firstLeg)) {
    throw new TypeError('firstLeg: must be an object with refreshToken, custom or password');
  }
  assertKnownOptions('firstLeg.', firstLeg, FIRST_LEGS);
  const { mfaToken = false } = firstLeg;
  if (typeof mfaToken !== 'boolean') throw new TypeError('firstLeg.mfaToken: must be true or false');
  for (const name of ['refreshToken', 'saveRefreshToken', 'custom']) {
    if (firstLeg[name] !== undefined) assertFunction(`firstLeg.${name}`, firstLeg[name]);
  }
  const { password } = firstLeg;
  if (password === undefined) return;
  if (!isObject(password)) throw new TypeError('firstLeg.password: must be an object with username');
  assertKnownOptions('firstLeg.password.', password, ['username', 'ip']);
  assertFunction('firstLeg.password.username', password.username);
  if (password.ip === undefined) return;
  assertFunction('firstLeg.password.ip', password.ip);
  if (clientSecret === undefined && clientAssertion === undefined) {
    throw new TypeError(
      'firstLeg.password.ip: needs auth0.clientSecret or auth0.clientAssertion, since Auth0 believes no public client',
    );
  }
}

function assertTiming(timing: unknown): void {
  if (!isObject(timing)) throw new TypeError('timing: must be an object');
  assertKnownOptions('timing.', timing, [...Object.keys(FLOW_DEFAULTS), 'requirementTtlMs']);
  for (const [name, value] of Object.entries(timing)) {
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      throw new TypeError(`timing.${name}: must be a positive number of milliseconds`);
    }
  }
}

function assertFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${name}: must be a function`);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

/**
 * The rule for adding factors, by default the strictest that the first legs allow.
 *
 * @throws TypeError when it is wrong, or asks for a password that nobody asks for.
 */
export function enrollmentRule({ enroll, firstLeg }: GateOptions<never>): EnrollmentRule {
  const rule = enroll ?? (firstLeg.password === undefined ? 'refuse' : 'password');
  if (!['password', 'session', 'refuse'].includes(rule)) {
    throw new TypeError("enroll: must be 'password', 'session' or 'refuse'");
  }
  if (rule === 'password' && firstLeg.password === undefined) {
    throw new TypeError("enroll: 'password' needs firstLeg.password, which asks for it");
  }
  return rule;
}

/**
 * How authenticators are managed, with the defaults; `undefined` where they are not.
 *
 * @throws TypeError naming the member that is wrong.
 */
export function authenticatorSettings({
  authenticators = {},
}: GateOptions<never>): Required<AuthenticatorSettings> | undefined {
  if (authenticators === false) return undefined;
  if (!isObject(authenticators)) throw new TypeError('authenticators: must be an object, or false');
  assertKnownOptions('authenticators.', authenticators, ['factors', 'addable']);
  const { factors = DEFAULT_FACTORS, addable = ENROLLABLE_FACTORS } = authenticators;
  return {
    factors: parseFactors('authenticators.factors', factors, FACTORS),
    addable: parseFactors('authenticators.addable', addable, ENROLLABLE_FACTORS),
  };
}

function parseFactors<F extends Factor>(name: string, value: unknown, known: readonly F[]): readonly F[] {
  if (Array.isArray(value) && value.length > 0 && value.every((one) => known.includes(one as F))) {
    return known.filter((factor) => value.includes(factor));
  }
  throw new TypeError(`${name}: must be a list of some of ${known.join(', ')}`);
}

/** @throws TypeError when it is no path that every framework takes as it is. */
export function parseBasePath(basePath: string): string {
  if (!/^(\/[\w.~-]+)+$/.test(basePath) || /\/\.{1,2}(\/|$)/.test(basePath)) {
    throw new TypeError("basePath: must be an absolute path without a trailing slash, like '/step-up'");
  }
  return basePath;
}
