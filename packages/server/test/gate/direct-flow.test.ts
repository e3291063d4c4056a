import type { FlowView, StepUpError } from '@stepgate/core';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { Gate } from '../../src/gate/gate.ts';
import type { Identity } from '../../src/request/caller.ts';
import type { HostRequest } from '../../src/request/host-request.ts';
import { createTestGate, type TestNative } from '../support/gate-client.ts';

const HANDLE = 'h'.repeat(43);
const POLICY = { maxAge: '5m' } as const;

interface Scene {
  readonly tenant: TestTenant;
  readonly gate: Gate<TestNative>;
  /** Ends the login. */
  readonly signOut: () => void;
  readonly request: (options?: {
    readonly headers?: Record<string, string>;
    readonly method?: string;
    readonly sessionId?: string;
  }) => HostRequest<TestNative>;
  /** What `assert` refuses the request with. */
  readonly refusalOf: (request: HostRequest<TestNative>) => Promise<StepUpError>;
}

const gates: Gate<TestNative>[] = [];

async function openScene(): Promise<Scene> {
  const tenant = createTestTenant();
  await tenant.enrolPush();
  const refreshToken = await tenant.signIn();
  let isSignedIn = true;
  const gate = createTestGate(tenant, {
    firstLeg: { refreshToken: () => refreshToken },
    identify: ({ identity }) => (isSignedIn ? identity : undefined),
  });
  gates.push(gate);
  return {
    tenant,
    gate,
    signOut: () => {
      isSignedIn = false;
    },
    request({ headers = { 'stepgate-handle': HANDLE }, method = 'POST', sessionId = 's' } = {}) {
      const identity: Identity = { subject: tenant.ada.subject, sessionId };
      const native = { identity };
      return {
        native,
        method,
        url: '/mcp',
        protocol: 'http',
        host: 'localhost',
        header: (name) => headers[name],
        forPolicy: () => native,
        parsedBody: () => undefined,
        whenGone: () => {},
      };
    },
    refusalOf: (request) =>
      gate.assert(request, POLICY).then(
        () => expect.fail('there is an approval already'),
        (error: StepUpError) => error,
      ),
  };
}

afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close();
});

