import { describe, expect, it } from 'vitest';
import { createPingScene, type Ping, type PingScene } from '../support/ping-scene.ts';

const INTERVAL_MS = 5_000;

/** Begins a flow, and tells the ping that its challenge needs. The user has not answered. */
async function begun({ client, expected }: PingScene): Promise<Ping> {
  await client.start();
  const ping = expected.at(-1);
  if (ping === undefined) throw new Error('nothing was sent to the provider');
  return ping;
}

/** Waits until this number of polls was sent, without looking at the flow. */
async function seePolls({ polls, settle }: PingScene, count: number): Promise<void> {
  await expect.poll(() => polls.length).toBe(count);
  await settle();
}

/** A flow that has just been polled without news, at a page that stays open. */
async function polledOnce(scene: PingScene): Promise<() => Promise<void>> {
  await scene.client.start();
  const close = scene.watch();
  await scene.settle();
  await scene.pass(3 * INTERVAL_MS + 1_000);
  expect(scene.polls).toHaveLength(1);
  return close;
}

/** Everything that the store holds of the browser. */
async function stored({ client, store }: PingScene): Promise<unknown> {
  return [(await client.view()).version, await client.view(), store].slice(0, 2);
}

describe('a ping of the provider', () => {
  it('shows the approval at once to those who watch', async () => {
    const scene = createPingScene();
    const { client, phone, pings, polls, settle } = scene;
    await client.start();
    await scene.typeCode();
    const close = scene.watch();
    await settle();

    phone.approve();
    await seePolls(scene, 1);

    await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
    expect(pings).toHaveLength(1);
    expect(polls).toHaveLength(1);
    expect(await client.isAllowed()).toBe(true);
    await close();
  });

  it('shows a denial at once', async () => {
    const scene = createPingScene();
    const { client, phone, settle } = scene;
    await client.start();
    const close = scene.watch();
    await settle();

    phone.deny();
    await seePolls(scene, 1);

    await expect.poll(() => client.view()).toMatchObject({ state: 'rejected', reason: 'rejected' });
    await close();
  });

  it('makes polls rare until it comes, and one that gets lost costs no approval', async () => {
    const scene = createPingScene();
    const { client, phone, polls, deliverTo, pass } = scene;
    deliverTo(undefined);
    await client.start();
    await scene.typeCode();
    const close = scene.watch();
    await pass(12 * INTERVAL_MS);
    expect(polls.length).toBeLessThanOrEqual(4);

    phone.approve();
    await pass(3 * INTERVAL_MS + 1_000);
    await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
    await close();
  });

  it('concludes nothing: the poll after it may find that nobody has answered', async () => {
    const scene = createPingScene();
    const ping = await begun(scene);
    await scene.typeCode();
    const close = scene.watch();
    await scene.settle();

    expect(await scene.ping(ping)).toBe(204);
    await seePolls(scene, 1);
    expect(await scene.client.view()).toMatchObject({ state: 'polling', pushCode: { isAnswered: false } });

    // From now on at the interval.
    await scene.pass(INTERVAL_MS + 1_000);
    expect(scene.polls).toHaveLength(2);
    await close();
  });

  it('reaches the process that polls, whichever process receives it', async () => {
    const scene = createPingScene();
    const { client, phone, polls, deliverTo, pass } = scene;
    await client.start();
    await scene.typeCode();
    const close = scene.watch();
    await pass(3 * INTERVAL_MS + 1_000);
    expect(polls).toHaveLength(1);
    await pass(INTERVAL_MS);

    deliverTo(scene.createGate());
    phone.approve();
    // Sooner than the next poll by itself.
    await expect.poll(() => pass(100).then(() => polls.length)).toBe(2);

    await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
    await close();
  });

  it('keeps to the interval of the provider', async () => {
    const scene = createPingScene();
    const { client, phone, polls, settle, pass } = scene;
    const close = await polledOnce(scene);
    await scene.typeCode();

    phone.approve();
    await settle();
    await pass(INTERVAL_MS + 500);

    expect(polls).toHaveLength(2);
    expect((polls[1] ?? 0) - (polls[0] ?? 0)).toBeGreaterThanOrEqual(INTERVAL_MS);
    await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
    await close();
  });

  it('starts no second poll while one is under way, and the next one follows it', async () => {
    const scene = createPingScene();
    const { client, phone, polls, underWay, settle, pass } = scene;
    const release = scene.hold('poll');
    await client.start();
    const close = scene.watch();
    await pass(3 * INTERVAL_MS + 1_000);
    expect(underWay()).toBe(1);

    phone.approve();
    await settle();
    await pass(INTERVAL_MS + 500);
    expect(polls).toHaveLength(1);
    release();
    await seePolls(scene, 2);

    await expect.poll(underWay).toBe(0);
    await expect.poll(() => client.view()).toMatchObject({ pushCode: { isAnswered: true } });
    await close();
  });

  it('counts when it is faster than the answer to the request', async () => {
    const scene = createPingScene();
    const { client, phone, pings, settle } = scene;
    const release = scene.hold('start');
    const starting = client.start();
    await expect.poll(() => phone.notifications()).toHaveLength(1);
    phone.approve();
    await expect.poll(() => pings).toHaveLength(1);
    await settle();
    release();
    await starting;
    const close = scene.watch();
    await seePolls(scene, 1);

    await expect.poll(() => client.view()).toMatchObject({ pushCode: { isAnswered: true } });
    await close();
  });

  it('sends nothing while nobody watches: the next look does', async () => {
    const scene = createPingScene();
    const { client, phone, polls, settle } = scene;
    await client.start();
    phone.approve();
    await expect.poll(() => scene.pings).toHaveLength(1);
    await settle();
    expect(polls).toEqual([]);

    await expect.poll(() => client.view()).toMatchObject({ pushCode: { isAnswered: true } });
    expect(polls).toHaveLength(1);
  });

  it('does not shorten the time that the provider asks for', async () => {
    const scene = createPingScene();
    scene.refusePolls(30);
    const close = await polledOnce(scene);
    expect(await scene.ping(scene.expected.at(-1) ?? {})).toBe(204);
    await scene.pass(20_000);
    expect(scene.polls).toHaveLength(1);
    await scene.pass(20_000);
    expect(scene.polls).toHaveLength(2);
    await close();
  });
});

