/** What the doctor checks, and why each check matters. The names are stable, so scripts can rely on them. */
export const CHECKS = {
  issuer: 'every request goes to this address, and tokens count only with exactly this `iss`',
  discovery: 'if the tenant is not there, or names itself differently, all its tokens are refused',
  clock: 'tokens and client assertions carry times: a minute of difference is accepted, not more',
  'client-authentication': 'without it, the token endpoint refuses every request',
  'mfa-grants': 'an approval is the answer to one of these grants, and each poll of a push uses it',
  'sign-in': 'the password is the first leg if there is no refresh token, and comes before a first factor',
  'id-token-algorithm': 'only an id_token signed with a key of the tenant proves whose approval it was',
  'signing-keys': 'an id_token that no published key verifies is refused, after the user has approved',
  'mfa-demanded': 'tokens without MFA are not an approval: every step-up would end as `mfa_not_required`',
  'step-up-scope': 'an API that relies on the scope would be open to anyone with a session',
  'offline-access': 'without a refresh token, every step-up begins with the password',
  'refresh-token': 'it is the first leg that asks the user for nothing',
  'mfa-audience': "the page of the user's devices, and adding further factors, need a token for the MFA API",
  push: 'it is what users approve step-ups with',
  ciba: 'without this grant no phone rings, and each poll of a push uses it',
  'ciba-channels':
    'a user without the app on the phone silently gets an e-mail in place of a push, which then counts as one',
  'redirect-uris':
    'the tenant sends users back to registered addresses only, and shows an error page otherwise',
  secret: 'anyone who guesses it can read what is sealed in the store and forge requirements',
  store: 'without the store, no guarded request gets through',
  'store-eviction': 'a store that evicts under load forgets locks, and which single-use approvals were used',
  'store-durability': 'approvals that a restart forgets can be used a second time',
  'store-replication': 'a primary that is cut off goes on accepting writes, which its successor never sees',
  'store-clock': 'ages, limits and locks go by the store’s clock',
  app: 'browsers are sent to the page and the endpoints',
  'app-proxy':
    'requests must prove that they come from this site, by its origin; an app that sees another host refuses them, and sets a cookie without Secure',
  'app-cookie': 'a flow belongs to its handle, so the cookie must be bound to this host, and to https',
  'app-stream': 'a view that is cached, compressed or buffered arrives when the flow is over',
} as const;

/** The name of a check. */
export type CheckName = keyof typeof CHECKS;

/**
 * `warn`: it works, but could be better. `fail`: step-ups will not work, or are not safe. `skipped`: it was not
 * checked, which is not the same as `ok`.
 */
export type Verdict = 'ok' | 'warn' | 'fail' | 'skipped';

/** The result of one check. Holds no secret. */
export interface Finding {
  readonly check: CheckName;
  readonly verdict: Verdict;
  /** What was found, or why nothing was checked. */
  readonly seen: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do about a `warn` or a `fail`; for `skipped`, what would make the check possible. */
  readonly fix?: string;
}

/** The check passed. */
export function ok(check: CheckName, seen: string): Finding {
  return { check, verdict: 'ok', seen, why: CHECKS[check] };
}

/** It works, but could be better. */
export function warn(check: CheckName, seen: string, fix: string): Finding {
  return { check, verdict: 'warn', seen, why: CHECKS[check], fix };
}

/** Step-ups will not work, or are not safe. */
export function fail(check: CheckName, seen: string, fix: string): Finding {
  return { check, verdict: 'fail', seen, why: CHECKS[check], fix };
}

/** It was not checked. */
export function skipped(check: CheckName, seen: string, fix: string): Finding {
  return { check, verdict: 'skipped', seen, why: CHECKS[check], fix };
}

/** It cannot be checked until another finding is fixed. */
export function blocked(check: CheckName, by: CheckName): Finding {
  return skipped(check, `${by} comes first`, `repair ${by}, then try again`);
}

/** The same for several checks. */
export function allBlocked(checks: readonly CheckName[], by: CheckName): readonly Finding[] {
  return checks.map((check) => blocked(check, by));
}
