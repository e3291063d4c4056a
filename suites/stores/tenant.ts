import { randomBytes, randomUUID } from 'node:crypto';
import { createAuth0MfaApi, createAuth0SignIn, type FlowView } from '@stepgate/core';
import { createEmulator, type Emulator, type Phone } from '@stepgate/emulator';
import { onTestFinished } from 'vitest';
import { type Answer, call } from '../http.ts';
import { signingKey } from '../signing-key.ts';
import type { GateProcess } from './gate-process.ts';

/** A user of a tenant, with a phone. */
export interface Tenant {
  readonly id: string;
  readonly phone: Phone;
  /** For the day when the phone is lost. */
  readonly recoveryCode: string | undefined;
  /** Lets time pass, at the tenant and in every process that gets a request from now on. */
  pass(ms: number): void;
  /** A new one-time password; the time until then passes. */
  nextCode(): string;
  /** How many pushes and messages arrived. */
  messages(): number;
  /** Polls and codes, with their results. */
  exchanges(): readonly { readonly at: number; readonly status?: number }[];
  /** A browser in which the user is signed in. */
  browser(headers?: Readonly<Record<string, string>>): Promise<Browser>;
}

/** A browser whose requests any process can answer. */
export interface Browser {
  send(process: GateProcess, method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** The requirement of a route; `undefined` when the request was allowed. */
  ask(process: GateProcess, route: string, body?: object): Promise<string | undefined>;
  start(process: GateProcess, route: string, body?: object): Promise<Answer>;
  /** The view, after a wait of up to a second for a newer one. */
  view(process: GateProcess, version?: number): Promise<FlowView | undefined>;
  event(process: GateProcess, view: FlowView, event: Readonly<Record<string, string>>): Promise<Answer>;
}

interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Every user's password. */
export const PASSWORD = 'correct-horse';
/** How long a one-time password is valid. */
const CODE_MS = 30_000;

/** Starts an emulator, for any number of users. */
export async function startEmulator(onClose: (close: () => Promise<void>) => void): Promise<Emulator> {
  const emulator = createEmulator({ signingKey });
  const listening = await emulator.listen({ port: 0 });
  onClose(() => listening.close());
  return emulator;
}

/**
 * Adds a user with these factors; a push brings one-time passwords along. Only one test at a time may use the emulator.
 * Without one, the test gets a new one.
 */
export async function startTenant({
  factors = ['push'],
  requiredFactors = 1,
  asksPassword = false,
  emulator: given,
}: {
  readonly factors?: readonly ('push' | 'sms')[];
  readonly requiredFactors?: number;
  /** Whether the app has no refresh token of the user. */
  readonly asksPassword?: boolean;
  readonly emulator?: Emulator;
} = {}): Promise<Tenant> {
  const emulator = given ?? (await startEmulator(onTestFinished as (close: () => Promise<void>) => void));
  const id = randomUUID();
  const user = { username: id, password: PASSWORD };
  const { sub: subject } = emulator.addUser(user);
  const { issuer } = emulator;
  const auth0 = {
    issuer,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    audience: 'https://bank.example/',
    allowInsecureIssuer: true,
  };
  const phone = emulator.phone(user.username);
  emulator.configure({ requiredFactors: 1 });
  const codes: string[] = [];
  for (const factor of factors) codes.push(...(await enrol(factor)));
  emulator.configure({ requiredFactors });
  const arrived = (): number => phone.notifications().length + phone.messages().length;
  const arrivedBefore = arrived();
  const before = emulator.requests.length;
  const since = (): typeof emulator.requests => emulator.requests.slice(before);

  /** The recovery codes that came with the factor. */
  async function enrol(factor: 'push' | 'sms'): Promise<readonly string[]> {
    const api = createAuth0MfaApi(auth0);
    const first = await createAuth0SignIn({ ...auth0, scope: 'transfer:funds' }).password(user);
    if (first.status !== 'mfa_required') throw new Error('the tenant did not ask for MFA');
    const { mfaToken } = first;
    const number = { ...(factor === 'sms' && { phoneNumber: '+15550100100' }) };
    const { oobCode = '', recoveryCodes = [] } = await api.enroll({ mfaToken, factor, ...number });
    if (factor === 'push') phone.scan();
    else {
      const bindingCode = phone.messages().at(-1)?.code ?? '';
      await api.redeem({ mfaToken, enrolling: true, proof: { type: 'oob', oobCode, bindingCode } });
    }
    return recoveryCodes;
  }

  return {
    id,
    phone,
    recoveryCode: codes[0],
    pass: (ms) => emulator.clock.advance(Math.max(0, Math.ceil(ms))),
    nextCode() {
      emulator.clock.advance(CODE_MS);
      return phone.codes().at(-1)?.code ?? '';
    },
    messages: () => arrived() - arrivedBefore,
    exchanges: () => since().filter(({ grantType }) => /mfa-(oob|otp|recovery)/.test(grantType ?? '')),
    async browser(headers = {}) {
      const signedIn = await createAuth0SignIn({ ...auth0, scope: 'offline_access' }).password(user);
      if (signedIn.status !== 'signed_in') throw new Error('the tenant gave no tokens');
      const refreshToken = signedIn.tokens.refreshToken ?? '';
      return createBrowser(() => ({
        'x-tenant': id,
        'x-issuer': issuer,
        'x-subject': subject,
        'x-username': user.username,
        ...(!asksPassword && { 'x-refresh-token': refreshToken }),
        'x-ahead': String(emulator.clock.now() - Date.now()),
        ...headers,
      }));
    },
  };
}

function createBrowser(identity: () => Readonly<Record<string, string>>): Browser {
  const cookie = `stepgate=${randomBytes(32).toString('base64url')}`;
  const browser: Browser = {
    send: (process, method, path, { headers, body } = {}) =>
      call(method, process.url + path, {
        headers: {
          cookie,
          'sec-fetch-site': 'same-origin',
          'sec-fetch-mode': 'cors',
          'content-type': 'application/json',
          ...identity(),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    async ask(process, route, body = {}) {
      const answer = await browser.send(process, 'POST', route, { body });
      if (answer.status === 200) return undefined;
      return answer.json<{ step_up: { requirement: string } }>().step_up.requirement;
    },
    async start(process, route, body) {
      const requirement = await browser.ask(process, route, body);
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
