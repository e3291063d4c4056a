/**
 * What the doctor looks at, each with the reason why it matters. The names are stable: scripts may go by them.
 */
export const CHECKS = {
  issuer: 'everything is asked of this address, and tokens are believed only with exactly this `iss`',
  discovery: 'a tenant that is not there, or calls itself otherwise, gives tokens that are all refused',
  clock: 'tokens and client assertions are judged by their times: a minute off is forgiven, more is not',
  'client-authentication': 'without it every request to the token endpoint is refused',
  'mfa-grants': 'an approval is the answer to one of these grants, and each poll of a push asks for it',
  'sign-in': 'the password is the first leg where there is no refresh token, and comes before a first factor',
  'id-token-algorithm':
    'whose approval it was is proven by an id_token signed with a key of the tenant alone',
  'signing-keys': 'an id_token that no published key verifies is refused, after the user has approved',
  'mfa-demanded': 'tokens without MFA are no approval: every step-up would end as `mfa_not_required`',
  'step-up-scope': 'an API that believes the scope would be open to whoever has a session',
  'offline-access': 'without a refresh token every step-up begins with the password',
  'refresh-token': 'it is the first leg that asks the user for nothing',
  'mfa-audience': "the page of the user's devices, and further factors, need a token for the MFA API",
  push: 'it is what step-ups are approved with',
  secret: 'whoever guesses it can read what is sealed in the store and forge requirements',
  store: 'without the store no guarded request is let through',
  'store-eviction': 'a store that evicts under load forgets that a single-use approval was used, and locks',
  'store-durability': 'what a restart forgets can be used a second time',
  'store-replication': 'a primary that is cut off goes on taking writes, which its successor has never seen',
  app: 'the page and the endpoints are where browsers are sent',
  'app-proxy':
    'requests are proven to come from this site by its origin; an app that takes itself for another refuses them, and sets a cookie without Secure',
  'app-cookie': 'the handle is what a flow belongs to: its cookie must be bound to this host, and to https',
  'app-stream': 'a view that something keeps, packs or holds back arrives when the flow is over',
} as const;

/** The name of a check. */
export type CheckName = keyof typeof CHECKS;

/**
 * `warn`: it works, and is not as it should be. `fail`: step-ups will not work, or are not safe. `skipped`: it was not
 * looked at, which is no `ok`.
 */
export type Verdict = 'ok' | 'warn' | 'fail' | 'skipped';

/** What one check came to. Holds no secret. */
export interface Finding {
  readonly check: CheckName;
  readonly verdict: Verdict;
  /** What was seen, or why nothing was looked at. */
  readonly seen: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do about a `warn` or a `fail`; for `skipped` what would have it looked at. */
  readonly fix?: string;
}

/** It is as it should be. */
export function ok(check: CheckName, seen: string): Finding {
  return { check, verdict: 'ok', seen, why: CHECKS[check] };
}

/** It works, and is not as it should be. */
export function warn(check: CheckName, seen: string, fix: string): Finding {
  return { check, verdict: 'warn', seen, why: CHECKS[check], fix };
}

/** Step-ups will not work, or are not safe. */
export function fail(check: CheckName, seen: string, fix: string): Finding {
  return { check, verdict: 'fail', seen, why: CHECKS[check], fix };
}

/** It was not looked at. */
export function skipped(check: CheckName, seen: string, fix: string): Finding {
  return { check, verdict: 'skipped', seen, why: CHECKS[check], fix };
}

/** It cannot be looked at before another finding is repaired. */
export function blocked(check: CheckName, by: CheckName): Finding {
  return skipped(check, `${by} comes first`, `repair ${by}, then look again`);
}

/** The same of several. */
export function allBlocked(checks: readonly CheckName[], by: CheckName): readonly Finding[] {
  return checks.map((check) => blocked(check, by));
}
