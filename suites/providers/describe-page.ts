import { inspect } from 'node:util';
import {
  belongsTo,
  type Departed,
  type Departure,
  isStepUpError,
  parseReturn,
  type Return,
  type Way,
} from '@stepgate/core';
import type { ConnectedProvider } from '@stepgate/server';
import { beforeEach, describe, expect, it } from 'vitest';

/** A provider whose page the suite visits as its user. */
export interface PageScene {
  readonly connected: ConnectedProvider;
  readonly subject: string;
  readonly stranger: string;
  /** Values that no error may contain. */
  readonly secrets: readonly string[];
  /** Where the provider sends its users back to. */
  readonly callback: string;
  /** What a user does on the page: the query of the return. */
  readonly visit: (authorizationUrl: string, answer: 'confirm' | 'refuse') => Promise<string>;
}

/** The rules that a way keeps to whose users go to the provider's page and come back. */
export function describePage(name: string, open: () => Promise<PageScene>): void {
  describe(`${name}, by redirect`, () => {
    let scene: PageScene;
    let way: Way;
    let codeOf: (returned: Return) => Promise<string>;

    beforeEach(async () => {
      scene = await open();
      const found = scene.connected.ways.find((one) => one.name === 'redirect');
      if (found?.codeOf === undefined) throw new Error('the provider has no way redirect that reads returns');
      way = found;
      codeOf = (returned) => found.codeOf?.(returned) ?? Promise.reject(new Error('it reads no returns'));
    });

    async function depart(): Promise<Departure> {
      const [page] = await way.list({ mfaToken: '' });
      const { binding, departure } = await way.challenge({
        mfaToken: '',
        authenticatorId: page?.id ?? '',
        factor: 'hosted',
        subject: scene.subject,
        destination: { redirectUri: scene.callback },
      });
      expect(binding).toBe('redirect');
      if (departure === undefined) throw new Error('it leads nowhere');
      return departure;
    }

    async function comeBack(departure: Departure, answer: 'confirm' | 'refuse' = 'confirm'): Promise<Return> {
      return parseReturn(await scene.visit(departure.authorizationUrl, answer));
    }

    async function exchange(departure: Departure, returned: Return) {
      const code = await codeOf(returned);
      const done = await way.redeem({ mfaToken: '', proof: { type: 'return', code, departure } });
      if (done.status !== 'approved' || done.times === undefined)
        throw new Error(`the provider said ${done.status}, or not when`);
      const departed: Departed = { ...done.times, departure };
      return { tokens: done.tokens, departed };
    }

    it('is a way for browsers, whose factor is the page', async () => {
      expect(way.can).toMatchObject({ firstLeg: 'none', factors: ['hosted'], needsBrowser: true });
      expect(way.can.listsDevices).toBe(false);
      expect(await way.list({ mfaToken: '' })).toMatchObject([{ factor: 'hosted', active: true }]);
    });

    it('leads each user away with secrets that were never used', async () => {
      const [one, other] = [await depart(), await depart()];
      for (const name of ['state', 'nonce', 'verifier'] as const) {
        expect(one[name].length).toBeGreaterThanOrEqual(43);
        expect(one[name]).not.toBe(other[name]);
      }
      expect(one).toMatchObject({ subject: scene.subject, redirectUri: scene.callback });
      expect(one.authorizationUrl).not.toContain(one.verifier);
    });

    it("proves that the user has just confirmed, and nobody else's confirmation", async () => {
      const departure = await depart();
      const returned = await comeBack(departure);
      expect(belongsTo(returned, departure)).toBe(true);
      const { tokens, departed } = await exchange(departure, returned);
      const { identityCheck } = scene.connected;
      await identityCheck.prepare(scene.subject, {});
      // Would throw for anybody else's.
      await identityCheck.check(tokens, scene.subject, { departed });
      await expect(identityCheck.check(tokens, scene.stranger, { departed })).rejects.toMatchObject({
        code: 'subject_mismatch',
      });
      const theirs = { ...departed, departure: { ...departure, subject: scene.stranger } };
      await expect(identityCheck.check(tokens, scene.subject, { departed: theirs })).rejects.toMatchObject({
        code: 'subject_mismatch',
      });
    });

    it('proves nothing for another departure, or for one after the confirmation', async () => {
      const departure = await depart();
      const { tokens, departed } = await exchange(departure, await comeBack(departure));
      const { identityCheck } = scene.connected;
      const other = { ...departed, departure: { ...departure, nonce: 'n'.repeat(43) } };
      await expect(identityCheck.check(tokens, scene.subject, { departed: other })).rejects.toMatchObject({
        code: 'identity_refused',
      });
      const { receivedAt } = departed;
      const later = { ...departed, departure: { ...departure, departedAt: receivedAt + 60_000 } };
      await expect(identityCheck.check(tokens, scene.subject, { departed: later })).rejects.toMatchObject({
        code: 'authentication_stale',
      });
    });

    it('takes a code once, and with its own departure', async () => {
      const departure = await depart();
      const returned = await comeBack(departure);
      await exchange(departure, returned);
      await expect(exchange(departure, returned)).rejects.toMatchObject({ code: 'result_lost' });
      const [mine, other] = [await depart(), await depart()];
      const theirs = await comeBack(other);
      await expect(exchange(mine, theirs)).rejects.toMatchObject({ code: 'result_lost' });
    });

    it('tells a refusal from everything else', async () => {
      const departure = await depart();
      const returned = await comeBack(departure, 'refuse');
      expect(belongsTo(returned, departure)).toBe(true);
      await expect(codeOf(returned)).rejects.toMatchObject({ code: 'rejected' });
    });

    it('takes no answer of another provider', async () => {
      const departure = await depart();
      const { parameters, state } = await comeBack(departure);
      parameters.set('iss', 'https://evil.example');
      await expect(codeOf({ parameters, state })).rejects.toMatchObject({ code: 'identity_refused' });
    });

    it('keeps its secrets out of its errors', async () => {
      const departure = await depart();
      const returned = await comeBack(departure);
      const code = await codeOf(returned);
      const stolen = { ...departure, verifier: 'v'.repeat(43) };
      const error = await way
        .redeem({ mfaToken: '', proof: { type: 'return', code, departure: stolen } })
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
      expect(isStepUpError(error)).toBe(true);
      for (const secret of [...scene.secrets, code, departure.nonce, departure.state]) {
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret);
      }
    });
  });
}
