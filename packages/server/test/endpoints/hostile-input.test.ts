import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { damaged, everyCase, junk } from 'suites/damage.ts';
import { isRecordKey } from 'suites/record-key.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSealer } from '../../src/lib/seal.ts';
import { createTestGate, SECRET } from '../support/gate-client.ts';
import {
  createHostileWorld,
  HANDLE,
  type HostileWorld,
  type Knock,
  type KnockAnswer,
  recordsOf,
} from '../support/hostile-world.ts';
import { storedRecord } from '../support/stored-record.ts';

/** What a page of this site sends along, with the owner's cookie. */
const HEADERS = {
  cookie: `stepgate=${HANDLE}`,
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'content-type': 'application/json',
};
const FORM = {
  ...HEADERS,
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-mode': 'navigate',
};

let world: HostileWorld;
let before: string;

/** The owner's push is on the phone: the moment that is worth most to an attacker. */
beforeEach(async () => {
  world = await createHostileWorld();
  await world.browser.start();
  before = recordsOf(world.store);
});

/** Asks, and checks what holds for every refusal: a 4xx that helps, and nothing has changed. */
async function refused(knock: Knock): Promise<KnockAnswer> {
  const answer = await world.knock(knock);
  expect(world.errors).toEqual([]);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  if (answer.headers['content-type']?.includes('json') === true) {
    expect(JSON.parse(answer.text)).toMatchObject({
      error: expect.stringMatching(/^[a-z_]+$/),
      error_description: expect.stringMatching(/\w+ \w+/),
    });
  }
  expectUnchanged();
  return answer;
}

function expectUnchanged(): void {
  expect(recordsOf(world.store)).toBe(before);
  expect(world.tenant.challenges()).toBe(1);
}

describe('a requirement', () => {
  /** Sealed things of all kinds that are no ticket of this login. */
  async function impostors(): Promise<{ ticket: string; others: readonly string[] }> {
    const { tenant, browser, strangers } = world;
    const ticket = await world.clientOf(world.ada, HANDLE, { maxAge: '1m' }).requirement();
    const [key = ''] = world.store.keys().filter(isRecordKey);
    const vault = storedRecord(world.store.valueOf(key))?.flow?.vault ?? '';
    const retired = createTestGate(tenant, {
      store: world.store,
      secret: 'a secret that was retired, long ago',
    });
    return {
      ticket,
      others: [
        ...(await Promise.all(strangers.map((stranger) => stranger.requirement()))),
        await browser.at(retired).requirement(),
        vault,
        createSealer(SECRET, randomBytes).seal(true, `form:${key}`),
      ],
    };
  }

  it('starts no flow when it was changed or belongs to another user', async () => {
    const { ticket, others } = await impostors();
    await everyCase(damaged(ticket, others), async (requirement) => {
      const body = JSON.stringify({ requirement });
      const { text } = await refused({
        method: 'POST',
        url: '/step-up/flow',
        headers: HEADERS,
        body,
        identity: world.ada,
      });
      expect(JSON.parse(text).error).toMatch(/^(requirement_invalid|invalid_request)$/);
    });
  });

  it('is reported on the page when it was changed or belongs to another user', async () => {
    const { ticket, others } = await impostors();
    await everyCase(damaged(ticket, others), async (requirement) => {
      const query = new URLSearchParams({ requirement }).toString();
      const page = await world.knock({
        method: 'GET',
        url: `/step-up?${query}`,
        headers: { ...HEADERS, 'sec-fetch-mode': 'navigate' },
        identity: world.ada,
      });
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('name="event"');
      await refused({
        method: 'POST',
        url: '/step-up/flow',
        headers: FORM,
        body: query,
        identity: world.ada,
      });
    });
  });
});

