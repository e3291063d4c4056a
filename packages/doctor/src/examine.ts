import type { MfaTransaction } from '@stepgate/core';
import { checkApp } from './checks/app.ts';
import { checkClient } from './checks/client.ts';
import { checkClock, skewOf } from './checks/clock.ts';
import { checkDiscovery } from './checks/discovery.ts';
import { checkFirstLegs } from './checks/first-legs.ts';
import { checkIdentity } from './checks/identity.ts';
import { checkIssuer } from './checks/issuer.ts';
import { checkMfaAudience } from './checks/mfa-audience.ts';
import { checkOfflineAccess } from './checks/offline-access.ts';
import { checkPush, type PushCheck } from './checks/push.ts';
import { checkSecret } from './checks/secret.ts';
import { checkSignIn } from './checks/sign-in.ts';
import { checkStepUpScope } from './checks/step-up-scope.ts';
import { checkStore } from './checks/stores/store.ts';
import { checkCiba } from './checks/ways/ciba.ts';
import { checkRedirectUris } from './checks/ways/redirect.ts';
import { allBlocked, blocked, CHECKS, type CheckName, type Finding } from './finding.ts';
import type { DoctorOptions } from './options.ts';
import { STEADY_POLL_MS } from './phone-answer.ts';
import { createWire, type Exchange, type Wire } from './wire.ts';

/** Everything that the doctor asks the tenant as a client. */
const AS_CLIENT: readonly CheckName[] = [
  'client-authentication',
  'mfa-grants',
  'sign-in',
  'id-token-algorithm',
  'signing-keys',
  'mfa-demanded',
  'step-up-scope',
  'offline-access',
  'refresh-token',
  'mfa-audience',
  'push',
  'ciba',
  'ciba-channels',
  'redirect-uris',
];

/** The findings, in the order of {@link CHECKS}. */
export interface Report {
  readonly findings: readonly Finding[];
  /** Nothing failed. Checks that were skipped may still fail. */
  readonly isHealthy: boolean;
}

/**
 * Examines the tenant, the store and the app, as far as they are named. Reads only: without `sends`, nothing is sent
 * to a phone and nothing is enrolled. A failed check skips the ones that depend on it, so that one fault is one
 * finding.
 *
 * @throws TypeError when `auth0` cannot be a client's options.
 */
export async function examine(options: DoctorOptions): Promise<Report> {
  const wire = createWire(options.auth0.fetch ?? options.fetch);
  const found = [
    ...(await examineTenant(options, wire)),
    checkSecret(options.secret),
    ...(await checkStore(options)),
    ...(await checkApp(options.app, {
      fetch: options.fetch ?? globalThis.fetch,
      sends: options.sends ?? false,
    })),
  ];
  const order = Object.keys(CHECKS);
  const findings = found.sort((a, b) => order.indexOf(a.check) - order.indexOf(b.check));
  return { findings, isHealthy: !findings.some(({ verdict }) => verdict === 'fail') };
}

async function examineTenant(options: DoctorOptions, wire: Wire): Promise<readonly Finding[]> {
  const { auth0 } = options;
  const issuer = checkIssuer(auth0);
  if (issuer.verdict === 'fail')
    return [issuer, ...allBlocked(['discovery', 'clock', ...AS_CLIENT], 'issuer')];
  const discovery = await checkDiscovery(auth0, wire);
  const known = [issuer, discovery.finding];
  if (!discovery.isReachable) return [...known, ...allBlocked(['clock', ...AS_CLIENT], 'discovery')];
  known.push(checkClock(discovery.exchange));
  if (discovery.finding.verdict === 'fail') return [...known, ...allBlocked(AS_CLIENT, 'discovery')];
  const { ways = ['mfa-api'] } = options;
  const client = await checkClient(auth0, wire, { usesMfaApi: ways.includes('mfa-api') });
  known.push(...client);
  if (client.some(({ check, verdict }) => check === 'client-authentication' && verdict === 'fail')) {
    const rest = AS_CLIENT.filter((check) => !client.some((finding) => finding.check === check));
    return [...known, ...allBlocked(rest, 'client-authentication')];
  }
  known.push(...(await examineWays(options, wire, discovery.exchange)));
  const tenantTime = Date.now() + (skewOf(discovery.exchange) ?? 0);
  return [...known, ...(await examineLogin(options, wire, tenantTime))];
}

/** The ways besides the MFA API. */
async function examineWays(
  { auth0, ways = ['mfa-api'], app }: DoctorOptions,
  wire: Wire,
  discovery: Exchange | undefined,
): Promise<readonly Finding[]> {
  return [
    ...(await checkCiba(auth0, wire, { isUsed: ways.includes('ciba'), discovery })),
    await checkRedirectUris(auth0, wire, { isUsed: ways.includes('redirect'), discovery, app }),
  ];
}

async function examineLogin(
  options: DoctorOptions,
  wire: Wire,
  tenantTime: number,
): Promise<readonly Finding[]> {
  const { auth0, user, usesRefreshTokens = true, managesAuthenticators = true } = options;
  const login = await checkSignIn(auth0, wire, user);
  // A user who cannot sign in is one finding, not one for each check that needs the user.
  const visitor = login.finding.verdict === 'fail' ? undefined : user;
  const legs = await checkFirstLegs(auth0, wire, {
    user: visitor,
    refreshToken: options.refreshToken ?? login.tokens?.refreshToken,
    usesRefreshTokens,
  });
  const push = await examinePush(options, wire, legs.transaction);
  return [
    login.finding,
    ...(await checkIdentity(auth0, wire, { tokens: login.tokens ?? push.tokens, tenantTime })),
    ...legs.findings,
    checkStepUpScope(login.tokens, auth0),
    checkOfflineAccess(login.tokens, { usesRefreshTokens }),
    await checkMfaAudience(auth0, wire, { user: visitor, managesAuthenticators }),
    push.finding,
  ];
}

async function examinePush(
  { auth0, sends = false, waitMs = 0, pollMs = STEADY_POLL_MS }: DoctorOptions,
  wire: Wire,
  transaction: MfaTransaction | undefined,
): Promise<PushCheck> {
  if (transaction === undefined) return { finding: blocked('push', 'mfa-demanded') };
  return checkPush(auth0, wire, { transaction, sends, pace: { pollMs, patienceMs: waitMs } });
}
