import { type Dialect, dialectChoices, recordedDialect } from './dialect.ts';
import { type Factor, factors, type RequirementType, requirementTypes } from './factor.ts';
import { defaultLifetimes, type Lifetimes } from './lifetimes.ts';
import { defaultLimits, type Limits } from './limits.ts';

/** What an Action of the tenant asks for: `enroll` of users without a factor, `challenge` of the others. */
export interface MfaRequirements {
  readonly enroll?: readonly RequirementType[];
  readonly challenge?: readonly RequirementType[];
}

/** How the tenant behaves; everything here can be changed while it runs. */
export interface Settings {
  /** When a first leg answers `mfa_required`: when a step-up scope is asked for, always, or never. */
  readonly mfaPolicy: 'scope' | 'always' | 'never';
  /** The scopes that ask for MFA under the policy `scope`. */
  readonly stepUpScopes: readonly string[];
  /** The factors that are switched on. */
  readonly factors: readonly Factor[];
  /** Whether a first enrolment brings recovery codes. */
  readonly recoveryCodes: boolean;
  /** Whether the APIs allow offline access; without it nobody gets a refresh token. */
  readonly offlineAccess: boolean;
  /**
   * What a refresh token may ask for: `any` scope and audience of the tenant, as one may whose policies name them; or
   * only what was `granted` with it, everything else being left out without a word.
   */
  readonly refreshScopes: 'any' | 'granted';
  /** How many different authenticators one login takes; above 1, a passed one answers `mfa_required` again. */
  readonly requiredFactors: number;
  /** Sent as `mfa_requirements`, and enforced; absent by default, as under a tenant-wide policy. */
  readonly mfaRequirements: MfaRequirements | undefined;
  /** Digits of the code in an SMS, a call or an e-mail. */
  readonly messageCodeLength: number;
  /** A poll sooner than this after the one before gets `slow_down`; 0 leaves only the limit `oobExchange`. */
  readonly minPollIntervalMs: number;
  readonly dialect: Dialect;
  readonly limits: Limits;
  readonly lifetimes: Lifetimes;
}

/** Some settings; the three groups can be given in part too. */
export type SettingsPatch = {
  readonly [K in keyof Omit<Settings, 'mfaRequirements' | 'dialect' | 'limits' | 'lifetimes'>]?:
    | Settings[K]
    | undefined;
} & {
  /** `null` takes them away again. */
  readonly mfaRequirements?: MfaRequirements | null | undefined;
  readonly dialect?: Partial<Dialect> | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly lifetimes?: Partial<Lifetimes> | undefined;
};

/** The settings of an emulator that was told nothing. */
export const defaultSettings: Settings = {
  mfaPolicy: 'scope',
  stepUpScopes: ['transfer:funds'],
  factors,
  recoveryCodes: true,
  offlineAccess: true,
  refreshScopes: 'any',
  requiredFactors: 1,
  mfaRequirements: undefined,
  messageCodeLength: 6,
  minPollIntervalMs: 0,
  dialect: recordedDialect,
  limits: defaultLimits,
  lifetimes: defaultLifetimes,
};

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value)
      ? undefined
      : `is one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
const listOf =
  (choices?: readonly string[]): Check =>
  (value) =>
    Array.isArray(value) &&
    value.every((item) => typeof item === 'string' && (choices?.includes(item) ?? true))
      ? undefined
      : `is a list of ${choices?.join(', ') ?? 'strings'}`;
const wholeNumber =
  (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `is a whole number from ${min}`;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const requirements: Check = (value) => {
  if (value === undefined || value === null) return undefined;
  const list = listOf(requirementTypes);
  const isFine =
    isObject(value) &&
    Object.entries(value).every(([name, types]) => ['enroll', 'challenge'].includes(name) && !list(types));
  return isFine ? undefined : `has the lists enroll and challenge, of ${requirementTypes.join(', ')}`;
};

const rateLimit: Check = (value) =>
  value === 'off' || (isObject(value) && !wholeNumber(0)(value.burst) && !wholeNumber(1)(value.refillMs))
    ? undefined
    : 'is {burst, refillMs} or "off"';

const groups: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  dialect: Object.fromEntries(
    Object.entries(dialectChoices).map(([name, choices]) => [name, oneOf(...choices)]),
  ),
  limits: Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, rateLimit])),
  lifetimes: Object.fromEntries(Object.keys(defaultLifetimes).map((name) => [name, wholeNumber(1)])),
};

const checks: Readonly<Record<string, Check>> = {
  mfaPolicy: oneOf('scope', 'always', 'never'),
  stepUpScopes: listOf(),
  factors: listOf(factors),
  recoveryCodes: oneOf(true, false),
  offlineAccess: oneOf(true, false),
  refreshScopes: oneOf('any', 'granted'),
  requiredFactors: wholeNumber(1, 4),
  mfaRequirements: requirements,
  messageCodeLength: wholeNumber(4, 10),
  minPollIntervalMs: wholeNumber(0),
};

function assertKnown(prefix: string, value: unknown, known: Readonly<Record<string, Check>>): void {
  if (!isObject(value)) throw new TypeError(`${prefix || 'the settings'} must be an object`);
  for (const [name, member] of Object.entries(value)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (check === undefined) throw new TypeError(`${path} is not a setting`);
    const complaint = member === undefined ? undefined : check(member);
    if (complaint !== undefined) throw new TypeError(`${path} ${complaint}`);
  }
}

/** Throws a `TypeError` that names the first setting that is unknown or has a value it cannot have. */
export function assertSettingsPatch(value: unknown): asserts value is SettingsPatch {
  if (!isObject(value)) throw new TypeError('the settings must be an object');
  const rest = { ...value };
  for (const [name, known] of Object.entries(groups)) {
    if (rest[name] !== undefined) assertKnown(name, rest[name], known);
    delete rest[name];
  }
  assertKnown('', rest, checks);
}

function defined<T extends object>(value: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter(([, member]) => member !== undefined),
  ) as Partial<T>;
}

/** The settings with those of `patch` in their place. */
export function mergeSettings(base: Settings, patch: SettingsPatch): Settings {
  const merged = { ...base, ...defined(patch) };
  return {
    ...merged,
    mfaRequirements: merged.mfaRequirements ?? undefined,
    dialect: { ...base.dialect, ...defined(patch.dialect) },
    limits: { ...base.limits, ...defined(patch.limits) },
    lifetimes: { ...base.lifetimes, ...defined(patch.lifetimes) },
  } as Settings;
}
