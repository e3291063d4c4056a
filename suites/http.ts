import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** A response, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly text: string;
  /** The body as JSON; throws if it is not JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** What a request may have besides its method and address. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Sends exactly these headers, which `fetch` would not. */
export async function call(method: string, url: string, options: CallOptions = {}): Promise<Answer> {
  const response = await open(method, url, options);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    ),
    cookies: response.headers['set-cookie'] ?? [],
    text,
    json: <T>() => JSON.parse(text) as T,
  };
}

/** A response whose body is still to be read. */
export async function open(
  method: string,
  url: string,
  { headers = {}, body }: CallOptions = {},
): Promise<IncomingMessage> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const outgoing = request(url, { method, headers: { ...length, ...headers }, agent: false });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}
