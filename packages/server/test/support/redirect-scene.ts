import type { FlowView } from '@stepgate/core';
import { createTestTenant, type TestTenant } from 'suites/test-tenant.ts';
import {
  type AuditEvent,
  auth0,
  type CibaSettings,
  type Gate,
  type Identity,
  type Policy,
  type RedirectSettings,
} from '../../src/index.ts';
import {
  createGateClient,
  createTestGate,
  type GateAnswer,
  type GateClient,
  type TestGateOptions,
  type TestNative,
} from './gate-client.ts';

type Visit = NonNullable<Parameters<TestTenant['emulator']['completeLogin']>[1]>;

/** What a browser sends when another site's redirect leads it here. */
export const NAVIGATION = {
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  accept: 'text/html',
} as const;

/** A user who confirms on the tenant's own pages. */
export interface RedirectScene {
  readonly tenant: TestTenant;
  readonly gate: Gate<TestNative>;
  /** Another process of the same app. */
  readonly otherGate: () => Gate<TestNative>;
  readonly client: GateClient;
  readonly errors: readonly unknown[];
  readonly events: readonly AuditEvent[];
  /** Another browser, or another login. */
  readonly other: (options?: { readonly identity?: Identity; readonly handle?: string }) => GateClient;
  /** Starts the flow and leaves for the tenant's page. */
  readonly depart: (of?: GateClient) => Promise<FlowView>;
  /** What the user does there: the path and query of the return. */
  readonly visit: (view: FlowView, visit?: Visit) => Promise<string>;
  /** Loads the return in the browser. */
  readonly comeBack: (
    path: string,
    of?: GateClient,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<GateAnswer>;
}

export const TRANSFER: Policy = {
  action: { id: 'transfer-1', title: 'Transfer 250 EUR to Grace' },
  factors: ['hosted'],
};

/** Opens the scene; the user has a phone with Guardian. */
export function createRedirectScene(
  options: {
    readonly redirect?: RedirectSettings;
    readonly ciba?: CibaSettings;
    readonly policy?: Policy;
    readonly gate?: TestGateOptions;
    /** Stands between the gate and the tenant's answers. */
    readonly fetch?: (request: Request, send: (request: Request) => Promise<Response>) => Promise<Response>;
  } = {},
): RedirectScene {
  const { redirect = {}, ciba, policy = TRANSFER } = options;
  const tenant = createTestTenant();
  tenant.emulator.enroll('ada', { factor: 'push' });
  const { audience: _audience, scope: _scope, fetch: send = fetch, ...client } = tenant.auth0;
  const errors: unknown[] = [];
  const events: AuditEvent[] = [];
  const through: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    return options.fetch === undefined ? send(request) : options.fetch(request, (one) => send(one));
  };
  const provider = auth0({ ...client, fetch: through, redirect, ...(ciba && { ciba }) });
  const openGate = (): Gate<TestNative> =>
    createTestGate(tenant, {
      provider,
      onError: (error) => errors.push(error),
      onEvent: (event) => events.push(event),
      ...options.gate,
    });
  const gate = openGate();
  const identity = { subject: tenant.ada.subject, sessionId: 's' };
  const owner = createGateClient({ gate, identity, policy });
  return {
    tenant,
    gate,
    otherGate: openGate,
    client: owner,
    errors,
    events,
    other: (different = {}) => createGateClient({ gate, identity, policy, ...different }),
    async depart(of = owner) {
      await of.start();
      return of.event({ type: 'factor.choose', authenticatorId: 'hosted' });
    },
    async visit(view, visit) {
      const { url } = await tenant.emulator.completeLogin(view.disclosure?.authorizationUrl ?? '', visit);
      const { pathname, search } = new URL(url);
      return pathname + search;
    },
    comeBack: (path, of = owner, headers = {}) =>
      of.send('GET', path, { headers: { ...NAVIGATION, ...headers } }),
  };
}
