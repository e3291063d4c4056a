import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createEmulator, type Emulator, type LoggedRequest } from '../src/index.ts';
import { toLogLine } from '../src/timeline/log-line.ts';
import { createRequestLog } from '../src/timeline/request-log.ts';
import { createTenantClient, enrollPush, startPush, stepUp, type TenantClient } from './tenant-client.ts';

let emulator: Emulator;
let client: TenantClient;
let told: LoggedRequest[];
beforeEach(() => {
  told = [];
  emulator = createEmulator({ onRequest: (request) => void told.push(request) });
  client = createTenantClient(emulator);
});

const last = (): LoggedRequest | undefined => emulator.requests.at(-1);

describe('an entry of the timeline', () => {
  it('has parameters, answer and claims without secrets', async () => {
    await client.signIn({ scope: 'openid email' });
    expect(last()).toMatchObject({
      id: 1,
      method: 'POST',
      path: '/oauth/token',
      username: 'ada',
      clientId: 'stepgate-demo',
      status: 200,
      durationMs: expect.any(Number),
      params: { username: 'ada', password: '[hidden]', client_secret: '[hidden]', scope: 'openid email' },
      answer: {
        headers: { 'content-type': 'application/json' },
        body: { access_token: expect.stringMatching(/^\[hidden [0-9a-f]{6}\]$/), token_type: 'Bearer' },
        claims: { id_token: { email: 'ada@example.com' } },
      },
    });
  });

  it('shows the same token with the same mark, in requests and answers', async () => {
    const mfaToken = await client.mfaToken();
    const { mfa_token: mark } = (last()?.answer?.body ?? {}) as { mfa_token?: string };
    expect(mark).toMatch(/^\[hidden [0-9a-f]{6}\]$/);
    await client.challenge({ mfa_token: mfaToken });
    expect(last()?.params).toMatchObject({ mfa_token: mark });
    await client.call('GET', '/mfa/authenticators', { bearer: mfaToken });
    expect(last()?.headers).toMatchObject({ authorization: `Bearer ${mark}` });
  });

  it('holds none of the secrets of an enrolment, a push, a code and a login page', async () => {
    const secrets = new Set(['correct-horse', 'stepgate-demo-secret']);
    const keep = (body: Record<string, unknown>): void => {
      for (const name of [
        'mfa_token',
        'oob_code',
        'barcode_uri',
        'access_token',
        'id_token',
        'refresh_token',
      ])
        if (typeof body[name] === 'string') secrets.add(body[name]);
      for (const code of (body.recovery_codes as string[] | undefined) ?? []) secrets.add(code);
    };
    const mfaToken = await client.mfaToken();
    secrets.add(mfaToken);
    const enrolled = await client.associate(mfaToken, {
      authenticator_types: ['oob'],
      oob_channels: ['auth0'],
    });
    keep(enrolled.body);
    emulator.phone('ada').scan();
    keep((await client.oob(mfaToken, enrolled.body.oob_code)).body);
    const push = await startPush(client);
    emulator.phone('ada').approve();
    keep((await client.oob(push.mfaToken, push.oobCode)).body);
    const code = emulator.phone('ada').codes()[0]?.code ?? '';
    await client.otp(await client.mfaToken(), code);
    secrets.add(code);
    const query = `client_id=stepgate-demo&response_type=code&redirect_uri=http://localhost/cb`;
    const { headers } = await client.call('GET', `/authorize?${query}`);
    const state = headers.get('location')?.split('state=')[1] ?? '';
    secrets.add(state);
    const form = { state, username: 'ada', password: 'correct-horse' };
    const done = await client.call('POST', '/u/login', { form });
    secrets.add(/code=([^&]+)/.exec(done.headers.get('location') ?? '')?.[1] ?? '');
    secrets.add(/auth0=([^;]+)/.exec(done.headers.get('set-cookie') ?? '')?.[1] ?? '');
    expect(secrets.size).toBeGreaterThan(12);
    const log = JSON.stringify(emulator.requests) + told.map(toLogLine).join('\n');
    for (const secret of secrets) expect(log).not.toContain(secret);
  });

  it('belongs to the flow that its tokens belong to, with its user', async () => {
    await enrollPush(emulator, client);
    await startPush(client);
    const flows = emulator.requests.map(({ flow, username }) => [flow, username]);
    // Password, associate and confirm; then password, list and challenge.
    expect(flows).toEqual([...Array(3).fill([1, 'ada']), ...Array(3).fill([2, 'ada'])]);
  });

  it('follows a login page from the redirect to the tokens', async () => {
    const query = `client_id=stepgate-demo&response_type=code&redirect_uri=http://localhost/cb`;
    const { headers } = await client.call('GET', `/authorize?${query}`);
    const location = headers.get('location') ?? '';
    await client.call('GET', location);
    const state = location.split('state=')[1] ?? '';
    const done = await client.call('POST', '/u/login', {
      form: { state, username: 'ada', password: 'correct-horse' },
    });
    const code = /code=([^&]+)/.exec(done.headers.get('location') ?? '')?.[1] ?? '';
    await client.token({ grant_type: 'authorization_code', code, redirect_uri: 'http://localhost/cb' });
    expect(emulator.requests.map(({ flow }) => flow)).toEqual([1, 1, 1, 1]);
    expect(last()).toMatchObject({ status: 200, username: 'ada', clientId: 'stepgate-demo' });
    expect(emulator.requests[1]?.answer?.body).toBe('A page: Sign in · Stepgate emulator');
  });

  it('follows a pushed request to a form post, without their secrets', async () => {
    emulator.configure({ par: 'on' });
    const { body } = await client.call('POST', '/oauth/par', {
      form: {
        client_id: 'stepgate-demo',
        client_secret: 'stepgate-demo-secret',
        response_type: 'code',
        response_mode: 'form_post',
        redirect_uri: 'http://localhost/cb',
      },
    });
    const requestUri = String(body.request_uri);
    const query = new URLSearchParams({ client_id: 'stepgate-demo', request_uri: requestUri });
    const { headers } = await client.call('GET', `/authorize?${query}`);
    const state = headers.get('location')?.split('state=')[1] ?? '';
    const form = { state, username: 'ada', password: 'correct-horse' };
    const done = await client.call('POST', '/u/login', { form });
    const code = /name="code" value="([^"]+)"/.exec(done.text)?.[1] ?? '';
    await client.token({ grant_type: 'authorization_code', code, redirect_uri: 'http://localhost/cb' });
    expect(emulator.requests.map(({ flow, status }) => [flow, status])).toEqual([
      [1, 201],
      [1, 302],
      [1, 200],
      [1, 200],
    ]);
    for (const secret of [requestUri, state, code])
      expect(JSON.stringify(emulator.requests)).not.toContain(secret);
  });

  it('is reported once, when it has ended', async () => {
    emulator.faults.add({ drop: 'after' });
    await client.signIn().catch(() => undefined);
    await client.signIn();
    expect(told).toMatchObject([
      { id: 1, dropped: 'after', isFault: true },
      { id: 2, status: 200 },
    ]);
  });

  it('keeps its parameters until 1,000 others have come', async () => {
    for (let count = 0; count < 1_001; count += 1) await client.call('GET', '/nowhere?a=b');
    expect(emulator.requests[0]).not.toHaveProperty('params');
    expect(emulator.requests[1]).toMatchObject({ params: { a: 'b' } });
  });
});