describe('a handle', () => {
  it('owns nothing when it is unknown, malformed, changed or from another user, and all get the same response', async () => {
    const unknown = await world.knock({ ...asking('GET', 'Z'.repeat(43)), identity: world.ada });
    const foreign = world.strangers.map(({ handle }) => handle);
    await everyCase(
      fc.tuple(
        damaged(HANDLE, foreign).filter((shown) => shown.split(';')[0]?.trim() !== HANDLE),
        fc.constantFrom('GET', 'DELETE', 'POST'),
        fc.boolean(),
      ),
      async ([shown, method, inCookie]) => {
        const knock = { ...asking(method, shown, inCookie), identity: world.ada };
        expect(await refused(knock)).toEqual(unknown);
        expect(await world.pass({ ...knock, method: 'POST', url: '/transfers' })).toEqual({
          isAllowed: false,
          status: 401,
        });
        expectUnchanged();
      },
    );
  });

  it('owns nothing for another user or login', async () => {
    const unknown = await world.knock({ ...asking('GET', 'Z'.repeat(43)), identity: world.ada });
    const name = fc.oneof(junk, damaged(world.ada.subject), damaged(world.ada.sessionId));
    const identities = fc
      .record({
        subject: fc.oneof(fc.constant(world.ada.subject), name),
        sessionId: fc.oneof(fc.constant(world.ada.sessionId), name),
      })
      .filter(({ subject, sessionId }) => subject !== '' && sessionId !== '')
      .filter((one) => one.subject !== world.ada.subject || one.sessionId !== world.ada.sessionId);
    await everyCase(
      fc.tuple(identities, fc.constantFrom('GET', 'DELETE', 'POST')),
      async ([identity, method]) => {
        expect(await refused({ ...asking(method, HANDLE), identity })).toEqual(unknown);
      },
    );
  });

  it.each([
    ['subject', 'a\ud800', 'a\ud801'],
    ['sessionId', 'a\ud800', 'a\ud801'],
    ['subject', 'a\udc00', 'a\ufffd'],
  ] as const)(
    'takes no %s with half a surrogate pair, which would be taken for another',
    async (member, one, other) => {
      const first = world.clientOf({ ...world.ada, [member]: one }, HANDLE);
      const second = world.clientOf({ ...world.ada, [member]: other }, HANDLE);

      await expect(first.requirement()).rejects.toThrow();
      expect(await second.view()).not.toHaveProperty('state');
      expect(world.errors).toContainEqual(
        expect.objectContaining({ message: expect.stringContaining('half a surrogate pair') }),
      );
    },
  );

  function asking(method: string, handle: string, inCookie = true): Knock {
    const { cookie: _own, ...headers } = HEADERS;
    return {
      method,
      url: method === 'POST' ? '/step-up/flow/events' : '/step-up/flow',
      headers: {
        ...headers,
        'if-match': '"1"',
        ...(inCookie ? { cookie: `stepgate=${handle}` } : { 'stepgate-handle': handle }),
      },
      body: '{"type":"flow.cancel"}',
    };
  }
});

it('a form token that was changed, or belongs to another page, lets no form in', async () => {
  const formToken = async (client: { send: HostileWorld['browser']['send'] }): Promise<string> =>
    /name="form_token" value="([^"]+)"/.exec((await client.send('GET', '/step-up')).text)?.[1] ?? '';
  const token = await formToken(world.browser);
  const others = await Promise.all([...world.strangers.map(formToken), world.browser.requirement()]);
  expect(token).not.toBe('');
  const { 'sec-fetch-site': _told, ...untold } = FORM;

  await everyCase(damaged(token, others), async (form_token) => {
    const body = new URLSearchParams({ form_token, event: '{"type":"flow.cancel"}' }).toString();
    const headers = { ...untold, origin: 'null' };
    const answer = await refused({
      method: 'POST',
      url: '/step-up/flow/events',
      headers,
      body,
      identity: world.ada,
    });
    expect(answer.status).toBe(403);
  });
});

/** Headers that the gate reads, with values that it has to expect, and worse ones. */
const hostileHeaders = fc
  .dictionary(
    fc.constantFrom(
      'accept',
      'authorization',
      'content-length',
      'content-type',
      'cookie',
      'if-match',
      'if-none-match',
      'origin',
      'prefer',
      'referer',
      'sec-fetch-dest',
      'sec-fetch-mode',
      'sec-fetch-site',
      'stepgate-handle',
      'access-control-request-method',
    ),
    fc.oneof(
      junk,
      fc.constantFrom(
        `stepgate=${HANDLE}`,
        'application/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'text/event-stream',
        'text/html',
        '*/*',
        'new',
        'null',
        'http://localhost',
        'https://evil.example',
        'same-origin',
        'same-site',
        'cross-site',
        'none',
        'navigate',
        'cors',
        'wait=55',
        'wait=99999999999999999999',
        '"1"',
        '"2"',
        '"3"',
        '"4"',
        'W/"4"',
        '"99999999999999999999"',
        '-1',
        '70000',
      ),
    ),
    { maxKeys: 8 },
  )
  .map((headers) => ({ ...headers }));

