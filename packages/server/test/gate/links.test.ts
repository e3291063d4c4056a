import type { FlowView } from '@stepgate/core';
import { createTestTenant, PASSWORD, POLL_MS, type TestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, createMemoryStore, type Gate, type Policy } from '../../src/index.ts';
import { CIBA_POLL_MS, createCibaScene } from '../support/ciba-scene.ts';
import {
  createGateClient,
  createTestGate,
  type GateClient,
  type TestGateOptions,
  type TestNative,
} from '../support/gate-client.ts';

const POLICY: Policy = {
  maxAge: '5m',
  allowOtherLogin: true,
  action: { id: 'transfer', title: 'Transfer 250 EUR to Grace' },
};

/** A client that asks for approvals, and a browser in which the same user approves. */
interface Scene {
  readonly tenant: TestTenant;
  readonly gate: Gate<TestNative>;
  readonly asker: GateClient;
  readonly browser: GateClient;
  readonly events: readonly AuditEvent[];
  /** A client of the user, or of somebody else. */
  readonly client: (options: Partial<ClientOptions>) => GateClient;
  /** Ends the browser's login. */
  readonly signOut: () => void;
}

interface ClientOptions {
  readonly handle: string;
  readonly subject: string;
  readonly sessionId: string;
  readonly policy: Policy;
}

async function openScene(options: TestGateOptions = {}, { hasPhone = true } = {}): Promise<Scene> {
  const tenant = createTestTenant();
  if (hasPhone) await tenant.enrolPush();
  const events: AuditEvent[] = [];
  let isSignedIn = true;
  const gate = createTestGate(tenant, {
    firstLeg: { refreshToken: () => tenant.signIn() },
    identify: ({ identity }) => (identity?.sessionId !== 'browser' || isSignedIn ? identity : undefined),
    onEvent: (event) => events.push(event),
    ...options,
  });
  const client: Scene['client'] = ({
    handle = 'a',
    subject = tenant.ada.subject,
    sessionId = 'agent',
    policy = POLICY,
  }) => createGateClient({ gate, identity: { subject, sessionId }, handle: handle.repeat(43), policy });
  return {
    tenant,
    gate,
    events,
    client,
    asker: client({}),
    browser: client({ handle: 'b', sessionId: 'browser' }),
    signOut: () => {
      isSignedIn = false;
    },
  };
}

/** A link that the client has asked for: its path. */
async function linkFor(asker: GateClient): Promise<string> {
  const requirement = await asker.requirement();
  const { status, body } = await asker.send('POST', '/step-up/links', { body: { requirement } });
  expect({ status, body }).toMatchObject({ status: 201 });
  return new URL(String(body.url)).pathname;
}

const pageOf = (browser: GateClient, link: string) =>
  browser.send('GET', link, { headers: { 'sec-fetch-mode': 'navigate' } });
const open = (browser: GateClient, link: string) =>
  browser.send('POST', `${link}/flow`, { body: { requirement: 'link' } });
const viewAt = async (browser: GateClient, link: string): Promise<FlowView> =>
  (await browser.send('GET', `${link}/flow`)).body as unknown as FlowView;

/** Opens the link, and approves on the phone. */
async function approve({ tenant }: Scene, browser: GateClient, link: string): Promise<void> {
  expect((await open(browser, link)).status).toBe(201);
  tenant.phone.approve();
  tenant.clock.advance(POLL_MS);
  expect(await viewAt(browser, link)).toMatchObject({ state: 'approved' });
}