it('writes a line for a terminal', async () => {
  await client.signIn({ scope: stepUp });
  expect(told.map(toLogLine)[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} {2}POST {2}\/oauth\/token {2}\(password\) {2}→ {2}403 mfa_required {2}ada {2}by stepgate-demo {2}flow 1 {2}[\d.]+ ms$/,
  );
});

it('hits only the requests of one user with a fault that names one', async () => {
  emulator.addUser({ username: 'grace', password: 'hopper-1906' });
  emulator.faults.add({ match: { username: 'grace' }, respond: { status: 503 } });
  expect(emulator.faults.list()).toMatchObject([{ match: { username: 'grace' }, left: 1 }]);
  expect(await client.signIn()).toMatchObject({ status: 200 });
  expect(await client.signIn({ username: 'grace', password: 'hopper-1906' })).toMatchObject({ status: 503 });
  expect(() => emulator.faults.add({ match: { user: 'grace' } as never, respond: { status: 503 } })).toThrow(
    'match has no member user; it takes method, path, grantType, username',
  );
});

it('keeps the last 10,000 requests, and their results', async () => {
  const log = createRequestLog();
  const { entries } = log;
  const request = { method: 'GET', path: '/', at: 0 };
  const first = log.add(request);
  const changes = Array.from({ length: 10_005 }, () => log.add(request));
  first({ status: 200 });
  changes[5]?.({ status: 201 });
  changes.at(-1)?.({ status: 202 });
  expect(entries).toHaveLength(10_000);
  expect(Object.keys(entries)).toHaveLength(10_000);
  expect(entries[0]).toMatchObject({ id: 7, status: 201 });
  expect(entries.at(-1)).toMatchObject({ id: 10_006, status: 202 });
  expect(entries.filter(({ status }) => status !== undefined)).toHaveLength(2);
});

