import type { Phone } from '@stepgate/emulator';
import { createTestTenant, type TestTenant } from 'suites/test-tenant.ts';
import {
  type AuditEvent,
  auth0,
  type CibaSettings,
  type Gate,
  type Identity,
  type Policy,
  type Provider,
} from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestGateOptions,
  type TestNative,
} from './gate-client.ts';

/** Longer than the interval that the tenant names, and its jitter. */
export const CIBA_POLL_MS = 6_000;

/** A user who confirms on the phone by CIBA, at a tenant that also has the MFA API. */
export interface CibaScene {
  readonly tenant: TestTenant;
  readonly phone: Phone;
  readonly gate: Gate<TestNative>;
  readonly provider: Provider;
  readonly client: GateClient;
  readonly errors: readonly unknown[];
  readonly events: readonly AuditEvent[];
  /** The newest push on the phone, as the user sees it. */
  readonly shown: () => { readonly code: string; readonly message: string };
  /** Another browser, or another login. */
  readonly other: (options?: {
    readonly identity?: Identity;
    readonly handle?: string;
    readonly policy?: Policy;
  }) => GateClient;
  /** Lets the time for a poll pass, and looks at the flow. */
  readonly later: (client?: GateClient) => ReturnType<GateClient['view']>;
}

export const TRANSFER: Policy = { action: { id: 'transfer-1', title: 'Transfer 250 EUR to Grace' } };

/** Opens the scene; the phone is enrolled unless the test says otherwise. */
export function createCibaScene(
  options: {
    readonly ciba?: CibaSettings;
    /** `false`: the MFA API is no way here. */
    readonly hasMfaApi?: boolean;
    readonly isEnrolled?: boolean;
    readonly policy?: Policy;
    readonly gate?: TestGateOptions;
    /** Stands between the gate and the tenant's answer to a poll. */
    readonly onPoll?: () => Promise<void>;
    /** What the gate receives in place of the answer to a poll that approves. */
    readonly replaceApproval?: (body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  } = {},
): CibaScene {
  const { ciba = {}, hasMfaApi = false, isEnrolled = true, policy = TRANSFER } = options;
  const tenant = createTestTenant();
  const { audience, scope, fetch: send = fetch, ...client } = tenant.auth0;
  const throughPoll: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const isPoll = (await request.clone().text()).includes('auth_req_id');
    const response = await send(request);
    if (!isPoll) return response;
    await options.onPoll?.();
    if (!response.ok || options.replaceApproval === undefined) return response;
    return Response.json(options.replaceApproval((await response.json()) as Record<string, unknown>));
  };
  if (isEnrolled) tenant.emulator.enroll('ada', { factor: 'push' });
  const errors: unknown[] = [];
  const events: AuditEvent[] = [];
  const mfaApi = { ...(audience !== undefined && { audience }), ...(scope !== undefined && { scope }) };
  const provider = auth0({ ...client, fetch: throughPoll, ciba, ...(hasMfaApi && { mfaApi }) });
  const gate = createTestGate(tenant, {
    provider,
    onError: (error) => errors.push(error),
    onEvent: (event) => events.push(event),
    ...options.gate,
  });
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  const owner = createGateClient({ gate, identity, policy });
  return {
    tenant,
    phone: tenant.phone,
    gate,
    provider,
    client: owner,
    errors,
    events,
    shown() {
      const push = tenant.phone.notifications().at(-1);
      const message = push?.message ?? '';
      return { message, code: message.split('-')[0] ?? '' };
    },
    other: (different = {}) => createGateClient({ gate, identity, policy, ...different }),
    later(of = owner) {
      tenant.clock.advance(CIBA_POLL_MS);
      return of.view();
    },
  };
}