describe('a link for another login of the user', () => {
  it('gives the approval to the login that has asked, for one request, and to no other', async () => {
    const scene = await openScene();
    const { asker, browser, client } = scene;
    const link = await linkFor(asker);

    await approve(scene, browser, link);

    expect(await browser.isAllowed()).toBe(false);
    expect(await client({ handle: 'a', sessionId: 'browser' }).isAllowed()).toBe(false);
    expect(await client({ handle: 'c' }).isAllowed()).toBe(false);
    expect(await client({ policy: { maxAge: '5m' } }).isAllowed()).toBe(false);
    expect(await asker.decide()).toMatchObject({
      isAllowed: true,
      stepUp: { approval: { byOtherLogin: true, singleUse: true } },
    });
    expect(await asker.isAllowed()).toBe(false);
  });

  it('shows the action before anything is sent, and says that it happens elsewhere', async () => {
    const { asker, browser, tenant } = await openScene();
    const link = await linkFor(asker);

    const { status, text } = await pageOf(browser, link);

    expect(status).toBe(200);
    expect(text).toContain('Transfer 250');
    expect(text).toContain('If somebody has sent you this link, close this page.');
    expect(text).toContain(`formaction="${link}/flow"`);
    expect(tenant.challenges()).toBe(0);
    expect(await asker.view()).toMatchObject({ state: 'idle', allowedEvents: ['flow.cancel'] });
  });

  it('is only made where the policy allows it, and the policy names an action', async () => {
    const { client, gate } = await openScene();
    const plain = client({ policy: { action: { id: 'transfer' } } });
    const requirement = await plain.requirement();

    const refused = await plain.send('POST', '/step-up/links', { body: { requirement } });

    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(() => gate.guard({ allowOtherLogin: true })).toThrow('policy.allowOtherLogin: needs an action');
    expect(() => gate.guard({ ...POLICY, keepTokens: true })).toThrow('cannot be combined with keepTokens');
    expect(() => gate.guard({ ...POLICY, allowOtherLogin: 1 as never })).toThrow('must be true or false');
  });

  it('is named in the refusal of such a route alone', async () => {
    const { asker, client } = await openScene();
    const refusalOf = async (one: GateClient): Promise<unknown> => {
      const decision = await one.decide();
      return decision.isAllowed ? undefined : JSON.parse(decision.response.body);
    };

    expect(await refusalOf(asker)).toMatchObject({ step_up: { links: '/step-up/links' } });
    expect(await refusalOf(client({ policy: {} }))).not.toHaveProperty('step_up.links');
  });

  it('opens for the same user alone, and not in another tenant or application', async () => {
    const store = createMemoryStore();
    const { asker, client, tenant } = await openScene({ store });
    const mallory = client({ handle: 'm', subject: 'auth0|mallory', sessionId: 'browser' });
    const elsewhere = createGateClient({
      gate: createTestGate(tenant, {
        store,
        provider: { ...tenant.provider, clientId: 'another' },
      }),
      identity: { subject: tenant.ada.subject, sessionId: 'browser' },
      policy: POLICY,
    });
    const link = await linkFor(asker);

    for (const stranger of [mallory, elsewhere]) {
      const page = await pageOf(stranger, link);
      expect(page.text).not.toContain('Transfer 250');
      expect(await open(stranger, link)).toMatchObject({
        status: 400,
        body: { error: 'requirement_invalid' },
      });
      expect((await stranger.send('GET', `${link}/flow`)).status).toBe(400);
      expect((await stranger.send('DELETE', `${link}/flow`)).status).toBe(400);
    }
    expect(tenant.challenges()).toBe(0);
  });

  it('works once: the second browser, and the same one afterwards, are refused', async () => {
    const scene = await openScene();
    const { asker, browser, client, tenant } = scene;
    const link = await linkFor(asker);
    const other = client({ handle: 'd', sessionId: 'browser' });
    await open(browser, link);

    const refused = await open(other, link);
    const page = await pageOf(other, link);
    expect((await open(browser, link)).status).toBe(200);
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await viewAt(browser, link);
    await asker.isAllowed();
    tenant.clock.advance(60_000);
    const replayed = await open(browser, link);

    expect(refused).toMatchObject({ status: 400, body: { error: 'requirement_invalid' } });
    expect(page.text).not.toContain('Transfer 250');
    expect((await other.send('GET', `${link}/flow`)).status).toBe(404);
    expect(replayed.body).toMatchObject({ state: 'approved' });
    expect(tenant.challenges()).toBe(1);
    expect(await asker.isAllowed()).toBe(false);
  });

  it('lets one of two browsers begin that open it at the same time', async () => {
    const { asker, client, tenant } = await openScene();
    const link = await linkFor(asker);
    const two = ['e', 'f'].map((handle) => client({ handle, sessionId: handle }));

    const answers = await Promise.all(two.map((one) => open(one, link)));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 400]));
    expect(tenant.challenges()).toBe(1);
  });

  it('expires with the requirement', async () => {
    const { asker, browser, tenant } = await openScene();
    const link = await linkFor(asker);

    tenant.clock.advance(600_000);

    expect((await pageOf(browser, link)).text).toContain('This request has expired');
    expect(await open(browser, link)).toMatchObject({ status: 400, body: { error: 'requirement_expired' } });
    expect(tenant.challenges()).toBe(0);
    expect(await asker.start()).toMatchObject({ state: 'polling' });
  });

  it('is the same one if it is asked for again, and joins a start of the asker', async () => {
    const scene = await openScene();
    const { asker, browser, tenant } = scene;
    const first = await linkFor(asker);
    const second = await linkFor(asker);

    expect(await asker.start()).toMatchObject({ state: 'idle' });
    await approve(scene, browser, second);
    expect(await open(browser, first)).toMatchObject({ status: 200, body: { state: 'approved' } });
    expect(tenant.challenges()).toBe(1);
  });

  it('ends when the asker cancels, before it is opened and afterwards', async () => {
    const { asker, browser, tenant } = await openScene();
    const unopened = await linkFor(asker);
    await asker.send('DELETE', '/step-up/flow');
    expect((await open(browser, unopened)).status).toBe(400);

    const opened = await linkFor(asker);
    await open(browser, opened);
    await asker.send('DELETE', '/step-up/flow');
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await viewAt(browser, opened)).toMatchObject({ state: 'cancelled' });
    expect(await asker.isAllowed()).toBe(false);
  });

  it('ends when the user cancels or denies in the browser', async () => {
    const { asker, browser, tenant } = await openScene();
    const link = await linkFor(asker);
    await open(browser, link);
    tenant.phone.deny();
    tenant.clock.advance(POLL_MS);

    expect(await viewAt(browser, link)).toMatchObject({ state: 'rejected' });
    expect(await asker.view()).toMatchObject({ state: 'rejected', allowedEvents: ['flow.cancel'] });
    await browser.send('DELETE', `${link}/flow`);
    expect(await asker.view()).toMatchObject({ state: 'cancelled' });
    expect(await asker.isAllowed()).toBe(false);
  });

  it('keeps the secrets of the flow, and its steps, from the login that has asked', async () => {
    const { asker, browser } = await openScene(
      { firstLeg: { password: { username: () => 'ada' } } },
      { hasPhone: false },
    );
    const link = await linkFor(asker);
    await open(browser, link);

    const early = await asker.send('POST', '/step-up/flow/events', {
      headers: { 'if-match': `"${(await asker.view()).version}"` },
      body: { type: 'password.submit', password: PASSWORD },
    });
    await browser.send('POST', `${link}/flow/events`, {
      headers: { 'if-match': `"${(await viewAt(browser, link)).version}"` },
      body: { type: 'password.submit', password: PASSWORD },
    });

    expect(early).toMatchObject({ status: 409, body: { error: 'event_not_allowed' } });
    expect((await viewAt(browser, link)).disclosure?.barcodeUri).toMatch(/^otpauth:/);
    expect(await asker.view()).toMatchObject({ state: 'confirming', allowedEvents: ['flow.cancel'] });
    expect(JSON.stringify(await asker.view())).not.toContain('otpauth');
  });

  it('drives nothing for the login that has asked: hooks get requests of the other one', async () => {
    const asked: string[] = [];
    const scene = await openScene({
      firstLeg: {
        refreshToken({ identity }: { identity: { sessionId: string } }) {
          asked.push(identity.sessionId);
          return scene.tenant.signIn();
        },
      },
    });
    const { asker, browser, tenant } = scene;
    const link = await linkFor(asker);
    await open(browser, link);
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await asker.view()).toMatchObject({ state: 'polling' });
    expect(await viewAt(browser, link)).toMatchObject({ state: 'approved' });
    expect(await asker.view()).toMatchObject({ state: 'approved' });
    expect(asked).toEqual(['browser']);
  });

  it('does not begin for a page of another site, nor by a GET', async () => {
    const { asker, browser, tenant } = await openScene();
    const link = await linkFor(asker);
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };

    const posted = await browser.send('POST', `${link}/flow`, {
      headers: foreign,
      body: { requirement: 'x' },
    });
    const asForm = await browser.send('POST', `${link}/flow`, {
      headers: { ...foreign, 'content-type': 'application/x-www-form-urlencoded' },
    });
    await pageOf(browser, link);
    await browser.send('GET', `${link}/flow`);

    expect([posted.status, asForm.status]).toEqual([403, 403]);
    expect(tenant.challenges()).toBe(0);
  });

  it('does not replace a flow that the asker runs itself', async () => {
    const { asker } = await openScene();
    const requirement = await asker.requirement();
    await asker.start();

    const refused = await asker.send('POST', '/step-up/links', { body: { requirement } });

    expect(refused).toMatchObject({ status: 409, body: { error: 'flow_in_progress' } });
  });

  it.each(['/step-up/links', '/step-up/links/', '/step-up/links/x/assets/y', '/step-up/links/x/links'])(
    'serves nothing at %s',
    async (path) => {
      const { browser } = await openScene();

      expect([404, 405]).toContain((await browser.send('GET', path)).status);
    },
  );
});

