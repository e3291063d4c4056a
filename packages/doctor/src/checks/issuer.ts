import { parseIssuer } from '@stepgate/core';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { DoctorAuth0 } from '../options.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether the name is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Checks the issuer's spelling. */
export function checkIssuer({ issuer, allowInsecureIssuer, mfaAudience }: DoctorAuth0): Finding {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url?.protocol === 'http:' && !isLoopback(url.hostname)) {
    return fail(
      'issuer',
      'plain http to another machine',
      'write https://: secrets and passwords are sent there (allowInsecureIssuer is for an emulator on this machine)',
    );
  }
  try {
    parseIssuer({ issuer, allowInsecureIssuer });
  } catch (error) {
    return fail(
      'issuer',
      'not the address of a tenant',
      `set auth0.issuer to the tenant's or the custom domain's address, https://tenant.eu.auth0.com/ (${reasonOf(error)})`,
    );
  }
  if (!issuer.endsWith('/')) {
    return warn(
      'issuer',
      `${issuer}, without a slash at its end`,
      `write ${issuer}/, as tokens have it: Stepgate adds the slash, but other libraries compare without it`,
    );
  }
  if (new URL(issuer).pathname !== '/') {
    return fail('issuer', 'an address with a path', 'remove the path: a tenant is a whole host');
  }
  if (isCustomDomain(new URL(issuer)) && mfaAudience === undefined) {
    return warn(
      'issuer',
      `${issuer}, a custom domain`,
      "set auth0.mfaAudience to 'https://<tenant>.auth0.com/mfa/' or to the same path on the custom domain. The sources disagree about which; mfa-audience shows whether it works",
    );
  }
  return ok('issuer', issuer);
}

function isCustomDomain({ hostname }: URL): boolean {
  return !hostname.endsWith('.auth0.com') && !isLoopback(hostname);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unreadable';
}