describe('a forged ping', () => {
  it.each<[string, (ping: Ping) => Parameters<PingScene['ping']>[0]]>([
    ['without a token', ({ body }) => ({ body })],
    ['with a password', ({ body }) => ({ body, authorization: 'Basic YmFuazpzZWNyZXQ=' })],
    ['with a token that it made up', ({ body }) => ({ body, authorization: `Bearer ${'a'.repeat(43)}` })],
    [
      'with a changed signature',
      ({ body, authorization }) => ({ body, authorization: flipped(authorization) }),
    ],
    [
      'with the signature of another challenge',
      ({ body, authorization }) => ({ body, authorization: authorization.replace(/\.[^.]+\./, '.other.') }),
    ],
    [
      'with more after the token',
      ({ body, authorization }) => ({ body, authorization: `${authorization}.x` }),
    ],
    ['with a token that is too long', ({ body }) => ({ body, authorization: `Bearer ${'a'.repeat(1_025)}` })],
    ['for another challenge', ({ authorization }) => ({ authorization, body: { auth_req_id: 'another' } })],
  ])('%s is refused, and changes nothing', async (_, forge) => {
    const scene = createPingScene();
    const ping = await begun(scene);
    const before = await stored(scene);
    const { write } = scene.asked;

    expect(await scene.ping(forge(ping))).toBe(401);

    expect(await stored(scene)).toEqual(before);
    expect(scene.asked.write).toBe(write);
    expect(scene.polls).toEqual([]);
  });

  it('of another app is refused', async () => {
    const ping = await begun(createPingScene());
    const other = createPingScene();
    expect(
      await other.ping(ping, other.createGate({ secret: 'another secret of at least 32 characters' })),
    ).toBe(401);
  });

  it('costs the store nothing, however many there are', async () => {
    const scene = createPingScene();
    const { authorization, body } = await begun(scene);
    const before = { ...scene.asked };
    for (let count = 0; count < 100; count += 1) {
      expect(await scene.ping({ authorization: flipped(authorization), body })).toBe(401);
    }
    expect(scene.asked).toEqual(before);
  });

  it.each([
    ['no JSON', 'auth_req_id=1', 'application/x-www-form-urlencoded', 415],
    ['broken JSON', '{', 'application/json', 400],
    ['no name', {}, 'application/json', 400],
    ['another type of name', { auth_req_id: 7 }, 'application/json', 400],
    ['nothing', null, 'application/json', 400],
    ['too much', { auth_req_id: 'a'.repeat(8_192) }, 'application/json', 413],
  ])('with %s gets an answer that says so', async (_, body, type, status) => {
    const scene = createPingScene();
    const { authorization } = await begun(scene);
    expect(await scene.ping({ authorization, body, type })).toBe(status);
    expect(scene.polls).toEqual([]);
  });
});