describe('revoking', () => {
  const revokeBy = ({ gate }: Scene, one: GateClient, sessionId: string, subject: string) =>
    gate.revoke(one.hostRequest('POST', '/sign-out', { identity: { subject, sessionId } }));

  it('the asker ends the link, the flow, and the approval', async () => {
    const scene = await openScene();
    const { asker, browser, tenant } = scene;
    const unopened = await linkFor(asker);
    await revokeBy(scene, asker, 'agent', tenant.ada.subject);
    expect((await open(browser, unopened)).status).toBe(400);

    const opened = await linkFor(asker);
    await open(browser, opened);
    await revokeBy(scene, asker, 'agent', tenant.ada.subject);
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    expect((await browser.send('GET', `${opened}/flow`)).status).toBe(404);
    tenant.clock.advance(60_000);

    await approve(scene, browser, await linkFor(asker));
    await revokeBy(scene, asker, 'agent', tenant.ada.subject);
    expect(await asker.isAllowed()).toBe(false);
  });

  it('the browser ends the flow that it runs, and leaves the asker what it has', async () => {
    const scene = await openScene();
    const { asker, browser, tenant } = scene;
    await approve(scene, browser, await linkFor(asker));
    tenant.clock.advance(60_000);
    const other = scene.client({ handle: 'g', sessionId: 'another agent' });
    const link = await linkFor(other);
    await open(browser, link);

    await revokeBy(scene, browser, 'browser', tenant.ada.subject);
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect(await other.view()).toMatchObject({ state: 'cancelled' });
    expect(await other.isAllowed()).toBe(false);
    expect(await asker.isAllowed()).toBe(true);
  });

  it('the subject ends links and flows at once', async () => {
    const scene = await openScene();
    const { asker, browser, client, gate, tenant } = scene;
    const opened = await linkFor(asker);
    const waiting = await linkFor(client({ handle: 'h', sessionId: 'another agent' }));
    await open(browser, opened);
    tenant.clock.advance(1);

    await gate.revokeSubject(tenant.ada.subject);
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect((await browser.send('GET', `${opened}/flow`)).status).toBe(404);
    expect((await open(browser, waiting)).status).toBe(400);
    expect(await asker.isAllowed()).toBe(false);
  });

  it('signing out of the browser keeps the answer from the asker', async () => {
    const { asker, browser, signOut, tenant } = await openScene();
    const link = await linkFor(asker);
    await open(browser, link);

    signOut();
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);

    expect((await browser.send('GET', `${link}/flow`)).status).toBe(401);
    await asker.view();
    expect(await asker.isAllowed()).toBe(false);
  });
});