describe('the events', () => {
  it('show what came before, what comes, and that the log was cleared', async () => {
    await using server = await emulator.listen();
    await client.signIn();
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const response = await fetch(new URL('_emulator/events', server.url), { signal: abort.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = readEvents(response);
    expect(await next(events)).toEqual({ event: 'reset', data: {} });
    expect(await next(events)).toMatchObject({ event: 'request', data: { id: 1, status: 200 } });
    await client.call('GET', '/userinfo');
    expect(await next(events)).toMatchObject({ event: 'request', data: { id: 2, path: '/userinfo' } });
    expect(await next(events)).toMatchObject({ event: 'request', data: { id: 2, status: 401 } });
    emulator.reset();
    expect(await next(events)).toEqual({ event: 'reset', data: {} });
    await client.call('GET', '/userinfo');
    expect(await next(events)).toMatchObject({ data: { id: 3 } });
  });

  it('are forgotten when the reader is gone', async () => {
    const response = await emulator.handle(new Request('http://127.0.0.1:4400/_emulator/events'));
    await response.body?.cancel();
    expect(await client.signIn()).toMatchObject({ status: 200 });
  });
});

describe('the events of a phone', () => {
  const url = 'http://127.0.0.1:4400/_emulator/events?phone=';
  const open = (username: string) =>
    emulator.handle(new Request(`${url}${username}`)).then((response) => readEvents(response));

  it('come at once, after each change, and for the clock', async () => {
    const events = await open('ada');
    expect(await next(events)).toEqual({ event: 'users', data: ['ada'] });
    expect(await next(events)).toMatchObject({ event: 'phone', data: { authenticators: [] } });
    emulator.enroll('ada', { factor: 'push' });
    const data = { authenticators: expect.arrayContaining([expect.objectContaining({ active: true })]) };
    expect(await next(events)).toMatchObject({ event: 'phone', data });
    emulator.addUser({ username: 'eve', password: 'swordfish' });
    expect(await next(events)).toEqual({ event: 'users', data: ['ada', 'eve'] });
    emulator.clock.advance(60_000);
    const at = emulator.clock.now();
    expect(await next(events)).toSatisfy(({ data }: { data: { now: number } }) => data.now >= at);
    await events.return(undefined);
  });

  it('wait for a user who is not there yet', async () => {
    const events = await open('eve');
    expect(await next(events)).toEqual({ event: 'users', data: ['ada'] });
    emulator.addUser({ username: 'eve', password: 'swordfish' });
    expect(await next(events)).toEqual({ event: 'users', data: ['ada', 'eve'] });
    expect(await next(events)).toMatchObject({ event: 'phone', data: { authenticators: [] } });
    await events.return(undefined);
  });
});

describe('the events of a named tenant', () => {
  it.each(['', '?phone=ada'])('end when it is removed (events%s)', async (query) => {
    const other = new Request('http://127.0.0.1:4400/t/red/_emulator/events');
    const [red, blue] = [emulator.tenant('red'), emulator.tenant('blue')];
    const kept = readEvents(await emulator.handle(other));
    const events = readEvents(
      await emulator.handle(new Request(`http://127.0.0.1:4400/t/blue/_emulator/events${query}`)),
    );
    await next(events);

    emulator.removeTenant('blue');
    let last = await events.next();
    while (last.done !== true) last = await events.next();
    blue.addUser({ username: 'eve', password: 'swordfish' });
    red.reset();

    expect(await next(kept)).toEqual({ event: 'reset', data: {} });
    expect(await next(kept)).toEqual({ event: 'reset', data: {} });
    await kept.return(undefined);
  });

  it('end at once for a reader whose request was on its way', async () => {
    emulator.tenant('blue');
    const answer = emulator.handle(new Request('http://127.0.0.1:4400/t/blue/_emulator/events'));
    emulator.removeTenant('blue');

    expect(await (await answer).text()).not.toContain('event:');
  });
});

async function* readEvents(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== '') yield { event, data: JSON.parse(data) };
    }
  }
}

async function next<T>(events: AsyncGenerator<T>): Promise<T | undefined> {
  const { value } = await events.next();
  return value as T | undefined;
}
