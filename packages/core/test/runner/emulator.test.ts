import { createEmulator, type Dialect, type Emulator, type Phone } from '@stepgate/emulator';
import { CONTRARY } from 'suites/contrary-dialect.ts';
import { signingKey } from 'suites/signing-key.ts';
import { describe, expect, it } from 'vitest';
import {
  type Auth0SignIn,
  createAuth0MfaApi,
  createAuth0SignIn,
  createStepUpActor,
  type EnrollingWay,
  type Factor,
  type FactorToAdd,
  type FlowStateName,
  isStepUpError,
  type LocalStepUpActor,
} from '../../src/index.ts';
import { createFakeClock, settled } from '../support/fake-clock.ts';

interface World {
  readonly emulator: Emulator;
  readonly phone: Phone;
  readonly api: EnrollingWay;
  /** A flow that has been started. */
  begin(factors?: readonly Factor[]): LocalStepUpActor;
  /** Enrols a phone for pushes and codes, and returns its recovery codes. */
  enrol(): Promise<readonly string[]>;
  /** Lets time pass, with everything that happens meanwhile. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the flow is in this state. */
  reaches(actor: LocalStepUpActor, state: FlowStateName): Promise<void>;
  requests(path: string): number;
  /** A token for the MFA API, for a code from the app. */
  accessToken(): Promise<string>;
  /** A started flow that adds a factor. */
  add(adds: FactorToAdd): LocalStepUpActor;
}

function createWorld(dialect: Partial<Dialect>): World {
  const clock = createFakeClock();
  const emulator = createEmulator({ issuer: 'https://tenant.test/', clock, dialect, signingKey });
  const underWay = new Set<Promise<Response>>();
  const options = {
    issuer: emulator.issuer,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    now: () => clock.now(),
    fetch(input: RequestInfo | URL, init?: RequestInit) {
      const answer = emulator.handle(new Request(input, init));
      underWay.add(answer);
      return answer.finally(() => underWay.delete(answer));
    },
  };
  const api = createAuth0MfaApi({
    ...options,
    enrollWithCredentials: dialect.associateCredentials === 'required',
  });
  const firstLeg: Auth0SignIn = createAuth0SignIn({ ...options, scope: 'transfer:funds' });
  const phone = emulator.phone('ada');

  /** Waits until no request is open: signing their responses takes real time. */
  async function quiet(): Promise<void> {
    do {
      await Promise.allSettled(underWay);
      for (let turn = 0; turn < 10; turn += 1) await settled();
    } while (underWay.size > 0);
  }

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await clock.advance(500);
      await quiet();
    }
  }

  async function reaches(actor: LocalStepUpActor, state: FlowStateName): Promise<void> {
    for (let second = 0; second < 400; second += 1) {
      await quiet();
      if (actor.view.state === state) return;
      await pass(1_000);
    }
    throw new Error(`the flow is ${actor.view.state}, because of ${actor.view.reason}, and not ${state}`);
  }

  const world: World = {
    emulator,
    phone,
    api,
    pass,
    reaches,
    begin(factors = ['push', 'otp', 'sms', 'email', 'recovery-code']) {
      const actor = createStepUpActor({
        way: api,
        async signIn({ signal }) {
          const result = await firstLeg.password({ username: 'ada', password: 'correct-horse', signal });
          if (result.status !== 'mfa_required') throw new Error('the tenant asks for no MFA');
          return result;
        },
        factors,
        clock,
        random: () => 0.5,
        onError(error) {
          if (!isStepUpError(error, 'provider_unavailable')) expect.unreachable(String(error));
        },
      });
      actor.send({ type: 'flow.start' });
      return actor;
    },
    async enrol() {
      const actor = world.begin(['push', 'otp']);
      await reaches(actor, 'confirming');
      phone.scan(actor.view.disclosure?.barcodeUri);
      await reaches(actor, 'acknowledging');
      const codes = actor.view.disclosure?.recoveryCodes ?? [];
      actor.send({ type: 'codes.acknowledge' });
      await reaches(actor, 'approved');
      return codes;
    },
    async accessToken() {
      const audience = new URL('mfa/', emulator.issuer).href;
      const scope = 'enroll read:authenticators remove:authenticators';
      const signIn = createAuth0SignIn({ ...options, audience, scope });
      const first = await signIn.password({ username: 'ada', password: 'correct-horse' });
      if (first.status !== 'mfa_required') throw new Error('the tenant asks for no MFA');
      const proof = { type: 'otp', code: codeOf(phone) } as const;
      const redemption = await api.redeem({ mfaToken: first.mfaToken, proof });
      if (redemption.status !== 'approved') throw new Error(`the code is ${redemption.status}`);
      return redemption.tokens.accessToken;
    },
    add(adds) {
      const actor = createStepUpActor({ way: api, adds, clock, random: () => 0.5 });
      actor.send({ type: 'flow.start' });
      return actor;
    },
    requests: (path) => emulator.requests.filter((request) => request.path === path).length,
  };
  return world;
}