describe('limits and events', () => {
  it('counts pushes of all logins of the user together, and links as starts of the one that asks', async () => {
    const { asker, browser, client, tenant } = await openScene({
      limits: {
        starts: { perSession: { count: 3, windowMs: 600_000 } },
        pushes: { perSubject: { count: 1, windowMs: 600_000 } },
      },
    });
    const link = await linkFor(asker);
    await open(browser, link);
    await asker.send('DELETE', '/step-up/flow');
    tenant.clock.advance(60_000);

    const again = await linkFor(asker);
    expect(await open(browser, again)).toMatchObject({ body: { state: 'failed', reason: 'rate_limited' } });
    expect(await client({ handle: 'i', sessionId: 'third' }).start()).toMatchObject({
      reason: 'rate_limited',
    });
    await asker.send('DELETE', '/step-up/flow');
    await linkFor(asker);
    await asker.send('DELETE', '/step-up/flow');
    const requirement = await asker.requirement();
    const fourth = await asker.send('POST', '/step-up/links', { body: { requirement } });
    expect(fourth).toMatchObject({ status: 429, body: { error: 'rate_limited' } });
    expect(tenant.challenges()).toBe(1);
  });

  it('tells who has asked, who has approved, and who has used it', async () => {
    const scene = await openScene();
    const { asker, browser, events } = scene;
    await approve(scene, browser, await linkFor(asker));
    await asker.isAllowed();

    const told = (type: AuditEvent['type']) => events.find((event) => event.type === type);
    const [issued, started, granted, used] = (
      ['link.issued', 'flow.started', 'approval.granted', 'approval.used'] as const
    ).map(told);
    expect(issued).toMatchObject({ action: 'transfer' });
    expect(started).toMatchObject({ flow: (issued as { flow: string }).flow });
    expect(granted).toMatchObject({ byOtherLogin: true, session: started?.session });
    expect(used).toMatchObject({ session: issued?.session });
    expect(issued?.session).not.toBe(started?.session);
  });

  it('gives a receipt to the request that uses the approval, and to no other', async () => {
    const scene = await openScene();
    const { asker, browser } = scene;
    await approve(scene, browser, await linkFor(asker));

    const used = await asker.decide();
    const receipt = used.isAllowed ? await used.stepUp?.receipt({ audience: 'ledger' }) : undefined;
    const again = await asker.decide();

    expect(receipt).toMatch(/^ey/);
    expect(again.isAllowed).toBe(false);
  });

  it('keeps the flow and the approval from a login with the asker’s handle', async () => {
    const scene = await openScene();
    const { asker, browser, client } = scene;
    await approve(scene, browser, await linkFor(asker));
    const stranger = client({ handle: 'a', sessionId: 'stolen' });

    expect((await stranger.send('GET', '/step-up/flow')).status).toBe(404);
    expect(await stranger.isAllowed()).toBe(false);
    expect(await asker.isAllowed()).toBe(true);
  });
});

