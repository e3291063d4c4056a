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
