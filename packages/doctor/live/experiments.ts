import { checkMfaAudience } from '../src/checks/mfa-audience.ts';
import { type Exchange, errorOf, inWords, member, observe } from '../src/wire.ts';
import { type LiveTenant, Missing } from './tenant.ts';

/** What a person is asked to do on the phone. */
export type Tell = (words: string) => void;

/** A question of which the sources leave the answer open, and how a tenant is asked for it. */
export interface Experiment {
  readonly question: string;
  /** How many pushes it sends. */
  readonly pushes: number;
  ask(tenant: LiveTenant, tell: Tell): Promise<string>;
}

/** A question that no client can answer. */
const byHand = (question: string, how: string): Experiment => ({
  question,
  pushes: 0,
  ask: async () => `by hand: ${how}`,
});

/** In the order in which they were written down, by which they are numbered. */
export const EXPERIMENTS: readonly Experiment[] = [
  {
    question: 'how is a further factor refused that an mfa_token asks for?',
    pushes: 0,
    async ask({ api, wire, beginTransaction }) {
      const { mfaToken } = await beginTransaction();
      const authenticators = await api.list({ mfaToken });
      if (!authenticators.some(({ active }) => active)) throw new Missing('a test user with a factor');
      return inWords(await observe(wire, () => api.enroll({ mfaToken, factor: 'otp' })));
    },
  },
  {
    question: 'what do polls above the limit get?',
    pushes: 1,
    async ask({ beginTransaction, push, poll }) {
      const { mfaToken } = await beginTransaction();
      const { oobCode } = await push(mfaToken);
      for (let polls = 1; polls <= MOST_POLLS; polls += 1) {
        const exchange = await poll(mfaToken, oobCode);
        if (errorOf({ exchange }) === 'authorization_pending') continue;
        return `poll ${polls}: ${inWords({ exchange })}${limitHeaders(exchange)}`;
      }
      return `${MOST_POLLS} polls, and no limit`;
    },
  },
  byHand(
    'what does confirming a factor need that an MFA access token began?',
    'add a factor on the page of devices, with confirmWithBearer and without',
  ),
  {
    question: 'which audience opens the MFA API?',
    pushes: 0,
    async ask({ auth0, user, wire }) {
      const base = new URL('mfa/', auth0.issuer).href;
      const candidates = [...new Set([base, base.slice(0, -1), auth0.mfaAudience ?? base])];
      const answers: string[] = [];
      for (const mfaAudience of candidates) {
        const asked = { user, managesAuthenticators: true };
        const { verdict, seen } = await checkMfaAudience({ ...auth0, mfaAudience }, wire, asked);
        answers.push(verdict === 'ok' ? `${mfaAudience}: yes` : `${mfaAudience}: no (${seen})`);
      }
      return answers.join('; ');
    },
  },
  {
    question: 'how long do mfa_token and oob_code live, by the look of them?',
    pushes: 1,
    async ask({ beginTransaction, push }) {
      const { mfaToken } = await beginTransaction();
      const { oobCode } = await push(mfaToken);
      return `mfa_token ${lifeOf(mfaToken)}, oob_code ${lifeOf(oobCode)}`;
    },
  },
  {
    question: 'does a second push end the first one of the same transaction?',
    pushes: 2,
    async ask({ beginTransaction, push, poll }) {
      const { mfaToken } = await beginTransaction();
      const first = await push(mfaToken);
      const second = await push(mfaToken);
      const older = inWords({ exchange: await poll(mfaToken, first.oobCode) });
      const newer = inWords({ exchange: await poll(mfaToken, second.oobCode) });
      return `the first gets ${older}, the second ${newer}`;
    },
  },
  byHand(
    'does auth0-forwarded-for have an effect on /mfa/*?',
    "look at the tenant's log for the address of a challenge that was sent with it",
  ),
  byHand('which limits does the plan have?', 'answer 2 has the headers that name one'),
  byHand('how does a push show that cannot be delivered?', 'remove the app from the phone, and send one'),
  {
    question: 'is an mfa_token good after a denied push, and after an approved one?',
    pushes: 2,
    async ask({ beginTransaction, push, answer, isAlive }, tell) {
      const { mfaToken } = await beginTransaction();
      const denied = await push(mfaToken);
      tell('Deny the push on the phone.');
      if ((await answer(mfaToken, denied.oobCode)) !== 'rejected') throw new Missing('a push that is denied');
      const afterDenial = await isAlive(mfaToken);
      const next = afterDenial === 'still good' ? mfaToken : (await beginTransaction()).mfaToken;
      const approved = await push(next);
      tell('Approve the push on the phone.');
      if ((await answer(next, approved.oobCode)) !== 'approved') throw new Missing('a push that is approved');
      return `after a denial ${afterDenial}, after an approval ${await isAlive(next)}`;
    },
  },
  {
    question: 'is an mfa_token good after three wrong codes?',
    pushes: 0,
    async ask({ api, wire, beginTransaction, isAlive }) {
      const { mfaToken } = await beginTransaction();
      let last = '';
      for (const code of ['000000', '000001', '000002']) {
        last = inWords(await observe(wire, () => api.redeem({ mfaToken, proof: { type: 'otp', code } })));
      }
      return `${await isAlive(mfaToken)}; the last code got ${last}`;
    },
  },
  {
    question: 'which values has type in the list of authenticators?',
    pushes: 0,
    async ask({ api, wire, beginTransaction }) {
      const { mfaToken } = await beginTransaction();
      await api.list({ mfaToken });
      const rows = wire.last()?.body;
      const kinds = (Array.isArray(rows) ? (rows as unknown[]) : []).map(
        (row) => `${nameOf(row, 'oob_channel', 'authenticator_type')}: ${nameOf(row, 'type')}`,
      );
      return [...new Set(kinds)].join('; ') || 'the list is empty';
    },
  },
  {
    question: 'does Basic authentication work on /mfa/challenge?',
    pushes: 0,
    async ask({ auth0, api, wire, beginTransaction }) {
      const { clientId, clientSecret } = auth0;
      if (clientSecret === undefined) throw new Missing('an application with a secret');
      const { mfaToken } = await beginTransaction();
      // A challenge by one-time password sends nothing.
      const generator = (await api.list({ mfaToken })).find(
        ({ factor, active }) => active && factor === 'otp',
      );
      if (generator === undefined) throw new Missing('a test user with one-time passwords');
      const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
      await wire.fetch(new URL('mfa/challenge', auth0.issuer), {
        method: 'POST',
        redirect: 'error',
        headers: {
          authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          client_id: clientId,
          mfa_token: mfaToken,
          challenge_type: 'otp',
          authenticator_id: generator.id,
        }),
      });
      return inWords({ exchange: wire.last() });
    },
  },
  {
    question: 'what is sent for challenge_type oob, without an authenticator?',
    pushes: 1,
    async ask({ auth0, wire, beginTransaction }) {
      const { clientId, clientSecret } = auth0;
      if (clientSecret === undefined) throw new Missing('an application with a secret');
      const { mfaToken } = await beginTransaction();
      await wire.fetch(new URL('mfa/challenge', auth0.issuer), {
        method: 'POST',
        redirect: 'error',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          client_id: clientId,
          client_secret: clientSecret,
          mfa_token: mfaToken,
          challenge_type: 'oob',
        }),
      });
      const exchange = wire.last();
      if (exchange?.status !== 200) return inWords({ exchange });
      return member(exchange.body, 'binding_method') === 'prompt' ? 'a message with a code' : 'a push';
    },
  },
];

const MOST_POLLS = 30;

function limitHeaders(exchange: Exchange | undefined): string {
  const names = ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
  const found = names.flatMap((name) => {
    const value = exchange?.headers.get(name) ?? '';
    return /^[\w:, -]{1,40}$/.test(value) ? [`${name} ${value}`] : [];
  });
  return found.length === 0 ? '' : `, ${found.join(', ')}`;
}

/** Sealed strings show when they run out, in their sixth field. A hint, for nothing but this. */
function lifeOf(sealed: string): string {
  const expiresAt = Number(sealed.split('*')[5]);
  return expiresAt > 0 ? `${Math.round((expiresAt - Date.now()) / 1_000)} s` : 'does not show it';
}

/** The value of the first member that is there, when it is a word. */
function nameOf(row: unknown, ...names: readonly string[]): string {
  const value = names.map((name) => member(row, name)).find((one) => one !== undefined);
  return value !== undefined && /^[\w-]{1,40}$/.test(value) ? value : 'none';
}