it('tells the login that has asked how the user authenticated for the other one', async () => {
  const scene = createCibaScene({ ciba: { acrValues: 'gold' }, policy: POLICY });
  const { tenant, client: asker, events, other, phone, shown } = scene;
  tenant.emulator.configure({ dialect: { cibaIdTokenClaims: 'as_asked' } });
  const identity = { subject: tenant.ada.subject, sessionId: 'browser' };
  const browser = other({ identity, handle: 'b'.repeat(43) });
  const link = await linkFor(asker);
  await open(browser, link);
  const { version } = await viewAt(browser, link);
  await browser.send('POST', `${link}/flow/events`, {
    body: { type: 'code.submit', code: shown().code },
    headers: { 'if-match': `"${version}"` },
  });
  phone.approve();
  tenant.clock.advance(CIBA_POLL_MS);
  expect(await viewAt(browser, link)).toMatchObject({ state: 'approved' });

  const authentication = { acr: 'gold' };
  const decision = await asker.decide();
  expect(decision).toMatchObject({ stepUp: { approval: { byOtherLogin: true, way: 'ciba' } } });
  expect(decision.isAllowed && decision.stepUp?.approval.authentication).toEqual(authentication);
  expect(events.find(({ type }) => type === 'approval.granted')).toMatchObject({ authentication });
});

describe('two logins at once', () => {
  it('each get the approval of their own link', async () => {
    const scene = await openScene();
    const { asker, browser, client, tenant } = scene;
    const other = client({ handle: 'j', sessionId: 'another agent' });
    const links = [await linkFor(asker), await linkFor(other)] as const;

    await open(browser, links[0]);
    expect(await open(browser, links[1])).toMatchObject({ body: { reason: 'push_in_progress' } });
    tenant.phone.approve();
    tenant.clock.advance(POLL_MS);
    await viewAt(browser, links[0]);

    expect(await other.isAllowed()).toBe(false);
    expect(await asker.isAllowed()).toBe(true);
  });
});