const hostileBody = fc.oneof(
  junk,
  fc.json({ maxDepth: 3 }),
  fc
    .tuple(
      fc.constantFrom(
        'flow.start',
        'factor.choose',
        'enrollment.begin',
        'challenge.resend',
        'password.submit',
        'code.submit',
        'codes.acknowledge',
        'flow.retry',
        'tokens.received',
        'identity.verified',
        'time.passed',
        'mfa.required',
        'poll.pending',
        'xstate.init',
        'xstate.stop',
      ),
      fc.dictionary(
        fc.constantFrom(
          'code',
          'password',
          'authenticatorId',
          'factor',
          'seq',
          'at',
          'jitterMs',
          '__proto__',
          'tokens',
        ),
        fc.oneof(junk, fc.jsonValue({ maxDepth: 1 }), fc.constantFrom('push', 'otp', 'sms')),
      ),
    )
    .map(([type, members]) => JSON.stringify({ type, ...members })),
  fc
    .dictionary(
      fc.constantFrom(
        'requirement',
        'mfa_token',
        'event',
        'version',
        'form_token',
        'take_over',
        'show',
        'code',
        'factor',
      ),
      fc.oneof(
        junk,
        fc.constantFrom('true', '1', '2', '3', '4', '{"type":"flow.cancel"}', '{"type":"code.submit"}', '[]'),
      ),
    )
    .map((fields) => new URLSearchParams(fields).toString()),
);

const hostileUrl = fc.oneof(
  fc.constantFrom(
    '/step-up',
    '/step-up/',
    '/step-up/flow',
    '/step-up/flow/',
    '/step-up/flow/events',
    '/step-up/authenticators',
    '/step-up/authenticators/push%7Cdev_1',
    '/step-up/authenticators/%E0%A4%A',
    '/step-up/assets/stepgate-page.js',
    '/step-up/assets/../../package.json',
    '/step-up/assets/%2e%2e%2fpage.js',
    '/step-up/__proto__',
    '/step-up/constructor',
  ),
  junk.map((path) => `/step-up/${path}`),
  fc
    .tuple(fc.constantFrom('requirement', 'show', 'since', 'x'), junk)
    .map(([name, value]) => `/step-up?${name}=${value}`),
);

const hostileKnock: fc.Arbitrary<Knock> = fc.record({
  method: fc.constantFrom(
    'GET',
    'GET',
    'POST',
    'POST',
    'POST',
    'DELETE',
    'PUT',
    'PATCH',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'get',
    '',
  ),
  url: hostileUrl,
  headers: fc
    .tuple(fc.boolean(), hostileHeaders)
    .map(([asOwner, headers]) => (asOwner ? { ...HEADERS, ...headers } : headers)),
  body: fc.option(hostileBody, { nil: undefined }),
  host: fc.oneof({ weight: 4, arbitrary: fc.constant('localhost') }, { weight: 1, arbitrary: junk }),
  protocol: fc.constantFrom('http', 'http', 'https'),
});

describe('any input from an attacker who has the session and the handle, but not the phone', () => {
  it('makes no endpoint fail, approve, or change anything that it refuses', async () => {
    const start = world.store.snapshot();
    await everyCase(fc.tuple(hostileKnock, fc.boolean()), async ([knock, isSignedIn]) => {
      const answer = await world.knock({ ...knock, identity: isSignedIn ? world.ada : undefined });

      expect(world.errors).toEqual([]);
      expect(answer.status).toBeLessThan(500);
      if (answer.status >= 400) expect(recordsOf(world.store)).toBe(before);
      expect(await world.browser.isAllowed()).toBe(false);
      await world.store.restore(start);
    });
  });

  it('gets nothing past the guard', async () => {
    await everyCase(fc.tuple(hostileKnock, fc.boolean(), junk), async ([knock, isSignedIn, url]) => {
      const decision = await world.pass({
        ...knock,
        url: `/${url}`,
        identity: isSignedIn ? world.ada : undefined,
      });

      expect(decision.isAllowed).toBe(false);
      expect(decision.status).toBeLessThan(500);
      expect(decision.status).toBeGreaterThanOrEqual(300);
      expectUnchanged();
    });
  });
});
