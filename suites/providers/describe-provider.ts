import { inspect } from 'node:util';
import { type Challenge, isReasonCode, isStepUpError, type Way, type WayName } from '@stepgate/core';
import type { ConnectedProvider, Provider } from '@stepgate/server';
import { beforeEach, describe, expect, it } from 'vitest';
import { describePage, type PageScene } from './describe-page.ts';

/** A provider with one user, whose phone the suite answers. */
export interface ProviderScene {
  readonly provider: Provider;
  /** The user. Their phone takes pushes. */
  readonly subject: string;
  /** Somebody whom the provider does not know. */
  readonly stranger: string;
  /** Values that no error may contain. */
  readonly secrets: readonly string[];
  /** The provider's time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** What the first leg of a way yields for the user. Not called for ways without one. */
  readonly mfaToken: () => Promise<string>;
  /** How many pushes the phone has got, and what the newest one shows. */
  readonly pushes: () => { readonly count: number; readonly message: string };
  readonly approve: () => Promise<void>;
  readonly deny: () => Promise<void>;
  /** Lets so much time pass that the provider may be polled again. */
  readonly wait: () => void;
  /** For the way `redirect`: where its users come back to, and what the user does on the page. */
  readonly page?: Pick<PageScene, 'callback' | 'visit'>;
}

