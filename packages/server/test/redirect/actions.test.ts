import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../../../docs/guides/redirect.md', import.meta.url), 'utf8');
const [demand = '', tell = ''] = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);

/** Runs an Action of the guide as the tenant does, as a CommonJS module. Returns what it asked the tenant to do. */
async function run(code: string, event: unknown): Promise<readonly unknown[][]> {
  const exports: { onExecutePostLogin?: (event: unknown, api: unknown) => Promise<void> } = {};
  new Script(code, { filename: 'action.js' }).runInNewContext({ exports });
  const deeds: unknown[][] = [];
  const deed =
    (name: string) =>
    (...given: unknown[]): void => {
      // What comes out of the other context is compared by its content.
      deeds.push(JSON.parse(JSON.stringify([name, ...given])) as unknown[]);
    };
  await exports.onExecutePostLogin?.(event, {
    access: { deny: deed('deny') },
    multifactor: { enable: deed('enable') },
    authentication: { challengeWithAny: deed('challengeWithAny') },
    idToken: { setCustomClaim: deed('setCustomClaim') },
  });
  return deeds;
}

const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
const asking = (types: string[], values = [MULTI_FACTOR]) => ({
  transaction: { acr_values: values },
  user: { enrolledFactors: types.map((type) => ({ type })) },
});

describe("the guide's Action that demands a second factor", () => {
  it('asks a login for the strong factors that the user has, in a browser that is not remembered', async () => {
    expect(await run(demand, asking(['phone', 'push-notification', 'email', 'otp']))).toEqual([
      ['enable', 'any', { allowRememberBrowser: false }],
      ['challengeWithAny', [{ type: 'push-notification' }, { type: 'otp' }]],
    ]);
  });

  it.each([[[]], [['phone', 'email', 'recovery-code']]])(
    'refuses a user who has only %j, so that nobody adds a factor in a step-up',
    async (types) => {
      expect(await run(demand, asking(types))).toEqual([['deny', 'no_second_factor']]);
    },
  );

  it.each([[asking(['otp'], [])], [asking(['otp'], ['gold'])], [{ user: {} }]])(
    'lets every other login be: %j',
    async (event) => {
      expect(await run(demand, event)).toEqual([]);
    },
  );
});

describe("the guide's Action that tells when a second factor was passed", () => {
  it('tells of the last one', async () => {
    const methods = [
      { name: 'mfa', type: 'otp', timestamp: '2026-12-01T10:00:00.000Z' },
      { name: 'pwd', timestamp: '2026-12-01T12:00:00.000Z' },
      { name: 'mfa', type: 'push-notification', timestamp: '2026-12-01T11:00:00.000Z' },
    ];
    expect(await run(tell, { authentication: { methods } })).toEqual([
      [
        'setCustomClaim',
        'https://app.example/mfa',
        { at: '2026-12-01T11:00:00.000Z', type: 'push-notification' },
      ],
    ]);
  });

  it('tells nothing of a login without one', async () => {
    expect(
      await run(tell, { authentication: { methods: [{ name: 'pwd', timestamp: '2026-12-01' }] } }),
    ).toEqual([]);
    expect(await run(tell, {})).toEqual([]);
  });
});
