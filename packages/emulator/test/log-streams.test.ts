import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PATIENT } from 'suites/patience.ts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEmulator, type LogEvent } from '../src/index.ts';
import { createLogStreams } from '../src/logs/log-streams.ts';
import { createTenantClient } from './tenant-client.ts';

interface Post {
  readonly authorization: string | undefined;
  readonly body: string;
}

/** An endpoint that answers as it is told, the last status for good. */
async function startEndpoint(statuses: number[] = [204]): Promise<{ url: string; posts: Post[] }> {
  const posts: Post[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      posts.push({ authorization: request.headers.authorization, body });
      response.writeHead(statuses.length > 1 ? (statuses.shift() ?? 204) : (statuses[0] ?? 204)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs`, posts };
}

const event = (number: number, type = 'sepft'): LogEvent => ({
  log_id: `900${number}`,
  _id: `900${number}`,
  date: '2026-01-01T00:00:00.000Z',
  type,
  description: '',
  ip: '127.0.0.1',
  user_agent: '',
  hostname: 'tenant.test',
  tenant_name: 'tenant',
  isMobile: false,
});

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Streams whose endpoint is a function, and whose time does not pass by itself. */
function fakeStreams(answer: (body: string) => number) {
  const bodies: string[] = [];
  const waits: number[] = [];
  const streams = createLogStreams([{ name: 'siem', endpoint: 'http://siem.test/' }], {
    fetch: async (_url, init) => {
      const body = await new Request('http://siem.test/', init).text();
      bodies.push(body);
      const status = answer(body);
      if (status === 0) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      return new Response(null, { status });
    },
    wait: async (ms) => void waits.push(ms),
  });
  return { streams, bodies, waits };
}

describe('a log stream', () => {
  it('gets the events of the tenant, with its authorization header', async () => {
    const { url, posts } = await startEndpoint();
    const logStreams = [{ name: 'siem', endpoint: url, authorization: 'Bearer the-token' }];
    const emulator = createEmulator({ logStreams });
    await createTenantClient(emulator).signIn({ password: 'guess' });
    await vi.waitFor(() => expect(posts).toHaveLength(1), PATIENT);
    expect(posts[0]?.authorization).toBe('Bearer the-token');
    const [first] = emulator.logEvents;
    expect(JSON.parse(posts[0]?.body ?? '')).toMatchObject([
      { log_id: first?.log_id, data: { ...first } },
      { data: { type: 'fepft' } },
    ]);
    await vi.waitFor(
      () => expect(emulator.logStreams()).toMatchObject([{ sent: 2, waiting: 0, lost: 0 }]),
      PATIENT,
    );
    expect(JSON.stringify(emulator.logStreams())).not.toContain('the-token');
  });

  it('sends few requests, of at most 100 events, in order', async () => {
    const { streams, bodies, waits } = fakeStreams(() => 200);
    for (let number = 1; number <= 250; number += 1) streams.deliver(event(number));
    await vi.waitFor(() => expect(streams.logStreams()).toMatchObject([{ sent: 250 }]), PATIENT);
    const batches = bodies.map((body) =>
      (JSON.parse(body) as { log_id: string }[]).map(({ log_id: id }) => id),
    );
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 50]);
    // Only what does not fill a request waits for more.
    expect(waits).toEqual([200, 200]);
    expect(batches.flat()).toEqual(Array.from({ length: 250 }, (_, index) => `900${index + 1}`));
  });

  it('tries three more times, and then continues with later events', async () => {
    let failures = 0;
    const { streams, waits } = fakeStreams((body) => {
      if (!body.includes('9001')) return 200;
      failures += 1;
      return failures % 2 === 0 ? 503 : 0;
    });
    streams.deliver(event(1));
    await tick();
    streams.deliver(event(2));
    await vi.waitFor(() => expect(streams.logStreams()).toMatchObject([{ sent: 1, lost: 1 }]), PATIENT);
    expect(failures).toBe(4);
    expect(waits).toEqual([200, 1_000, 2_000, 4_000, 200]);
  });

  it('sends nothing more after it is removed', async () => {
    const { streams, bodies } = fakeStreams(() => 200);
    streams.deliver(event(1));
    streams.removeLogStream('siem');
    await tick();
    expect(bodies).toEqual([]);
    expect(streams.logStreams()).toEqual([]);
  });

  it('says why it fails', async () => {
    const { streams } = fakeStreams(() => 0);
    streams.deliver(event(1));
    await vi.waitFor(
      () => expect(streams.logStreams()).toMatchObject([{ lastError: 'connect ECONNREFUSED' }]),
      PATIENT,
    );
  });

  it('sends lines or single events when configured, and only the types it names', async () => {
    const { url, posts } = await startEndpoint();
    const emulator = createEmulator();
    emulator.addLogStream({
      name: 'lines',
      endpoint: url,
      contentFormat: 'JSONLINES',
      types: ['fp', 'fepft'],
    });
    const client = createTenantClient(emulator);
    await client.signIn({ scope: 'openid' });
    await client.signIn({ password: 'guess' });
    await vi.waitFor(() => expect(posts).toHaveLength(1), PATIENT);
    expect(posts[0]?.body.split('\n').map((line) => JSON.parse(line).data.type)).toEqual(['fp', 'fepft']);
    emulator.addLogStream({ name: 'lines', endpoint: url, contentFormat: 'JSONOBJECT' });
    await client.signIn({ password: 'guess' });
    await vi.waitFor(() => expect(posts).toHaveLength(3), PATIENT);
    expect(posts.slice(1).map(({ body }) => JSON.parse(body).data.type)).toEqual(['fp', 'fepft']);
  });

  it('is added, listed and removed over the control API', async () => {
    const { url } = await startEndpoint();
    const client = createTenantClient(createEmulator());
    const json = {
      name: 'siem',
      endpoint: url,
      authorization: 'Bearer the-token',
      content_format: 'JSONLINES',
    };
    expect(await client.call('POST', '/_emulator/log_streams', { json })).toMatchObject({ status: 201 });
    const listed = await client.call('GET', '/_emulator/log_streams');
    expect(listed.body).toMatchObject([{ name: 'siem', endpoint: url, sent: 0 }]);
    expect(listed.text).not.toContain('the-token');
    expect(await client.call('DELETE', '/_emulator/log_streams/siem')).toMatchObject({ status: 200 });
    expect(await client.call('DELETE', '/_emulator/log_streams/siem')).toMatchObject({ status: 404 });
    const wrong = await client.call('POST', '/_emulator/log_streams', {
      json: { ...json, endpoint: 'siem' },
    });
    expect(wrong).toMatchObject({ status: 400, body: { error_description: 'endpoint is a URL' } });
  });

  it('is managed as any tenant has it managed', async () => {
    const { url, posts } = await startEndpoint();
    const emulator = createEmulator();
    const client = createTenantClient(emulator);
    const audience = `${emulator.issuer}api/v2/`;
    const { body } = await client.token({ grant_type: 'client_credentials', audience });
    const bearer = String(body.access_token);
    const sink = { httpEndpoint: url, httpAuthorization: 'Bearer the-token', httpContentFormat: 'JSONLINES' };
    const create = (json: Record<string, unknown>) =>
      client.call('POST', '/api/v2/log-streams', {
        bearer,
        json: { name: 'siem', type: 'http', sink, ...json },
      });
    const created = await create({});
    expect(created).toMatchObject({ status: 200, body: { sink: { httpContentFormat: 'JSONLINES' } } });
    expect(created.text).not.toContain('the-token');
    expect(await create({})).toMatchObject({ status: 409 });
    expect(await create({ type: 'datadog' })).toMatchObject({ status: 400 });
    expect(await create({ filters: [{ type: 'category' }] })).toMatchObject({ status: 400 });
    expect(await create({ name: 'wrong', sink: { httpEndpoint: 'siem' } })).toMatchObject({ status: 400 });
    await vi.waitFor(() => expect(posts[0]?.authorization).toBe('Bearer the-token'), PATIENT);
    const path = `/api/v2/log-streams/${String(created.body.id)}`;
    expect(await client.call('GET', path, { bearer })).toMatchObject({ body: { name: 'siem' } });
    expect(await client.call('DELETE', path, { bearer })).toMatchObject({ status: 204 });
    expect(await client.call('GET', path, { bearer })).toMatchObject({ status: 404 });
  });

  it('is restored by a reset, and part of an export', async () => {
    const logStreams = [{ name: 'siem', endpoint: 'http://127.0.0.1:9/', types: ['gd_send_pn'] }];
    const emulator = createEmulator({ logStreams });
    emulator.addLogStream({ name: 'other', endpoint: 'http://127.0.0.1:9/', types: ['gd_send_pn'] });
    expect((await emulator.export()).config.logStreams).toHaveLength(2);
    emulator.reset();
    expect(emulator.logStreams()).toMatchObject([{ name: 'siem' }]);
  });
});

it('has a unique name', () => {
  const stream = { name: 'siem', endpoint: 'http://127.0.0.1:9/' };
  expect(() => createEmulator({ logStreams: [stream, stream] })).toThrow('logStreams holds a name twice');
});
