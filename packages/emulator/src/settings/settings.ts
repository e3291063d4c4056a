import * as v from 'valibot';
import {
  assertShape,
  flag,
  listOfNames,
  listOfTexts,
  oneOf,
  optional,
  shape,
  text,
  wholeNumber,
} from '../lib/shape.ts';
import { type Dialect, dialectEntries, recordedDialect } from './dialect.ts';
import { type Factor, factors, type RequirementType, requirementTypes } from './factor.ts';
import { defaultLifetimes, type Lifetimes } from './lifetimes.ts';
import { defaultLimits, type Limits } from './limits.ts';

/** What an Action of the tenant asks for: `enroll` of users without a factor, `challenge` of the others. */
export interface MfaRequirements {
  /** What users without a factor may enrol. */
  readonly enroll?: readonly RequirementType[];
  /** What the others may be challenged with. */
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
  /** Whether the APIs allow offline access; without it no refresh tokens are issued. */
  readonly offlineAccess: boolean;
  /**
   * What a refresh token may ask for: `any` scope and audience of the tenant, as one may whose policies name them; or
   * only what was `granted` with it, everything else is left out without an error.
   */
  readonly refreshScopes: 'any' | 'granted';
  /** How many different authenticators one login takes; above 1, a passed one answers `mfa_required` again. */
  readonly requiredFactors: number;
  /** Sent as `mfa_requirements`, and enforced; absent by default, as under a tenant-wide policy. */
  readonly mfaRequirements: MfaRequirements | undefined;
  /**
   * When the login page asks for a second factor, besides when `mfaPolicy` does: where `acr_values` holds the multi-factor
   * value, once in every session, or never.
   */
  readonly loginMfa: 'acr' | 'always' | 'never';
  /** What the login page does for a user without a factor who needs one: enrol one on the spot, or deny the login. */
  readonly noFactor: 'enroll' | 'deny';
  /** Whether the login page can remember a browser for 30 days, so that MFA is asked for only where `acr_values` do. */
  readonly rememberBrowser: boolean;
  /** A claim of `id_token`s with time and type of the last second factor, `{at, type}`, as an Action would set it. */
  readonly mfaClaim: string | undefined;
  /** How users of another identity provider come in: by a button on its page, or without seeing any. */
  readonly federatedLogin: 'button' | 'silent';
  /** Pushed authorization requests (RFC 9126): off, accepted, or required. */
  readonly par: 'off' | 'on' | 'required';
  /** Whether the tenant knows CIBA, which is part of some plans only. */
  readonly ciba: 'off' | 'on';
  /** Whether answers of `/authorize` name the issuer (RFC 9207). */
  readonly issParameter: boolean;
  /** Whether pages of the tenant cut themselves off from the window that opened them (`Cross-Origin-Opener-Policy`). */
  readonly severedOpener: boolean;
  /** Digits of the code in an SMS, a call or an e-mail. */
  readonly messageCodeLength: number;
  /** A poll sooner than this after the one before gets `slow_down`; 0 leaves only the limit `oobExchange`. */
  readonly minPollIntervalMs: number;
  /** The interval of CIBA polls. One that comes sooner gets `slow_down`, which makes the interval longer by as much. */
  readonly cibaIntervalMs: number;
  /** Choices where the sources contradict each other, or tenants differ. */
  readonly dialect: Dialect;
  /** How many requests the tenant accepts. */
  readonly limits: Limits;
  /** How long things live, in milliseconds. */
  readonly lifetimes: Lifetimes;
}

/** Some settings; the three groups can be given in part too. */
export type SettingsPatch = {
  readonly [K in keyof Omit<Settings, 'mfaRequirements' | 'mfaClaim' | 'dialect' | 'limits' | 'lifetimes'>]?:
    | Settings[K]
    | undefined;
} & {
  /** `null` takes them away again. */
  readonly mfaRequirements?: MfaRequirements | null | undefined;
  /** `null` takes it away again. */
  readonly mfaClaim?: string | null | undefined;
  readonly dialect?: Partial<Dialect> | undefined;
  readonly limits?: Partial<Limits> | undefined;
  readonly lifetimes?: Partial<Lifetimes> | undefined;
};

