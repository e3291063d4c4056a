import { createCibaClient, createDiscovery } from '@stepgate/core';
import { allBlocked, type Finding, fail, ok, skipped, warn } from '../../finding.ts';
import type { DoctorAuth0 } from '../../options.ts';
import { type Exchange, errorOf, inWords, member, observe, says, type Wire } from '../../wire.ts';

/** Names no challenge, so no phone rings. How the tenant refuses shows whether the client and the grant are accepted. */
const NOBODYS = 'stepgate-doctor';
const A_MINUTE_MS = 60_000;

/** Checks CIBA: discovery, credentials and grant. It asks for the answer to a challenge that nobody has begun. */
export async function checkCiba(
  auth0: DoctorAuth0,
  wire: Wire,
  { isUsed, discovery }: { readonly isUsed: boolean; readonly discovery: Exchange | undefined },
): Promise<readonly Finding[]> {
  if (!isUsed) {
    const fix = 'name ciba in STEP_UP_WAYS or in `ways`';
    return (['ciba', 'ciba-channels'] as const).map((check) => skipped(check, 'this app has no CIBA', fix));
  }
  const grant = offered(discovery) ?? (await allowed(auth0, wire));
  if (grant.verdict === 'fail') return [grant, ...allBlocked(['ciba-channels'], 'ciba')];
  const channels = warn(
    'ciba-channels',
    'which channels the application allows cannot be seen from outside',
    'set async_approval_notification_channels of the application to ["guardian-push"] alone, and look at it again after each change',
  );
  return [grant, channels];
}

interface Modes {
  readonly backchannel_token_delivery_modes_supported?: unknown;
}

/** What discovery lacks, if it lacks anything. */
function offered(discovery: Exchange | undefined): Finding | undefined {
  if (member(discovery?.body, 'backchannel_authentication_endpoint') === undefined) {
    return fail(
      'ciba',
      'the discovery document names no backchannel_authentication_endpoint',
      'switch CIBA on for the tenant: at Auth0 it takes the Enterprise plan or an add-on',
    );
  }
  const modes = (discovery?.body as Modes | undefined)?.backchannel_token_delivery_modes_supported;
  if (!Array.isArray(modes) || modes.includes('poll')) return undefined;
  return fail(
    'ciba',
    'the provider does not offer the mode poll',
    'allow the delivery mode poll at the provider',
  );
}

async function allowed(auth0: DoctorAuth0, wire: Wire): Promise<Finding> {
  const { clientSecret, clientAssertion } = auth0;
  if (clientSecret === undefined && clientAssertion === undefined) {
    const fix =
      'give auth0.clientSecret or auth0.clientAssertion: CIBA takes an application that authenticates';
    return fail('ciba', 'a public client', fix);
  }
  const { onResponse: _reports, ...client } = auth0;
  const options = { ...client, fetch: wire.fetch };
  const ciba = createCibaClient({ ...options, discover: createDiscovery(options) });
  const outcome = await observe(wire, () =>
    ciba.poll({ authReqId: NOBODYS, expiresAt: Date.now() + A_MINUTE_MS }),
  );
  const error = errorOf(outcome);
  // Keycloak refuses a client without the grant like this.
  const isNotAllowed = error === 'invalid_grant' && says(outcome, /not allowed/i);
  if (error === 'unauthorized_client' || error === 'unsupported_grant_type' || isNotAllowed) {
    return fail(
      'ciba',
      `${inWords(outcome)}: the grant is not allowed for this application`,
      'switch on Client Initiated Backchannel Authentication (CIBA) under Applications, the application, Advanced Settings, Grant Types, and save',
    );
  }
  const isKnown = error !== undefined && ['invalid_grant', 'expired_token', 'access_denied'].includes(error);
  if (isKnown && (outcome.exchange?.status ?? 500) < 500) {
    return ok('ciba', 'the grant is allowed, and the application authenticates; no phone was asked');
  }
  return fail('ciba', inWords(outcome), 'check client-authentication, and try again');
}
