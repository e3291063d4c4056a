import type { RequestListener } from 'node:http';
import type { Identity, Policy } from '@stepgate/server';
import { createTestKit, type TestKit } from '@stepgate/server/testing';
import request, { type Response } from 'supertest';
import { describe, expect, it } from 'vitest';

/** An app under test: `/transfers` and `/single` are guarded by {@link POLICIES}. */
export interface AppUnderTest {
  readonly options: TestKit['options'];
  readonly identity: Identity;
  readonly policies: typeof POLICIES;
}

export const POLICIES = {
  '/transfers': { maxAge: '5m' },
  '/single': { maxAge: 0, action: { id: 'close 7' } },
  '/bound': { action: { id: 'pay', bind: ['to', 'amount'] } },
} as const satisfies Record<string, Policy>;

const IDENTITY: Identity = { subject: 'ada', sessionId: 's' };

/** How an app tests its guarded routes with the kit, on a host. */
export function describeTestKit(name: string, build: (app: AppUnderTest) => RequestListener): void {
  function open(): { readonly kit: TestKit; readonly app: RequestListener } {
    const kit = createTestKit();
    return { kit, app: build({ options: kit.options, identity: IDENTITY, policies: POLICIES }) };
  }

  describe(`the test kit under ${name}`, () => {
    it('grants an approval of the given age', async () => {
      const { kit, app } = open();

      await request(app)
        .post('/transfers')
        .set(await kit.approve(IDENTITY))
        .expect(200);
      await request(app)
        .post('/transfers')
        .set(await kit.approve(IDENTITY, { ageMs: 300_001 }))
        .expect(401);
      await request(app)
        .post('/transfers')
        .set(await kit.approve({ ...IDENTITY, subject: 'grace' }))
        .expect(401);
    });

    it('grants a single-use approval of an action', async () => {
      const { kit, app } = open();
      const approved = await kit.approve(IDENTITY, { policy: POLICIES['/single'] });

      await request(app).post('/transfers').set(approved).expect(401);
      await request(app).post('/single').set(approved).expect(200);
      await request(app).post('/single').set(approved).expect(401);
    });

    it('grants an approval of what an action binds', async () => {
      const { kit, app } = open();
      const policy = POLICIES['/bound'];
      const approved = await kit.approve(IDENTITY, { policy, bound: { to: 'Grace', amount: 250 } });

      await request(app).post('/bound').set(approved).send({ amount: 251, to: 'Grace' }).expect(401);
      await request(app).post('/bound').set(approved).send({ amount: 250, to: 'Grace' }).expect(200);
    });

    it.each([
      ['approve', 'approved', 200],
      ['deny', 'rejected', 401],
    ] as const)('plays a flow whose push the user answers with %s', async (answer, state, status) => {
      const { kit, app } = open();
      const agent = request.agent(app).set('sec-fetch-site', 'same-origin');

      const refused: Response = await agent.post('/transfers').expect(401);
      const { start, requirement } = refused.body.step_up;
      const started: Response = await agent.post(start).send({ requirement }).expect(201);
      expect(kit.phone.pushes).toBe(1);
      kit.phone[answer]();
      const { body } = await agent
        .get(start)
        .set({ prefer: 'wait=5', 'if-none-match': String(started.headers.etag) });

      expect(body.state).toBe(state);
      await agent.post('/transfers').expect(status);
    });

    it('plays a flow with a code', async () => {
      const { kit, app } = open();
      const agent = request.agent(app).set('sec-fetch-site', 'same-origin');
      const refused: Response = await agent.post('/transfers').expect(401);
      const { start, requirement } = refused.body.step_up;
      const started: Response = await agent.post(start).send({ requirement }).expect(201);
      const authenticatorId = started.body.authenticators.find(
        ({ factor }: { factor: string }) => factor === 'otp',
      ).id;

      const events = `${start}/events`;
      const chosen: Response = await agent
        .post(events)
        .set('if-match', `"${started.body.version}"`)
        .send({ type: 'factor.choose', authenticatorId })
        .expect(200);
      const wrong: Response = await agent
        .post(events)
        .set('if-match', `"${chosen.body.version}"`)
        .send({ type: 'code.submit', code: '000000' });
      expect(wrong.body).toMatchObject({ state: 'prompting', reason: 'code_refused' });
      await agent
        .post(events)
        .set('if-match', `"${wrong.body.version}"`)
        .send({ type: 'code.submit', code: kit.phone.code })
        .expect(200);

      await agent.post('/transfers').expect(200);
    });

    it.each([
      ['no identity', [{ user: 'ada' }], /subject, sessionId/],
      ['an unknown option', [IDENTITY, { polcy: {} }], /^polcy: is not an option/],
      ['nothing bound', [IDENTITY, { policy: POLICIES['/bound'] }], /^bound: must say what/],
      ['something bound by no policy', [IDENTITY, { bound: {} }], /^bound: needs a policy/],
      ['a wrong age', [IDENTITY, { ageMs: '5m' }], /^ageMs: must be/],
      ['an unknown factor', [IDENTITY, { factor: 'pigeon' }], /^factor: must be one of/],
      ['a wrong policy', [IDENTITY, { policy: { maxAge: 'soon' } }], /^policy.maxAge: must be/],
    ])('grants nothing for %s, and says what is wrong', async (_what, wrong, message) => {
      const { kit } = open();
      await expect(kit.approve(...(wrong as Parameters<TestKit['approve']>))).rejects.toThrow(message);
    });

    it('reports that no push waits for an answer', () => {
      expect(() => open().kit.phone.approve()).toThrow('no push waits');
    });
  });
}
