import { isStepUpError } from '@stepgate/core';
import { LARGEST_BODY_BYTES, readBytes } from './body.ts';

/** A request's body as its host has it: unread, or already read by a parser. */
export type HostBody = { readonly raw: Request } | { readonly parsed: unknown; readonly hasFiles: boolean };

/** Why a form is not kept for after the approval. */
export type Unkept = 'file' | 'size';

/** How the form is encoded; `undefined` if the body is not a form. */
export function enctypeOf(contentType: string | undefined): FormEnctype | undefined {
  const [type] = (contentType ?? '').toLowerCase().split(';');
  return ENCTYPES.find((enctype) => enctype === type?.trim());
}

const ENCTYPES = ['application/x-www-form-urlencoded', 'multipart/form-data'] as const;

/** Reads the fields of a form of at most 64 KB; `undefined` when it cannot be read. */
export async function readFields(
  body: HostBody,
  enctype: FormEnctype,
): Promise<FormFields | Unkept | undefined> {
  try {
    if ('parsed' in body) {
      if (body.hasFiles) return 'file';
      return body.parsed === undefined ? undefined : withinSize(fieldsOf(body.parsed));
    }
    const bytes = await readBytes(body.raw);
    if (enctype === 'application/x-www-form-urlencoded')
      return [...new URLSearchParams(bytes.toString('utf8'))];
    return await multipartFields(bytes, body.raw.headers);
  } catch (error) {
    return isStepUpError(error, 'body_too_large') ? 'size' : undefined;
  }
}

async function multipartFields(bytes: Buffer<ArrayBuffer>, headers: Headers): Promise<FormFields | Unkept> {
  const form = await new Response(bytes, {
    headers: { 'content-type': headers.get('content-type') ?? '' },
  }).formData();
  const fields: (readonly [string, string])[] = [];
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.push([name, value]);
    // An empty file input comes as a file without a name.
    else if (value.name !== '' || value.size > 0) return 'file';
  }
  return fields;
}

/** The fields that a parser made of a form; nested ones get their brackets back. */
export function fieldsOf(value: unknown, name?: string): FormFields {
  if (Array.isArray(value)) return value.flatMap((one) => fieldsOf(one, name));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([member, one]) =>
      fieldsOf(one, name === undefined ? member : `${name}[${member}]`),
    );
  }
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return name !== undefined && isText ? [[name, String(value)]] : [];
}

function withinSize(fields: FormFields): FormFields | Unkept {
  const size = fields.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  return size > LARGEST_BODY_BYTES ? 'size' : fields;
}

/** How a form without a file is encoded. */
export type FormEnctype = 'application/x-www-form-urlencoded' | 'multipart/form-data';

/** Names and values in order. A name can come more than once. */
export type FormFields = readonly (readonly [string, string])[];
