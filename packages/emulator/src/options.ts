import { type ClientOptions, defaultClients, indexClients } from './client.ts';
import { createUser, type UserOptions } from './mfa/user.ts';
import { type RandomBytes, systemRandomBytes } from './random.ts';
import {
  assertSettingsPatch,
  defaultSettings,
  mergeSettings,
  type Settings,
  type SettingsPatch,
} from './settings.ts';
import type { LoggedRequest } from './timeline/logged-request.ts';

/** Options of `createEmulator`: who and what there is, besides every setting. */
export interface EmulatorOptions extends SettingsPatch {
  /**
   * The issuer of tokens, with a slash at its end. Default: the address it listens on; before it listens,
   * `http://127.0.0.1:4400/`.
   */
  readonly issuer?: string | undefined;
  /** The APIs of the tenant; the first one is the default. Default `https://bank.example/`. */
  readonly audience?: string | readonly string[] | undefined;
  /** The audience whose tokens manage authenticators. Default `{issuer}mfa/`. */
  readonly mfaAudience?: string | undefined;
  /** Default: `stepgate-demo` with the secret `stepgate-demo-secret`, and the public `stepgate-demo-public`. */
  readonly clients?: readonly ClientOptions[] | undefined;
  /** The users there are from the start and after a reset. Default: `ada` with the password `correct-horse`. */
  readonly users?: readonly UserOptions[] | undefined;
  /** Called with every request to the tenant that has ended; secrets are masked. Named tenants call it too. */
  readonly onRequest?: ((request: LoggedRequest) => void) | undefined;
  /** What the emulator's clock runs with. Default: the system's time. */
  readonly clock?: { now(): number } | undefined;
  /** Source of everything random but the signing key. */
  readonly randomBytes?: RandomBytes | undefined;
}

/** The options with every default in its place. */
export interface ResolvedOptions {
  readonly issuer: string | undefined;
  readonly audiences: readonly string[];
  readonly mfaAudience: string | undefined;
  readonly clients: ReadonlyMap<string, ClientOptions>;
  readonly users: readonly UserOptions[];
  readonly clock: { now(): number };
  readonly randomBytes: RandomBytes;
  readonly settings: Settings;
  readonly onRequest: ((request: LoggedRequest) => void) | undefined;
}

/** The users of an emulator that was given none. */
export const defaultUsers = [{ username: 'ada', password: 'correct-horse' }] as const;

/** Checks the options; a `TypeError` names the first one that is wrong. */
export function resolveOptions(options: EmulatorOptions): ResolvedOptions {
  const { issuer, audience, mfaAudience, clients, users, clock, randomBytes, onRequest, ...settings } =
    options;
  assertSettingsPatch(settings);
  if (mfaAudience !== undefined && (typeof mfaAudience !== 'string' || mfaAudience === '')) {
    throw new TypeError('mfaAudience is a string that is not empty');
  }
  const initialUsers = users ?? defaultUsers;
  for (const user of initialUsers) createUser(user);
  return {
    issuer: issuer === undefined ? undefined : parseIssuer(issuer),
    audiences: parseAudiences(audience ?? 'https://bank.example/'),
    mfaAudience,
    clients: indexClients(clients ?? defaultClients),
    users: initialUsers,
    clock: clock ?? { now: () => Date.now() },
    randomBytes: randomBytes ?? systemRandomBytes,
    settings: mergeSettings(defaultSettings, settings),
    onRequest,
  };
}

function parseIssuer(issuer: string): string {
  const url = URL.parse(issuer);
  const isFine = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (isFine && url.pathname === '/') return url.href;
  throw new TypeError('issuer is an origin such as https://tenant.test/');
}

function parseAudiences(audience: string | readonly string[]): readonly string[] {
  const audiences = typeof audience === 'string' ? [audience] : audience;
  if (audiences.length > 0 && audiences.every((each) => typeof each === 'string' && each !== ''))
    return audiences;
  throw new TypeError('audience is a string, or a list of at least one');
}
