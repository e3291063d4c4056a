import { randomBytes, randomUUID } from 'node:crypto';
import { createAuth0MfaApi, createAuth0SignIn, type FlowView } from '@stepgate/core';
import { createEmulator, type Phone } from '@stepgate/emulator';
import { onTestFinished } from 'vitest';
import { type Answer, call } from '../../../server/test/support/http.ts';
import type { GateProcess } from './gate-process.ts';

/** A tenant with one user, and her phone. */
export interface Tenant {
  readonly id: string;
  readonly phone: Phone;
  /** A one-time password that was not there before: the time for the next one passes. */
  nextCode(): string;
  /** How many pushes it was asked to send. */
  pushes(): number;
  /** Polls and codes, with how they ended. */
  exchanges(): readonly { readonly at: number; readonly status?: number }[];
  /** A browser in which the user is signed in. */
  browser(): Promise<Browser>;
}

/** A browser that any process can answer. */
export interface Browser {
  send(process: GateProcess, method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** The requirement of a route; `undefined` when the request was let through. */
  ask(process: GateProcess, route: string): Promise<string | undefined>;
  start(process: GateProcess, route: string): Promise<Answer>;
  /** The view, after a wait of up to a second for a newer one. */
  view(process: GateProcess, version?: number): Promise<FlowView | undefined>;
  event(process: GateProcess, view: FlowView, event: Readonly<Record<string, string>>): Promise<Answer>;
}

interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const USER = { username: 'ada', password: 'correct-horse' };

/** Starts a tenant, which ends with the test. Without `isEnrolled`, the user has no phone yet. */
export async function startTenant({
  isEnrolled = true,
  onClose = onTestFinished as (close: () => Promise<void>) => void,
} = {}): Promise<Tenant> {
  const emulator = createEmulator();
  const listening = await emulator.listen({ port: 0 });
  onClose(() => listening.close());
  const id = randomUUID();
  const issuer = emulator.issuer;
  const auth0 = {
    issuer,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    audience: 'https://bank.example/',
    allowInsecureIssuer: true,
  };
  const subject = emulator.users()[0]?.sub ?? '';
  const phone = emulator.phone(USER.username);
  if (isEnrolled) {
    const first = await createAuth0SignIn({ ...auth0, scope: 'transfer:funds' }).password(USER);
    if (first.status !== 'mfa_required') throw new Error('the tenant did not ask for MFA');
    await createAuth0MfaApi(auth0).enroll({ mfaToken: first.mfaToken, factor: 'push' });
    phone.scan();
  }
  const before = emulator.requests.length;
  const since = () => emulator.requests.slice(before);

  return {
    id,
    phone,
    nextCode() {
      emulator.clock.advance(30_000);
      return phone.codes().at(-1)?.code ?? '';
    },
    pushes: () => since().filter(({ path }) => path === '/mfa/challenge').length,
    exchanges: () => since().filter(({ grantType }) => /mfa-(oob|otp)/.test(grantType ?? '')),
    async browser() {
      const signedIn = await createAuth0SignIn({ ...auth0, scope: 'offline_access' }).password(USER);
      if (signedIn.status !== 'signed_in') throw new Error('the tenant gave no tokens');
      return createBrowser({
        'x-tenant': id,
        'x-issuer': issuer,
        'x-subject': subject,
        'x-refresh-token': signedIn.tokens.refreshToken ?? '',
      });
    },
  };
}

function createBrowser(identity: Readonly<Record<string, string>>): Browser {
  const cookie = `stepgate=${randomBytes(32).toString('base64url')}`;
  const browser: Browser = {
    send: (process, method, path, { headers, body } = {}) =>
      call(method, process.url + path, {
        headers: {
          cookie,
          'sec-fetch-site': 'same-origin',
          'sec-fetch-mode': 'cors',
          'content-type': 'application/json',
          ...identity,
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    async ask(process, route) {
      const answer = await browser.send(process, 'POST', route, { body: {} });
      if (answer.status === 200) return undefined;
      return answer.json<{ step_up: { requirement: string } }>().step_up.requirement;
    },
    async start(process, route) {
      const requirement = await browser.ask(process, route);
      return browser.send(process, 'POST', '/step-up/flow', { body: { requirement } });
    },
    async view(process, version = -1) {
      const headers = { 'if-none-match': `"${version}"`, prefer: 'wait=1' };
      const answer = await browser.send(process, 'GET', '/step-up/flow', { headers });
      return answer.status === 200 ? answer.json<FlowView>() : undefined;
    },
    event: (process, { version }, event) =>
      browser.send(process, 'POST', '/step-up/flow/events', {
        headers: { 'if-match': `"${version}"` },
        body: event,
      }),
  };
  return browser;
}