function choose(actor: LocalStepUpActor, factor: Factor): void {
  const id = actor.view.authenticators.find((one) => one.factor === factor)?.id;
  actor.send({ type: 'factor.choose', authenticatorId: id ?? `no ${factor} is offered` });
}

const codeOf = (phone: Phone): string => phone.codes().at(-1)?.code ?? '';

describe.each([
  ['as recorded', {}],
  ['on the other side of every contradiction', CONTRARY],
])('a tenant %s', (_, dialect) => {
  it('adds a phone and approves, after the recovery codes were acknowledged', async () => {
    const world = createWorld(dialect);
    const actor = world.begin();
    await world.reaches(actor, 'confirming');
    await world.pass(11_000);
    expect(actor.view.state).toBe('confirming');
    world.phone.scan(actor.view.disclosure?.barcodeUri);
    await world.reaches(actor, 'acknowledging');
    expect(actor.view.disclosure?.recoveryCodes).toHaveLength(1);
    actor.send({ type: 'codes.acknowledge' });
    expect(actor.view.state).toBe('approved');
    expect(actor.tokens()?.idToken).toMatch(/^eyJ/);
    expect(world.phone.view().authenticators).toHaveLength(3);
  });

  it('approves by push, without asking which phone', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    const actor = world.begin();
    await world.reaches(actor, 'polling');
    world.phone.approve();
    await world.reaches(actor, 'approved');
    expect(actor.tokens()?.scope).toContain('transfer:funds');
  });

  it('notices a denied push, and approves the next one', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    const actor = world.begin();
    await world.reaches(actor, 'polling');
    world.phone.deny();
    await world.reaches(actor, 'rejected');
    await world.pass(15_000);
    actor.send({ type: 'challenge.resend' });
    await world.reaches(actor, 'polling');
    world.phone.approve();
    await world.reaches(actor, 'approved');
    expect(world.requests('/mfa/challenge')).toBe(2);
  });

  it('lets an unanswered push expire, and stays within the limit of polls', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    const actor = world.begin();
    await world.reaches(actor, 'expired');
    expect(actor.view.allowedEvents).toEqual(expect.arrayContaining(['challenge.resend', 'flow.retry']));
    const refused = world.emulator.requests.filter(({ status }) => status === 429);
    expect(refused).toEqual([]);
    actor.send({ type: 'challenge.resend' });
    await world.reaches(actor, 'polling');
    world.phone.approve();
    await world.reaches(actor, 'approved');
  });

  it('accepts a code while the push is pending, and asks again after a wrong one', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    await world.pass(60_000);
    const actor = world.begin();
    await world.reaches(actor, 'polling');
    choose(actor, 'otp');
    expect(actor.view.state).toBe('prompting');
    actor.send({ type: 'code.submit', code: '000000' });
    await world.reaches(actor, 'prompting');
    expect(actor.view.reason).toBe('code_refused');
    actor.send({ type: 'code.submit', code: codeOf(world.phone) });
    await world.reaches(actor, 'approved');
    expect(world.requests('/mfa/challenge')).toBe(1);
  });

  it('accepts a recovery code, and shows the next one if there is one', async () => {
    const world = createWorld(dialect);
    const [code = ''] = await world.enrol();
    const actor = world.begin(['recovery-code']);
    await world.reaches(actor, 'choosing');
    choose(actor, 'recovery-code');
    actor.send({ type: 'code.submit', code: 'WRONGWRONGWRONGWRONGWRONG' });
    await world.reaches(actor, 'prompting');
    expect(actor.view.reason).toBe('code_refused');
    actor.send({ type: 'code.submit', code });
    if (dialect.newRecoveryCode !== 'absent') {
      await world.reaches(actor, 'acknowledging');
      expect(actor.view.disclosure?.recoveryCodes).not.toContain(code);
      actor.send({ type: 'codes.acknowledge' });
    }
    await world.reaches(actor, 'approved');
  });

  it.each([
    { factor: 'otp' },
    { factor: 'sms', phoneNumber: '+15550100100' },
    { factor: 'voice', phoneNumber: '+15550100100' },
    { factor: 'email', email: 'ada@bank.example' },
  ] as const)('adds and then takes $factor', async (addition) => {
    const { factor } = addition;
    const world = createWorld(dialect);
    const readCode = () =>
      factor === 'otp' ? codeOf(world.phone) : (world.phone.messages().at(-1)?.code ?? '');
    const adding = world.begin([factor, 'push']);
    await world.reaches(adding, 'confirming');
    adding.send({ type: 'enrollment.begin', ...addition });
    await world.reaches(adding, 'prompting');
    if (factor === 'otp') world.phone.scan(adding.view.disclosure?.barcodeUri);
    adding.send({ type: 'code.submit', code: readCode() });
    await world.reaches(adding, 'acknowledging');
    adding.send({ type: 'codes.acknowledge' });
    await world.reaches(adding, 'approved');

    await world.pass(60_000);
    const actor = world.begin([factor]);
    await world.reaches(actor, 'choosing');
    choose(actor, factor);
    await world.reaches(actor, 'prompting');
    actor.send({ type: 'code.submit', code: readCode() });
    await world.reaches(actor, 'approved');
  });

  it('asks which factor to use when one is not enough', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    world.emulator.configure({ requiredFactors: 2 });
    await world.pass(60_000);
    const actor = world.begin();
    await world.reaches(actor, 'polling');
    world.phone.approve();
    await world.reaches(actor, 'choosing');
    choose(actor, 'otp');
    actor.send({ type: 'code.submit', code: codeOf(world.phone) });
    await world.reaches(actor, 'approved');
    expect(world.requests('/mfa/challenge')).toBe(1);
  });

  it('uses only the factors that the tenant asks for', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    world.emulator.configure({ mfaRequirements: { challenge: ['otp'] } });
    const actor = world.begin();
    await world.reaches(actor, 'choosing');
    expect(actor.view.authenticators.map(({ factor }) => factor)).toEqual(['otp']);
    expect(world.requests('/mfa/challenge')).toBe(0);
  });

  it('survives a tenant that is down, slow or busy', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    const { faults } = world.emulator;
    faults.add({ match: { path: '/mfa/authenticators' }, respond: { status: 503, body: '<html>' } });
    const actor = world.begin();
    await world.reaches(actor, 'polling');
    const grantType = 'http://auth0.com/oauth/grant-type/mfa-oob';
    faults.add({ match: { grantType }, drop: 'before' });
    faults.add({ match: { grantType }, respond: { status: 502, body: '<html>Bad Gateway</html>' } });
    faults.add({ match: { grantType }, respond: { status: 400, body: { error: 'slow_down' } } });
    faults.add({
      match: { grantType },
      respond: { status: 429, headers: { 'retry-after': '20' }, body: { error: 'too_many_requests' } },
    });
    await world.pass(60_000);
    expect(actor.view.state).toBe('polling');
    world.phone.approve();
    await world.reaches(actor, 'approved');
  });

  it('gets only one request for a push when it does not confirm that it was sent', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    world.emulator.faults.add({ match: { path: '/mfa/challenge' }, drop: 'after' });
    const actor = world.begin();
    await world.reaches(actor, 'failed');
    expect(actor.view.reason).toBe('delivery_unknown');
    await world.pass(300_000);
    expect(world.phone.notifications()).toHaveLength(1);
  });

  it('is asked again when the tokens of an approval were lost', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    const actor = world.begin();
    await world.reaches(actor, 'polling');
    world.phone.approve();
    world.emulator.faults.add({
      match: { grantType: 'http://auth0.com/oauth/grant-type/mfa-oob' },
      drop: 'after',
    });
    await world.pass(20_000);
    expect(['failed', 'expired']).toContain(actor.view.state);
    expect(actor.tokens()).toBeUndefined();
    await world.pass(15_000);
    actor.send({ type: 'flow.retry' });
    await world.reaches(actor, 'polling');
    world.phone.approve();
    await world.reaches(actor, 'approved');
  });

  it('adds a second factor with an access token, and not with an mfa_token', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    const accessToken = await world.accessToken();
    const actor = world.add({ factor: 'otp', accessToken });
    await world.reaches(actor, 'prompting');
    world.phone.scan(actor.view.disclosure?.barcodeUri);
    actor.send({ type: 'code.submit', code: world.phone.codes().at(-1)?.code ?? '' });
    await world.reaches(actor, 'approved');
    const all = await world.api.list({ mfaToken: accessToken });
    expect(all.filter(({ factor, active }) => factor === 'otp' && active)).toHaveLength(2);
  });

  it('renews a token that expired while the user was choosing', async () => {
    const world = createWorld(dialect);
    await world.enrol();
    world.emulator.configure({ lifetimes: { mfaTokenMs: 30_000 } });
    const actor = world.begin(['otp']);
    await world.reaches(actor, 'choosing');
    choose(actor, 'otp');
    await world.pass(60_000);
    actor.send({ type: 'code.submit', code: codeOf(world.phone) });
    await world.reaches(actor, 'prompting');
    expect(actor.view.reason).toBe('input_lost');
    actor.send({ type: 'code.submit', code: codeOf(world.phone) });
    await world.reaches(actor, 'approved');
  });
});
