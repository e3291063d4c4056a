import { parseIssuer } from '@stepgate/core';
import { type Finding, fail, ok, skipped } from '../../finding.ts';
import type { DoctorApp, DoctorAuth0 } from '../../options.ts';
import { type Exchange, member, type Wire } from '../../wire.ts';

/** The SHA-256 of nothing that anybody knows: no code is ever exchanged with it. */
const CODE_CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const TIMEOUT_MS = 10_000;

/**
 * Checks that the tenant would send users back to the gate. It asks for a login without a page (`prompt=none`) and in no
 * browser, so the tenant answers at once that nobody is signed in: to the address, if it is registered.
 */
export async function checkRedirectUris(
  auth0: DoctorAuth0,
  wire: Wire,
  {
    isUsed,
    discovery,
    app,
  }: {
    readonly isUsed: boolean;
    readonly discovery: Exchange | undefined;
    readonly app: DoctorApp | undefined;
  },
): Promise<Finding> {
  if (!isUsed) {
    const fix = 'name redirect in STEP_UP_WAYS or in `ways`';
    return skipped('redirect-uris', "this app does not use the provider's own pages", fix);
  }
  if (app === undefined) {
    return skipped('redirect-uris', 'no app was named', 'give its address in APP_URL');
  }
  const { url, basePath = '/step-up' } = app;
  const callback = `${new URL(basePath, url).href}/callback`;
  const status = await answerFor(auth0, wire, { callback, discovery });
  if (status === undefined) return ok('redirect-uris', `the tenant sends users back to ${callback}`);
  const fix = `add ${callback} to the Allowed Callback URLs of the application, exactly like this`;
  return fail('redirect-uris', `${status} for ${callback}, without a way back to it`, fix);
}

/** How the tenant answered, unless it was by a redirect to the address. */
async function answerFor(
  auth0: DoctorAuth0,
  wire: Wire,
  { callback, discovery }: { readonly callback: string; readonly discovery: Exchange | undefined },
): Promise<string | undefined> {
  const endpoint = member(discovery?.body, 'authorization_endpoint') ?? `${parseIssuer(auth0)}authorize`;
  const url = new URL(endpoint);
  const asked = {
    client_id: auth0.clientId,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid',
    state: 'stepgate-doctor',
    nonce: 'stepgate-doctor',
    prompt: 'none',
    code_challenge: CODE_CHALLENGE,
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  try {
    const response = await wire.fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const isBack = response.headers.get('location')?.startsWith(`${callback}?`) === true;
    return isBack ? undefined : String(response.status);
  } catch {
    return 'no answer';
  }
}
