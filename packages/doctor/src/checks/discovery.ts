import { parseIssuer } from '@stepgate/core';
import { type Finding, fail, ok } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';
import { type Exchange, inWords, member, type Wire } from '../wire.ts';

/** What the tenant says about itself. */
export interface Discovery {
  readonly finding: Finding;
  /** The exchange, whose `Date` shows the tenant's time; `undefined` if nothing answered. */
  readonly exchange: Exchange | undefined;
  /** Whether something answered and named its issuer. */
  readonly isReachable: boolean;
}

/** Reads the discovery document (OpenID Connect Discovery 1.0, section 4) and compares its `issuer`. */
export async function checkDiscovery(auth0: DoctorAuth0, wire: Wire): Promise<Discovery> {
  const expected = parseIssuer(auth0);
  const exchange = await getJson(wire, new URL('.well-known/openid-configuration', expected), auth0);
  const issuer = member(exchange?.body, 'issuer');
  if (exchange === undefined || issuer === undefined) {
    const finding = fail(
      'discovery',
      `${inWords({ exchange })} at ${expected}.well-known/openid-configuration`,
      'check the spelling of auth0.issuer, and that this machine can reach it (DNS, firewall, proxy)',
    );
    return { finding, exchange, isReachable: false };
  }
  if (issuer !== expected) {
    const finding = fail(
      'discovery',
      `the tenant calls itself ${shown(issuer)}, not ${expected}`,
      `set auth0.issuer to ${shown(issuer)}, or ask for the custom domain's discovery document under the custom domain`,
    );
    return { finding, exchange, isReachable: true };
  }
  return {
    finding: ok('discovery', `the tenant calls itself ${expected}`),
    exchange,
    isReachable: true,
  };
}

/** Reads a JSON document; `undefined` if there was no response. */
export async function getJson(
  wire: Wire,
  url: URL,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number | undefined },
): Promise<Exchange | undefined> {
  try {
    await wire.fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    return undefined;
  }
  return wire.last();
}

/** Text from outside, shortened, and without anything that moves a terminal's cursor. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