describe('a flow without endpoints', () => {
  it('goes from the refusal to the approval, after which the same request is let through', async () => {
    const { tenant, gate, request, refusalOf } = await openScene();
    const flow = await gate.flow(request(), await refusalOf(request()));
    const states: string[] = [];

    for await (const view of flow.changes()) {
      states.push(view.state);
      if (view.state === 'polling') tenant.phone.approve();
      setImmediate(() => tenant.clock.advance(POLL_MS));
    }

    expect(states.at(-1)).toBe('approved');
    expect(await gate.assert(request(), POLICY)).toMatchObject({ approval: { factor: 'push' } });
    expect(tenant.challenges()).toBe(1);
    expect(flow.headers).toEqual({});
  });

  it('shows the view without waiting for news, and joins the flow that is under way', async () => {
    const { tenant, gate, request, refusalOf } = await openScene();
    const refusal = await refusalOf(request());
    const first = await gate.flow(request(), refusal);
    const second = await gate.flow(request(), refusal);

    expect(await first.view()).toMatchObject({ state: 'polling' });
    expect(await second.view()).toMatchObject({ state: 'polling' });
    expect(tenant.challenges()).toBe(1);
  });

  it('ends the iteration when the signal aborts, and leaves the flow as it is', async () => {
    const { gate, request, refusalOf } = await openScene();
    const flow = await gate.flow(request(), await refusalOf(request()));
    const stopping = new AbortController();
    const views: FlowView[] = [];

    for await (const view of flow.changes(stopping.signal)) {
      views.push(view);
      setImmediate(() => stopping.abort());
    }

    expect(views).toHaveLength(1);
    expect(await flow.view()).toMatchObject({ state: 'polling' });
  });

  it('ends the iteration when the gate closes', async () => {
    const { gate, request, refusalOf } = await openScene();
    const flow = await gate.flow(request(), await refusalOf(request()));
    let views = 0;

    for await (const _view of flow.changes()) {
      views += 1;
      setImmediate(() => void gate.close());
    }

    expect(views).toBe(1);
  });

  it('takes requests of the user, with the version that the user has seen', async () => {
    const { tenant, gate, request, refusalOf } = await openScene();
    const flow = await gate.flow(request(), await refusalOf(request()));
    tenant.phone.deny();
    tenant.clock.advance(POLL_MS);
    const { version } = await flow.view();
    tenant.clock.advance(60_000);

    await expect(flow.send({ type: 'flow.retry' }, version - 1)).rejects.toMatchObject({
      code: 'version_stale',
    });
    expect(await flow.send({ type: 'flow.retry' }, version)).toMatchObject({ state: 'polling' });
    expect(await flow.cancel()).toMatchObject({ state: 'cancelled' });
  });

  it('refuses facts and made-up events', async () => {
    const { gate, request, refusalOf } = await openScene();
    const flow = await gate.flow(request(), await refusalOf(request()));
    const { version } = await flow.view();

    await expect(flow.send({ type: 'poll.approved' } as never, version)).rejects.toMatchObject({
      code: 'event_unknown',
    });
  });

  it('shows nothing after the logout', async () => {
    const { tenant, gate, request, refusalOf, signOut } = await openScene();
    const flow = await gate.flow(request(), await refusalOf(request()));
    const seen: FlowView[] = [];

    async function follow(): Promise<void> {
      for await (const view of flow.changes()) {
        seen.push(view);
        signOut();
        tenant.phone.approve();
        setImmediate(() => tenant.clock.advance(POLL_MS));
      }
    }

    await expect(follow()).rejects.toMatchObject({ code: 'login_required' });
    expect(seen).toHaveLength(1);
    await expect(flow.view()).rejects.toMatchObject({ code: 'login_required' });
    await expect(flow.send({ type: 'flow.retry' }, 1)).rejects.toMatchObject({ code: 'login_required' });
  });

  it('hands a handle to a client that asks for one', async () => {
    const { gate, request, refusalOf } = await openScene();
    const headers = { 'stepgate-handle': 'new' };
    const flow = await gate.flow(request({ headers }), await refusalOf(request({ headers })));

    expect(flow.headers['stepgate-handle']).toMatch(/^[\w-]{43}$/);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('does not start with a %s', async (method) => {
    const { tenant, gate, request, refusalOf } = await openScene();
    const refusal = await refusalOf(request());

    await expect(gate.flow(request({ method }), refusal)).rejects.toMatchObject({
      code: 'method_not_allowed',
      status: 405,
    });
    expect(tenant.challenges()).toBe(0);
  });

  it("does not start for another site's page", async () => {
    const { tenant, gate, request, refusalOf } = await openScene();
    const refusal = await refusalOf(request());
    const headers = { 'stepgate-handle': HANDLE, origin: 'https://evil.example' };

    await expect(gate.flow(request({ headers }), refusal)).rejects.toMatchObject({
      code: 'cross_site_request',
    });
    expect(tenant.challenges()).toBe(0);
  });

  it('does not start with the refusal of another login', async () => {
    const { tenant, gate, request, refusalOf } = await openScene();
    const refusal = await refusalOf(request({ sessionId: 'other' }));

    await expect(gate.flow(request(), refusal)).rejects.toMatchObject({ code: 'requirement_invalid' });
    expect(tenant.challenges()).toBe(0);
  });

  it.each([undefined, new Error('no refusal'), { details: { step_up: 'x' } }])(
    'says what it needs, when it gets %s',
    async (refusal) => {
      const { gate, request } = await openScene();
      await expect(gate.flow(request(), refusal)).rejects.toThrow(TypeError);
    },
  );
});