/** The rules that every provider keeps to, for each of its ways. `open` makes a fresh scene. */
export function describeProvider(
  name: string,
  ways: readonly WayName[],
  open: () => Promise<ProviderScene>,
): void {
  if (ways.includes('redirect')) {
    describePage(name, async () => {
      const { page, provider, ...scene } = await open();
      if (page === undefined) throw new Error('the scene has no page');
      return { ...scene, ...page, connected: connectTo(provider, scene.now) };
    });
  }
  describe.each(ways.filter((way) => way !== 'redirect'))(`${name}, by %s`, (wayName) => {
    let scene: ProviderScene;
    let connected: ConnectedProvider;
    let way: Way;
    let mfaToken: string;

    beforeEach(async () => {
      scene = await open();
      connected = connectTo(scene.provider, scene.now);
      way = wayOf(connected, wayName);
      mfaToken = way.can.firstLeg === 'none' ? '' : await scene.mfaToken();
    });

    async function challenge(
      options: { readonly subject?: string; readonly title?: string; readonly mustShow?: 'message' } = {},
    ): Promise<Challenge> {
      const { subject = scene.subject, title = 'Pay 9', mustShow } = options;
      const phone = (await way.list({ mfaToken })).find(({ active, factor }) => active && factor === 'push');
      const approval = { subject, code: 'K7QM', action: { id: '1', title }, mustShow };
      return way.challenge({
        mfaToken,
        authenticatorId: phone?.id ?? '',
        factor: 'push',
        ...(way.can.phoneShows !== 'nothing' && { approval }),
      });
    }

    const redeem = (sent: Challenge) => {
      scene.wait();
      return way.redeem({
        mfaToken,
        proof: { type: 'oob', oobCode: sent.oobCode ?? '' },
        expiresAt: scene.now() + (sent.expiresInMs ?? 300_000),
        approval: { subject: scene.subject, code: 'K7QM', action: { id: '1', title: 'Pay 9' } },
      });
    };

    async function tokensOf(sent: Challenge) {
      const result = await redeem(sent);
      if (result.status !== 'approved') throw new Error(`the provider said ${result.status}`);
      return result.tokens;
    }

    async function errorOf(work: Promise<unknown>): Promise<unknown> {
      return work.then(
        () => expect.unreachable('it did not fail'),
        (error: unknown) => error,
      );
    }

    it('says what it can do before it is connected', () => {
      const told = scene.provider.ways.find((one) => one.name === wayName);
      expect(told?.can).toEqual(way.can);
      expect(scene.provider.ways.map((one) => one.name)).toEqual(connected.ways.map((one) => one.name));
      expect(JSON.parse(JSON.stringify(way.can))).toEqual(way.can);
    });

    it('lists only factors that it can prove', async () => {
      const listed = await way.list({ mfaToken });
      expect(listed.some(({ active, factor }) => active && factor === 'push')).toBe(true);
      for (const { factor } of listed) expect(way.can.factors).toContain(factor);
    });

    it('sends one push for one challenge, and waits for the answer', async () => {
      const sent = await challenge();
      expect(sent).toMatchObject({ binding: 'poll', oobCode: expect.any(String) as string });
      expect(scene.pushes().count).toBe(1);
      expect(await redeem(sent)).toEqual({ status: 'pending' });
      expect(scene.pushes().count).toBe(1);
    });

    it('says what the phone shows, and shows no part of a title', async () => {
      const { shown } = await challenge({ title: 'Pay 9' });
      const { message } = scene.pushes();
      if (way.can.phoneShows === 'nothing') {
        expect(shown).toBeUndefined();
        return;
      }
      expect(shown).toBe('message');
      expect(message).toContain('K7QM');
      expect(message).toContain('9');
      scene.wait();
      const long = await challenge({ title: 'x'.repeat(1_000) });
      expect(long.shown).toBe('code');
      expect(scene.pushes().message).toBe('K7QM');
    });

    it('sends nothing where it cannot show what it must', async () => {
      if (way.can.phoneShows === 'nothing') return;
      const error = await errorOf(challenge({ title: 'x'.repeat(1_000), mustShow: 'message' }));
      expect(error).toMatchObject({ code: 'factor_unavailable' });
      expect(scene.pushes().count).toBe(0);
    });

    it("yields tokens that are the user's, and nobody else's", async () => {
      await connected.identityCheck.prepare(scene.subject, {});
      const sent = await challenge();
      await scene.approve();
      const tokens = await tokensOf(sent);
      // Would throw for anybody else's.
      await connected.identityCheck.check(tokens, scene.subject, {});
      await expect(connected.identityCheck.check(tokens, scene.stranger, {})).rejects.toMatchObject({
        code: 'subject_mismatch',
      });
      const forged = { ...tokens, idToken: `${tokens.idToken?.slice(0, -8)}AAAAAAAA` };
      await expect(connected.identityCheck.check(forged, scene.subject, {})).rejects.toMatchObject({
        code: 'identity_refused',
      });
    });

    it('yields them once', async () => {
      const sent = await challenge();
      await scene.approve();
      await tokensOf(sent);
      expect(isStepUpError(await errorOf(redeem(sent)))).toBe(true);
    });

    it('tells a denial from everything else', async () => {
      const sent = await challenge();
      await scene.deny();
      expect(await redeem(sent)).toEqual({ status: 'rejected' });
    });

    it('refuses an answer to a challenge that it has not sent', async () => {
      await challenge();
      const error = await errorOf(redeem({ binding: 'poll', oobCode: 'made-up' }));
      expect(isStepUpError(error) && isReasonCode(error.code)).toBe(true);
    });

    it('sends nothing to a user whom it does not know', async () => {
      if (way.can.firstLeg !== 'none') return;
      const error = await errorOf(challenge({ subject: scene.stranger }));
      expect(['not_enrolled', 'factor_unavailable']).toContain(isStepUpError(error) && error.code);
      expect(scene.pushes().count).toBe(0);
    });

    it('keeps its secrets out of its errors', async () => {
      const errors = [
        await errorOf(redeem({ binding: 'poll', oobCode: 'made-up' })),
        await errorOf(way.challenge({ mfaToken: 'made-up', authenticatorId: 'made-up', factor: 'push' })),
      ];
      for (const secret of [...scene.secrets, mfaToken].filter((one) => one !== '')) {
        expect(inspect(errors, { depth: 10, showHidden: true })).not.toContain(secret);
      }
    });
  });
}

function connectTo(provider: Provider, now: () => number): ConnectedProvider {
  return provider.connect({
    now,
    sendersFor: (own) => ({ fetch: own ?? fetch, transport: undefined }),
    onResponse: () => {},
  });
}

function wayOf({ ways }: ConnectedProvider, name: WayName): Way {
  const found = ways.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the provider has no way ${name}`);
  return found;
}
