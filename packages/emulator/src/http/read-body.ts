import { EmulatorError } from '../emulator-error.ts';

/** The largest body that is read: 64 KiB. */
const maxBodyBytes = 64 * 1024;

/** The body as text; 413 above {@link maxBodyBytes}. */
export async function readBody(request: Request): Promise<string> {
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) {
      throw new EmulatorError(413, 'invalid_request', `The body is larger than ${maxBodyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
