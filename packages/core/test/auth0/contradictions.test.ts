import { readFileSync } from 'node:fs';
import { createEmulator, type Dialect, type Emulator, type EmulatorOptions } from '@stepgate/emulator';
import { signingKey } from 'suites/signing-key.ts';
import { describe, expect, it } from 'vitest';
import {
  type Auth0MfaApiOptions,
  createAuth0MfaApi,
  createAuth0SignIn,
  type EnrollingWay,
  FLOW_DEFAULTS,
  type MfaTransaction,
  type Proof,
  type Redemption,
  type TokenSet,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** A client connected to a tenant in one of the two variants. */
interface Meeting {
  readonly emulator: Emulator;
  readonly api: EnrollingWay;
  /** A first leg that ended in `mfa_required`. */
  readonly meet: () => Promise<MfaTransaction>;
  /** Tokens for the password alone: for an audience or scope that needs no MFA. */
  readonly signIn: (ask: { readonly audience?: string; readonly scope?: string }) => Promise<TokenSet>;
  /** A phone that answers pushes, and the recovery code that came with it. */
  readonly enrol: () => Promise<string>;
  /** A sent push, and its exchange. */
  readonly push: () => Promise<{ readonly poll: () => Promise<Redemption> }>;
}

function meetingOf(world: EmulatorOptions, client: Partial<Auth0MfaApiOptions> = {}): Meeting {
  const emulator = createEmulator({
    issuer: 'https://tenant.test/',
    clock: createFakeClock(),
    signingKey,
    ...world,
  });
  const options: Auth0MfaApiOptions = {
    issuer: emulator.issuer,
    clientId: 'stepgate-demo',
    clientSecret: 'stepgate-demo-secret',
    now: () => emulator.clock.now(),
    fetch: (input, init) => emulator.handle(new Request(input, init)),
    ...client,
  };
  const api = createAuth0MfaApi(options);
  const ada = { username: 'ada', password: 'correct-horse' };

  const meeting: Meeting = {
    emulator,
    api,
    async meet() {
      const result = await createAuth0SignIn({ ...options, scope: 'transfer:funds' }).password(ada);
      if (result.status !== 'mfa_required') throw new Error('the tenant asks for no MFA');
      return result;
    },
    async signIn(ask) {
      const result = await createAuth0SignIn({ ...options, ...ask }).password(ada);
      if (result.status !== 'signed_in') throw new Error('the tenant asks for MFA');
      return result.tokens;
    },
    async enrol() {
      const { mfaToken } = await meeting.meet();
      const { oobCode = '', recoveryCodes = [] } = await api.enroll({ mfaToken, factor: 'push' });
      emulator.phone('ada').scan();
      await api.redeem({ mfaToken, proof: { type: 'oob', oobCode }, enrolling: true });
      return recoveryCodes[0] ?? '';
    },
    async push() {
      const { mfaToken } = await meeting.meet();
      const authenticatorId = emulator.phone('ada').view().authenticators[0]?.id as string;
      const { oobCode = '' } = await api.challenge({ mfaToken, authenticatorId, factor: 'push' });
      const proof: Proof = { type: 'oob', oobCode };
      return { poll: () => api.redeem({ mfaToken, proof }) };
    },
  };
  return meeting;
}

/** The same test for each value of a dialect's member. */
function inEach<K extends keyof Dialect>(
  member: K,
  choices: readonly Dialect[K][],
  title: string,
  test: (world: EmulatorOptions, choice: Dialect[K]) => Promise<void>,
): void {
  it.each(choices)(`${title} (${member}: %s)`, (choice) => test({ dialect: { [member]: choice } }, choice));
}

/** The titles of the tests, which the README repeats. */
const TITLES: string[] = [];
function row(title: string, tests: () => void): void {
  TITLES.push(title);
  describe(title, tests);
}

describe('the contradictions of the sources', () => {
  row('C1: recognises a denied push by either error', () => {
    inEach('rejection', ['access_denied', 'invalid_grant'], 'is rejected', async (world) => {
      const { emulator, enrol, push } = meetingOf(world);
      await enrol();
      const { poll } = await push();
      emulator.phone('ada').deny();
      expect(await poll()).toEqual({ status: 'rejected' });
    });
  });

  row('C2: recognises a pending push by the body', () => {
    inEach('pendingStatus', [400, 200], 'is pending', async (world) => {
      const { enrol, push } = meetingOf(world);
      await enrol();
      expect(await (await push()).poll()).toEqual({ status: 'pending' });
    });
  });

  row('C3: recognises a demand for MFA by the body', () => {
    inEach('mfaRequiredStatus', [403, 401, 400], 'is a transaction', async (world) => {
      expect(await meetingOf(world).meet()).toMatchObject({ mfaToken: expect.any(String) });
    });
  });

  row('C4: recognises a user without a factor by either error', () => {
    const choices = ['association_required', 'unsupported_challenge_type'] as const;
    inEach('notEnrolled', choices, 'is not enrolled', async (world) => {
      const { api, meet } = meetingOf(world);
      const { mfaToken } = await meet();
      const challenged = api.challenge({ mfaToken, authenticatorId: 'push|dev_1', factor: 'push' });
      await expect(challenged).rejects.toMatchObject({ code: 'not_enrolled' });
      const typed = api.redeem({ mfaToken, proof: { type: 'otp', code: '123456' } });
      await expect(typed).rejects.toMatchObject({ code: 'not_enrolled' });
    });
  });

  row('C5: sends the client credentials with an enrolment when configured to', () => {
    inEach('associateCredentials', ['optional', 'required'], 'is started with them', async (world) => {
      const { api, meet } = meetingOf(world, { enrollWithCredentials: true });
      const { mfaToken } = await meet();
      expect(await api.enroll({ mfaToken, factor: 'push' })).toMatchObject({ binding: 'poll' });
    });
    it('are left out by default, which a tenant that requires them refuses', async () => {
      const { api, meet } = meetingOf({ dialect: { associateCredentials: 'required' } });
      const { mfaToken } = await meet();
      await expect(api.enroll({ mfaToken, factor: 'push' })).rejects.toMatchObject({
        code: 'provider_error',
      });
    });
  });

  row('C6: sends the bearer when it confirms an enrolment, which no tenant refuses', () => {
    inEach('confirmBearer', ['ignored', 'required'], 'is confirmed', async (world) => {
      const { emulator, enrol } = meetingOf(world);
      await enrol();
      expect(emulator.phone('ada').view().authenticators[0]).toMatchObject({ active: true });
    });
  });

  row('C7: reads the channel of an authenticator under both names', () => {
    inEach('channelMember', ['oob_channel', 'oob_channels'], 'is a push', async (world) => {
      const { api, enrol, meet } = meetingOf(world);
      await enrol();
      const factors = (await api.list(await meet())).map(({ factor }) => factor);
      expect(factors).toEqual(['push', 'otp', 'recovery-code']);
    });
  });

  row('C8: requests a challenge as JSON', () => {
    inEach('challengeContentType', ['any', 'json'], 'is sent', async (world) => {
      const { emulator, enrol, push } = meetingOf(world);
      await enrol();
      await push();
      expect(emulator.phone('ada').notifications()).toHaveLength(1);
    });
  });

  row('C9: requests tokens as a form', () => {
    inEach('tokenContentType', ['any', 'form'], 'are issued', async (world) => {
      const { emulator, enrol, push } = meetingOf(world);
      await enrol();
      const { poll } = await push();
      emulator.phone('ada').approve();
      expect(await poll()).toMatchObject({ status: 'approved' });
    });
  });

  row('C10: names exactly one type of challenge', () => {
    inEach('challengeType', ['optional', 'required'], 'is sent', async (world) => {
      const { emulator, enrol, push } = meetingOf(world);
      await enrol();
      await push();
      expect(emulator.phone('ada').notifications()).toHaveLength(1);
    });
  });

  row('C11: names the authenticator of a challenge, and not the channel', () => {
    inEach(
      'challengeChannel',
      ['optional', 'required'],
      'is sent, or refused with a clear error',
      async (world, choice) => {
        const { emulator, enrol, push } = meetingOf(world);
        await enrol();
        if (choice === 'optional') await push();
        else await expect(push()).rejects.toMatchObject({ code: 'provider_error' });
        expect(emulator.phone('ada').notifications()).toHaveLength(choice === 'optional' ? 1 : 0);
      },
    );
  });

  row('C12: lists authenticators with both credentials, or with an access token only', () => {
    inEach('listCredential', ['any', 'access_token'], 'are listed', async (world, choice) => {
      const { api, emulator, meet, signIn } = meetingOf(world);
      const { accessToken } = await signIn({
        audience: `${emulator.issuer}mfa/`,
        scope: 'read:authenticators',
      });
      expect(await api.list({ mfaToken: accessToken })).toEqual([]);
      const listed = api.list(await meet());
      if (choice === 'any') expect(await listed).toEqual([]);
      // The token looks expired: the first leg runs again, but only once.
      else await expect(listed).rejects.toMatchObject({ code: 'mfa_token_expired' });
    });
  });

  row('C13: removes an authenticator with an access token', () => {
    inEach('removeCredential', ['access_token', 'any'], 'is removed', async (world) => {
      const { api, emulator, enrol, signIn } = meetingOf(world);
      const audience = `${emulator.issuer}mfa/`;
      const { accessToken } = await signIn({ audience, scope: 'remove:authenticators' });
      await enrol();
      const authenticatorId = emulator.phone('ada').view().authenticators[0]?.id as string;
      await api.remove({ accessToken, authenticatorId });
      expect(emulator.phone('ada').view().authenticators).toEqual([]);
    });
  });

  row('C14: assumes that an mfa_token lives five minutes, and notices when it lives shorter', () => {
    it.each([300_000, 600_000])('is expired when the tenant says so (mfaTokenMs: %i)', async (mfaTokenMs) => {
      const { emulator, api, enrol, meet } = meetingOf({ lifetimes: { mfaTokenMs } });
      await enrol();
      const transaction = await meet();
      emulator.clock.advance(FLOW_DEFAULTS.mfaTokenTtlMs - 1);
      expect(await api.list(transaction)).toHaveLength(3);
      emulator.clock.advance(mfaTokenMs - FLOW_DEFAULTS.mfaTokenTtlMs + 1);
      await expect(api.list(transaction)).rejects.toMatchObject({ code: 'mfa_token_expired' });
    });
  });

  row('C15: reads the requirements in both shapes', () => {
    inEach('mfaRequirements', ['lists', 'challenge_types'], 'names the factors', async (world) => {
      const { emulator, enrol, meet } = meetingOf(world);
      await enrol();
      emulator.configure({ mfaRequirements: { challenge: ['otp', 'recovery-code'] } });
      const { requirements } = await meet();
      expect(requirements).toEqual({ challenge: ['otp', 'recovery-code'] });
    });
  });

  row('C16: requests the configured audience for the MFA API', () => {
    it.each(['https://tenant.test/mfa/', 'https://canonical.eu.auth0.test/mfa/'])(
      'works with that audience (mfaAudience: %s)',
      async (mfaAudience) => {
        const { api, signIn } = meetingOf({ mfaAudience });
        const { accessToken } = await signIn({ audience: mfaAudience, scope: 'read:authenticators' });
        expect(await api.list({ mfaToken: accessToken })).toEqual([]);
      },
    );
  });

  row('C17: polls a push that has no binding method', () => {
    it('is pending until the user answers, and then approved', async () => {
      const { emulator, enrol, push } = meetingOf({});
      await enrol();
      const { poll } = await push();
      const before = await poll();
      emulator.phone('ada').approve();
      expect([before, await poll()]).toMatchObject([{ status: 'pending' }, { status: 'approved' }]);
    });
  });

  row('C18: accepts a refresh token with the tokens', () => {
    inEach(
      'refreshToken',
      ['offline_access', 'always'],
      'is returned when there is one',
      async (world, choice) => {
        const { emulator, enrol, push } = meetingOf(world);
        await enrol();
        const { poll } = await push();
        emulator.phone('ada').approve();
        const { tokens } = (await poll()) as { tokens: object };
        expect('refreshToken' in tokens).toBe(choice === 'always');
      },
    );
  });

  row('C19: reads the life of an access token', () => {
    it.each([600, 86_400])('is what the response says (accessTokenMs: %i s)', async (seconds) => {
      const { emulator, enrol, push } = meetingOf({ lifetimes: { accessTokenMs: seconds * 1_000 } });
      await enrol();
      const { poll } = await push();
      emulator.phone('ada').approve();
      expect(await poll()).toMatchObject({ tokens: { expiresIn: seconds } });
    });
  });

  row('C20: recognises an expired token by the body', () => {
    inEach('expiredTokenStatus', [403, 401], 'is not confused with an expired challenge', async (world) => {
      const { emulator, enrol, push } = meetingOf(world);
      await enrol();
      const { poll } = await push();
      emulator.clock.advance(300_000);
      await expect(poll()).rejects.toMatchObject({ code: 'mfa_token_expired' });

      emulator.configure({ lifetimes: { oobCodeMs: 60_000 } });
      const { poll: shorter } = await push();
      emulator.clock.advance(60_000);
      await expect(shorter()).rejects.toMatchObject({ code: 'challenge_expired' });
    });
  });

  row('C24: accepts the next recovery code after a login with one', () => {
    inEach(
      'newRecoveryCode',
      ['always', 'absent'],
      'is returned when there is one',
      async (world, choice) => {
        const { api, enrol, meet } = meetingOf(world);
        const code = await enrol();
        const { mfaToken } = await meet();
        const redeemed = await api.redeem({ mfaToken, proof: { type: 'recovery-code', code } });
        expect(redeemed).toMatchObject({ status: 'approved' });
        expect('recoveryCode' in redeemed).toBe(choice === 'always');
      },
    );
  });

  row('C25: treats an mfa_token as opaque', () => {
    inEach('mfaTokenForm', ['sealed', 'jwt'], 'works in either form', async (world, choice) => {
      const { api, meet } = meetingOf(world);
      const transaction = await meet();
      expect(transaction.mfaToken.startsWith(choice === 'jwt' ? 'eyJ' : 'Fe26.2')).toBe(true);
      expect(await api.list(transaction)).toEqual([]);
    });
  });

  it('are all in the README, each with its setting and what is tested', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const told = [...readme.matchAll(/^\| (C\d+) +\| (?:[^|]*\|){2} ([^|]*?) +\|$/gm)].map(
      ([, number, title]) => `${number}: ${title}`,
    );
    expect(told.filter((title) => !title.includes('CIBA'))).toEqual(TITLES);
  });
});
