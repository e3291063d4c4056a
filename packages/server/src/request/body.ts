import { isStepUpError, StepUpError } from '@stepgate/core';

/** The largest body that is read: for the endpoints, and for a form that is kept. */
export const LARGEST_BODY_BYTES = 65_536;

/**
 * Reads a JSON body of at most `mostBytes`, by default 64 KB.
 *
 * @throws StepUpError `unsupported_media_type` (415), `body_too_large` (413) or `invalid_request` (400).
 */
export async function readJson(request: Request, mostBytes?: number): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new StepUpError('unsupported_media_type', 'Send JSON, with content-type: application/json.');
  }
  const text = await readText(request, mostBytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new StepUpError('invalid_request', 'The body is not valid JSON.');
  }
}

/**
 * Reads a urlencoded form of at most 64 KB.
 *
 * @throws StepUpError `body_too_large` (413) or `invalid_request` (400).
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(request));
}

async function readText(request: Request, mostBytes?: number): Promise<string> {
  return (await readBytes(request, mostBytes)).toString('utf8');
}

/**
 * Reads a body of at most `mostBytes`, by default 64 KB.
 *
 * @throws StepUpError `body_too_large` (413) or `invalid_request` (400).
 */
export async function readBytes(
  request: Request,
  mostBytes = LARGEST_BODY_BYTES,
): Promise<Buffer<ArrayBuffer>> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > mostBytes) throw tooLarge(mostBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (isStepUpError(error)) throw error;
    throw new StepUpError('invalid_request', 'The body broke off. Send it again.');
  }
  return Buffer.concat(chunks);
}

function tooLarge(mostBytes: number): StepUpError {
  return new StepUpError('body_too_large', `The body must not be larger than ${mostBytes / 1_024} KB`);
}
