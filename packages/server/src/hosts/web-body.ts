import { StepUpError } from '@stepgate/core';
import { readBytes } from '../request/body.ts';
import { enctypeOf } from '../request/form-body.ts';

/** As much as the handler's own parser is likely to accept. */
const LARGEST_BYTES = 1_048_576;

/**
 * Parses a body as the handler will: by its content type. It is JSON or a form; a repeated field becomes a list.
 *
 * @throws StepUpError `unsupported_media_type` (415), `body_too_large` (413) or `invalid_request` (400).
 */
export async function parseWebBody(request: Request): Promise<unknown> {
  const contentType = request.headers.get('content-type') ?? '';
  const isForm = enctypeOf(contentType) !== undefined;
  if (!isForm && !/^application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i.test(contentType)) {
    throw new StepUpError(
      'unsupported_media_type',
      'This request needs a body: send JSON or a form, and name its type in content-type.',
    );
  }
  const bytes = await readBytes(request, LARGEST_BYTES);
  // Like `request.json()`, which skips a byte order mark.
  const json = parseJson(new TextDecoder().decode(bytes));
  // `request.json()` ignores the type: a handler that calls it would run something other than what was approved.
  const isBoth = isForm && typeof json === 'object' && json !== null;
  if (isBoth) throw unreadable('The body is JSON, but its content-type says that it is a form.');
  if (!isForm && json === undefined) throw unreadable('The body is not valid JSON.');
  return isForm ? fieldsOf(bytes, contentType) : json;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function fieldsOf(bytes: Buffer<ArrayBuffer>, contentType: string): Promise<unknown> {
  const form = await new Response(bytes, { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  if (form === undefined) throw unreadable('The body is not a valid form.');
  const names = [...new Set(form.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const [value, ...more] = form.getAll(name).map(textOf);
      return [name, more.length === 0 ? value : [value, ...more]];
    }),
  );
}

function textOf(value: FormDataEntryValue): string {
  if (typeof value === 'string') return value;
  throw unreadable('A bound member cannot be in a form with a file.');
}

function unreadable(message: string): StepUpError {
  return new StepUpError('invalid_request', message);
}
