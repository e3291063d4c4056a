import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAuth0MfaApi, createStepUpActor } from '@stepgate/core';
import { createRemoteStepUp } from '@stepgate/web';
import express from 'express';
import { createTestTenant, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGate } from '../src/index.ts';

const secret = 'a secret of at least 32 characters, for tests';

/** A bank for native apps: who is signed in is told by a bearer token, and nothing by cookies. */
async function listen(tenant: TestTenant): Promise<string> {
  const gate = createGate({
    provider: tenant.provider,
    secret,
    testing: { clock: tenant.clock },
    identify: (req) =>
      req.headers.authorization === 'Bearer of ada'
        ? { subject: tenant.ada.subject, sessionId: 'one login' }
        : undefined,
    firstLeg: { mfaToken: true, password: { username: () => tenant.ada.username } },
  });
  const app = express();
  app.use(gate);
  app.post('/transfers', gate.require({ maxAge: '5m' }), (_req, res) => void res.json({ done: true }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A native app's fetch: its access token, and the handle that it was given instead of a cookie. */
function createNativeFetch(): typeof fetch {
  let handle = 'new';
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', 'Bearer of ada');
    headers.set('stepgate-handle', handle);
    const response = await fetch(input, { ...init, headers });
    handle = response.headers.get('stepgate-handle') ?? handle;
    return response;
  };
}

interface Refusal {
  readonly step_up: { readonly start: string; readonly requirement: string };
}

async function startFlow(url: string, nativeFetch: typeof fetch, mfaToken: string): Promise<Response> {
  const refused = await nativeFetch(`${url}/transfers`, { method: 'POST' });
  expect(refused.status).toBe(401);
  const { step_up } = (await refused.json()) as Refusal;
  return nativeFetch(new URL(step_up.start, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ requirement: step_up.requirement, mfa_token: mfaToken }),
  });
}

describe('a native app that holds an mfa_token', () => {
  it('opens the guarded route with it: the phone approves, and no cookie is needed', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const url = await listen(tenant);
    const nativeFetch = createNativeFetch();

    const started = await startFlow(url, nativeFetch, await tenant.mfaToken());
    expect(started.status).toBe(201);
    expect(started.headers.getSetCookie()).toEqual([]);
    const stepUp = createRemoteStepUp({ basePath: `${url}/step-up`, fetch: nativeFetch });
    onTestFinished(() => stepUp.stop());
    expect(await stepUp.join()).toBe(true);
    expect(stepUp.view).toMatchObject({ state: 'polling', factor: 'push' });
    const ended = new Promise<void>((resolve) => stepUp.subscribe({ complete: resolve }));
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await ended;

    expect(stepUp.view.state).toBe('approved');
    const done = await nativeFetch(`${url}/transfers`, { method: 'POST' });
    expect({ status: done.status, body: await done.json() }).toEqual({ status: 200, body: { done: true } });
    // The approval belongs to the handle: the same login elsewhere asks for its own.
    expect((await createNativeFetch()(`${url}/transfers`, { method: 'POST' })).status).toBe(401);
  });

  it('opens nothing with one that its own step-up has used up', async () => {
    const tenant = createTestTenant();
    await tenant.enrolPush();
    const url = await listen(tenant);
    const nativeFetch = createNativeFetch();
    const mfaToken = await tenant.mfaToken();
    const local = createStepUpActor({ way: createAuth0MfaApi(tenant.auth0), mfaToken, clock: tenant.clock });
    const ended = new Promise<void>((resolve) => local.subscribe({ complete: resolve }));
    const polled = new Promise<void>((resolve) =>
      local.subscribe(({ view }) => {
        if (view.state === 'polling') resolve();
      }),
    );
    local.send({ type: 'flow.start' });
    await polled;
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await ended;
    expect(local.tokens()?.accessToken).toBeDefined();

    const started = await startFlow(url, nativeFetch, mfaToken);

    expect(await started.json()).toMatchObject({
      state: 'authenticating',
      allowedEvents: expect.arrayContaining(['password.submit']) as string[],
    });
    expect((await nativeFetch(`${url}/transfers`, { method: 'POST' })).status).toBe(401);
  });
});