describe('a replayed ping', () => {
  it('makes no second poll due, in this process and in another one', async () => {
    const scene = createPingScene();
    const { polls, settle, pass } = scene;
    const ping = await begun(scene);
    const close = scene.watch();
    await settle();
    expect(await scene.ping(ping)).toBe(204);
    await seePolls(scene, 1);
    const { write } = scene.asked;

    for (const gate of [scene.gate, scene.createGate()]) expect(await scene.ping(ping, gate)).toBe(204);
    await pass(1_000);

    expect(polls).toHaveLength(1);
    expect(scene.asked.write).toBe(write);
    await close();
  });

  it('asks the store once', async () => {
    const scene = createPingScene();
    const ping = await begun(scene);
    await scene.ping(ping);
    const before = { ...scene.asked };
    for (let count = 0; count < 100; count += 1) expect(await scene.ping(ping)).toBe(204);
    expect(scene.asked).toEqual(before);
  });

  it.each<[string, (scene: PingScene) => Promise<unknown>]>([
    [
      'was approved',
      async ({ phone, client, typeCode }) => {
        await typeCode();
        phone.approve();
        await expect.poll(() => client.view()).toMatchObject({ state: 'approved' });
      },
    ],
    ['was cancelled', ({ client }) => client.event({ type: 'flow.cancel' })],
    [
      'has another challenge',
      async ({ clock, client }) => {
        clock.advance(16_000);
        return client.event({ type: 'challenge.resend' });
      },
    ],
    ['has expired', ({ pass }) => pass(900_000)],
  ])('of a flow that %s changes nothing', async (_, end) => {
    const scene = createPingScene();
    const ping = await begun(scene);
    await end(scene);
    await scene.settle();
    const before = await stored(scene);
    const { write } = scene.asked;
    const polls = scene.polls.length;

    expect(await scene.ping(ping, scene.createGate())).toBe(204);
    await scene.settle();

    expect(scene.asked.write).toBe(write);
    expect(scene.polls).toHaveLength(polls);
    expect(await stored(scene)).toEqual(before);
  });
});

describe('the endpoint for pings', () => {
  it('asks for no cookie and no origin', async () => {
    const scene = createPingScene();
    const ping = await begun(scene);
    const foreign = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
    expect(await scene.ping(ping, scene.gate, foreign)).toBe(204);
    expect(await scene.ping({ body: ping.body }, scene.gate, { ...foreign, cookie: 'a=b' })).toBe(401);
  });

  it('is there only where the application is registered for ping', async () => {
    const scene = createPingScene();
    const ping = await begun(scene);
    expect(await scene.ping(ping, scene.createGate({ ping: false }))).toBe(404);
  });
});

/** The token with one character of its signature changed. */
function flipped(authorization: string): string {
  const at = authorization.length - 20;
  return `${authorization.slice(0, at)}${authorization[at] === 'A' ? 'B' : 'A'}${authorization.slice(at + 1)}`;
}
