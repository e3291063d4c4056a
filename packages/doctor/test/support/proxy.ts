import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** What a proxy that ends TLS does to requests and answers. */
export interface ProxyHabits {
  /** The Host that the app is asked under; default the one that browsers ask for. */
  readonly host?: string;
  /** Changes the headers of an answer. */
  readonly answering?: (headers: Headers) => void;
  /** Passes an answer on when it is whole. */
  readonly buffers?: boolean;
}

/** A `fetch` for which `https://bank.example` is an app on a port of this machine, behind a proxy. */
export function fetchThroughProxy(port: number, habits: ProxyHabits = {}): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { host, pathname } = new URL(request.url);
    if (host !== 'bank.example') return fetch(request);
    const { method, signal } = request;
    const headers = {
      ...Object.fromEntries(request.headers),
      host: habits.host ?? host,
      'x-forwarded-proto': 'https',
    };
    const body = Buffer.from(await request.arrayBuffer());
    return new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, method, path: pathname, headers, signal, agent: false })
        .on('response', (answer) => void passOn(answer, habits).then(resolve, reject))
        .on('error', reject)
        .end(body);
    });
  };
}

async function passOn(answer: IncomingMessage, { answering, buffers }: ProxyHabits): Promise<Response> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(answer.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  answering?.(headers);
  const content = buffers ? await buffer(answer) : Readable.toWeb(answer);
  return new Response(content as BodyInit, { status: answer.statusCode ?? 500, headers });
}
