import { EmulatorError } from '../lib/emulator-error.ts';

/** The largest body that is read: 64 KiB. */
const maxBodyBytes = 64 * 1024;

/** The body as text; 413 above {@link maxBodyBytes}. */
export async function readBody(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge();
  // Firefox has no `Request.body`.
  const stream = request.body as ReadableStream<Uint8Array> | null | undefined;
  if (stream === null) return '';
  return stream === undefined ? readWhole(request) : readStream(stream);
}

async function readWhole(request: Request): Promise<string> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBodyBytes) throw tooLarge();
  return new TextDecoder().decode(bytes);
}

async function readStream(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    size += chunk.value.byteLength;
    if (size > maxBodyBytes) {
      await reader.cancel();
      throw tooLarge();
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(): EmulatorError {
  return new EmulatorError(413, 'invalid_request', `The body is larger than ${maxBodyBytes} bytes`);
}
