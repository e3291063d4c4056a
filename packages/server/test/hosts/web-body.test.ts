import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWebBody } from '../../src/hosts/web-body.ts';

const URLENCODED = 'application/x-www-form-urlencoded';

function requestWith(type: string, body: BodyInit): Request {
  return new Request('https://bank.example/transfers', {
    method: 'POST',
    headers: type === '' ? {} : { 'content-type': type },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  });
}

const multipart = (...fields: readonly (readonly [string, string | File])[]): Request => {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return new Request('https://bank.example/transfers', { method: 'POST', body: form });
};

describe('parseWebBody', () => {
  it.each(['application/json', 'APPLICATION/JSON; charset=utf-8', 'application/merge-patch+json'])(
    'parses %s',
    async (type) => {
      expect(await parseWebBody(requestWith(type, '\uFEFF{"to":"Grace"}'))).toEqual({ to: 'Grace' });
    },
  );

  it('parses forms, with a list for a repeated field', async () => {
    const fields = { to: 'Grace', tag: ['1', '2'] };

    expect(await parseWebBody(requestWith(URLENCODED, 'tag=1&to=Grace&tag=2'))).toEqual(fields);
    expect(await parseWebBody(multipart(['tag', '1'], ['to', 'Grace'], ['tag', '2']))).toEqual(fields);
  });

  it.each([
    `{"to":"Mallory","x":"&to=Grace&"}`,
    `\uFEFF{"to":"Mallory","x":"&to=Grace&"}`,
    ` [{"to":"Mallory"},"&to=Grace&"]`,
  ])('refuses a form that a handler can read as JSON: %s', async (body) => {
    await expect(parseWebBody(requestWith(URLENCODED, body))).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'The body is JSON, but its content-type says that it is a form.',
    });
  });

  it.each([
    ['unsupported_media_type', requestWith('', '{"to":"Grace"}')],
    ['unsupported_media_type', requestWith('text/plain', '{"to":"Grace"}')],
    ['unsupported_media_type', requestWith('application/jsonx', '{"to":"Grace"}')],
    ['invalid_request', requestWith('application/json', 'to=Grace')],
    ['invalid_request', requestWith('multipart/form-data; boundary=x', 'to=Grace')],
    ['invalid_request', multipart(['to', new File(['Grace'], 'to.txt')])],
    ['body_too_large', requestWith('application/json', JSON.stringify('x'.repeat(1_048_576)))],
  ])('refuses with %s what it cannot read as the handler does: %#', async (code, request) => {
    await expect(parseWebBody(request)).rejects.toMatchObject({ code });
  });
});

/** What a handler may see of a body, by the ways that it has to read it. */
async function readings(type: string, body: string): Promise<readonly unknown[]> {
  const json = requestWith(type, body).json();
  const form = requestWith(type, body)
    .formData()
    .then((fields) =>
      Object.fromEntries([...new Set(fields.keys())].map((name) => [name, allOf(fields, name)])),
    );
  const settled = await Promise.allSettled([json, form]);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value as unknown] : []));
}

function allOf(fields: FormData, name: string): unknown {
  const [value, ...more] = fields.getAll(name);
  return more.length === 0 ? value : [value, ...more];
}

it('what is bound is what a handler reads, however it reads the body: no body has two meanings', async () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"to"',
    ':',
    ',',
    '"Mallory"',
    'to=Grace',
    '&',
    '=',
    '\uFEFF',
    ' ',
    '%22',
    '--x\r\n',
  ];
  const text = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc
      .dictionary(fc.string(), fc.string())
      .map((fields) => `{"to":"Mallory","x":"&${new URLSearchParams(fields)}&"}`),
    fc.array(fc.tuple(fc.string(), fc.string())).map((fields) => new URLSearchParams(fields).toString()),
  );
  const type = fc.constantFrom(
    'application/json',
    'application/json; charset=utf-8',
    'application/problem+json',
    URLENCODED,
    `${URLENCODED};charset=utf-8`,
    'multipart/form-data; boundary=x',
  );
  await fc.assert(
    fc.asyncProperty(type, text, async (contentType, body) => {
      const bound = await parseWebBody(requestWith(contentType, body)).catch(() => undefined);
      if (typeof bound !== 'object' || bound === null) return;
      for (const seen of await readings(contentType, body)) {
        // A number or a text has no members that a handler could act on.
        if (typeof seen === 'object' && seen !== null) expect(seen).toEqual(bound);
      }
    }),
    { numRuns: 500 },
  );
});
