import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../src/index.ts';

const guide = readFileSync(new URL('../../../docs/guides/tenant-setup.md', import.meta.url), 'utf8');
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [stepUpAction = '', phoneAction = ''] = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map(
  ([, code]) => code,
);

/** What the Action asked the tenant to do about a login. */
interface Deeds {
  readonly demands: unknown[];
  readonly withheld: string[];
}

/** Runs an Action of the guide as the tenant does, as a CommonJS module. */
async function runAction(event: unknown, code = stepUpAction): Promise<Deeds> {
  const exports: { onExecutePostLogin?: (event: unknown, api: unknown) => Promise<void> } = {};
  new Script(code, { filename: 'action.js' }).runInNewContext({ exports });
  const deeds: Deeds = { demands: [], withheld: [] };
  await exports.onExecutePostLogin?.(event, {
    multifactor: { enable: (...demand: unknown[]) => deeds.demands.push(demand) },
    accessToken: { removeScope: (scope: string) => deeds.withheld.push(scope) },
  });
  return deeds;
}

const bank = { resource_server: { identifier: 'https://bank.example/' } };
const asking = (requestedScopes: string[], protocol = 'oauth2-password') => ({
  transaction: { requested_scopes: requestedScopes, protocol },
});
const DEMANDED = { demands: [['any', { allowRememberBrowser: false }]], withheld: [] };

describe("the guide's Action", () => {
  it.each(['oauth2-password', 'oauth2-refresh-token', 'oidc-basic-profile'])(
    'demands MFA of %s that asks for the step-up scope',
    async (protocol) => {
      const event = { ...bank, ...asking(['openid', 'transfer:funds'], protocol) };
      expect(await runAction(event)).toEqual(DEMANDED);
    },
  );

  it('demands MFA for the scope when the tenant does not name the API', async () => {
    expect(await runAction(asking(['transfer:funds']))).toEqual(DEMANDED);
  });

  it.each([
    ['an ordinary login', { ...bank, ...asking(['openid', 'offline_access']) }],
    ['a renewal that names no scope', { ...bank, ...asking([], 'oauth2-refresh-token') }],
    ['an event without a transaction', bank],
  ])('demands nothing of %s, and keeps the scope from it', async (_what, event) => {
    expect(await runAction(event)).toEqual({ demands: [], withheld: ['transfer:funds'] });
  });

  it('ignores other APIs', async () => {
    const event = {
      resource_server: { identifier: 'https://other.example/' },
      ...asking(['transfer:funds']),
    };
    expect(await runAction(event)).toEqual({ demands: [], withheld: [] });
  });
});

describe("the guide's Action for a first phone", () => {
  const ada = (...factors: string[]) => ({ user: { enrolledFactors: factors.map((type) => ({ type })) } });
  const page = asking(['openid', 'offline_access'], 'oidc-basic-profile');

  it.each([
    ['no factor', ada()],
    ['no list of factors', { user: {} }],
    ['nothing but a verified address', ada('email')],
  ])('has a user with %s add one on the login page', async (_what, user) => {
    const { demands } = await runAction({ ...page, ...user }, phoneAction);
    expect(demands).toEqual([['guardian', { allowRememberBrowser: false }]]);
  });

  it.each([
    ['a user who has a phone', { ...page, ...ada('push-notification') }],
    ['the exchange of a refresh token', { ...asking(['openid'], 'oauth2-refresh-token'), ...ada() }],
    ['the exchange of a password', { ...asking(['openid']), ...ada() }],
    ['an event without a transaction', ada()],
  ])('asks nothing of %s', async (_what, event) => {
    expect((await runAction(event, phoneAction)).demands).toEqual([]);
  });
});

describe('the guide', () => {
  it.each(Object.keys(CHECKS))('names the check %s, and so does the README', (check) => {
    expect(guide).toContain(`\`${check}\``);
    expect(readme).toContain(`\`${check}\``);
  });

  it('names no check that does not exist', () => {
    const column = [...guide.matchAll(/\| ([^|]*) \|$/gm)].map(([, cell = '']) => cell);
    const named = column.flatMap((cell) =>
      [...cell.matchAll(/`([a-z][a-z-]+)`/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => name.includes('-') && !Object.hasOwn(CHECKS, name))).toEqual([]);
  });
});
