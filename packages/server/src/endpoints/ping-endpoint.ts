import { StepUpError } from '@stepgate/core';
import type { FlowDriver } from '../flow/driver.ts';
import { digest, type Sealer } from '../lib/seal.ts';
import { readNotificationToken } from '../provider/notification-token.ts';
import { readJson } from '../request/body.ts';
import type { Endpoint } from './call/call.ts';

/** Providers may send more than the `auth_req_id`, which can have 4,096 characters. */
const LARGEST_PING_BYTES = 8_192;
/** How many pings this process remembers. */
const MOST_REMEMBERED = 1_000;

/**
 * Takes the provider's pings (CIBA Core 1.0, section 10.2). It reads no cookie, asks for no origin, and trusts nothing but
 * the token. A wrong token costs a signature, and a ping that came before costs no more than that: the store is not asked.
 */
export function createPingEndpoint(options: {
  readonly driver: Pick<FlowDriver, 'ping'>;
  readonly sealer: Sealer;
}): Endpoint {
  const { driver, sealer } = options;
  const known = new Set<string>();

  return async ({ request, web }) => {
    const token = /^Bearer ([\w.-]{1,1024})$/i.exec(request.header('authorization') ?? '')?.[1];
    const challenge = token === undefined ? undefined : readNotificationToken(sealer, token);
    if (challenge === undefined) throw refused('the token is not one of this gate');
    const authReqId = parsePing(await readJson(await web(), LARGEST_PING_BYTES));
    const ping = digest(`${token}.${authReqId}`);
    if (!known.has(ping)) {
      const isOfChallenge = await driver.ping(challenge, authReqId);
      if (!isOfChallenge) throw refused('the auth_req_id is not that of the challenge');
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.add(ping);
    }
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
  };
}

function parsePing(body: unknown): string {
  const { auth_req_id: authReqId } = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly auth_req_id?: unknown;
  };
  if (typeof authReqId === 'string' && authReqId !== '') return authReqId;
  throw new StepUpError('invalid_request', 'The ping needs "auth_req_id", a string.');
}

function refused(why: string): StepUpError {
  return new StepUpError('ping_refused', `The ping counts for nothing: ${why}.`, {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}