/** The default settings. */
export const defaultSettings: Settings = {
  mfaPolicy: 'scope',
  stepUpScopes: ['transfer:funds'],
  factors,
  recoveryCodes: true,
  offlineAccess: true,
  refreshScopes: 'any',
  requiredFactors: 1,
  mfaRequirements: undefined,
  loginMfa: 'acr',
  noFactor: 'enroll',
  rememberBrowser: true,
  mfaClaim: undefined,
  federatedLogin: 'button',
  par: 'off',
  ciba: 'on',
  issParameter: false,
  severedOpener: false,
  messageCodeLength: 6,
  minPollIntervalMs: 0,
  cibaIntervalMs: 5_000,
  dialect: recordedDialect,
  limits: defaultLimits,
  lifetimes: defaultLifetimes,
};

const requirementLists = shape('MfaRequirements', {
  enroll: optional(listOfNames(requirementTypes)),
  challenge: optional(listOfNames(requirementTypes)),
});

const rateLimit = v.union(
  [v.literal('off'), v.strictObject({ burst: wholeNumber(0), refillMs: wholeNumber(1) })],
  'is {burst, refillMs} or "off"',
);

/** The settings, as members of a larger object too. */
export const settingsEntries = {
  mfaPolicy: optional(oneOf(['scope', 'always', 'never'])),
  stepUpScopes: optional(listOfTexts),
  factors: optional(listOfNames(factors)),
  recoveryCodes: optional(flag),
  offlineAccess: optional(flag),
  refreshScopes: optional(oneOf(['any', 'granted'])),
  requiredFactors: optional(wholeNumber(1, 4)),
  mfaRequirements: v.nullish(requirementLists),
  loginMfa: optional(oneOf(['acr', 'always', 'never'])),
  noFactor: optional(oneOf(['enroll', 'deny'])),
  rememberBrowser: optional(flag),
  mfaClaim: v.nullish(text()),
  federatedLogin: optional(oneOf(['button', 'silent'])),
  par: optional(oneOf(['off', 'on', 'required'])),
  ciba: optional(oneOf(['off', 'on'])),
  issParameter: optional(flag),
  severedOpener: optional(flag),
  messageCodeLength: optional(wholeNumber(4, 10)),
  minPollIntervalMs: optional(wholeNumber(0)),
  cibaIntervalMs: optional(wholeNumber(1)),
  dialect: optional(shape('Dialect', dialectEntries)),
  limits: optional(shape('Limits', entriesOf(defaultLimits, rateLimit))),
  lifetimes: optional(shape('Lifetimes', entriesOf(defaultLifetimes, wholeNumber(1)))),
} satisfies Record<keyof Settings, v.GenericSchema>;

function entriesOf<K extends string, S extends v.GenericSchema>(
  group: Readonly<Record<K, unknown>>,
  item: S,
): Record<K, v.OptionalSchema<S, undefined>> {
  return Object.fromEntries(Object.keys(group).map((name) => [name, v.optional(item)])) as never;
}

/** What a patch of the settings looks like. */
const settingsShape = shape('Settings', settingsEntries);

/** Throws a `TypeError` that names a setting that is unknown or has a value it cannot have. */
export function assertSettingsPatch(value: unknown): asserts value is SettingsPatch {
  assertShape(settingsShape, value);
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
    mfaClaim: merged.mfaClaim ?? undefined,
    dialect: { ...base.dialect, ...defined(patch.dialect) },
    limits: { ...base.limits, ...defined(patch.limits) },
    lifetimes: { ...base.lifetimes, ...defined(patch.lifetimes) },
  } as Settings;
}
