import { describe, expect, it } from 'vitest';
import { enctypeOf, type HostBody, readFields } from '../../src/request/form-body.ts';

const URLENCODED = 'application/x-www-form-urlencoded';

function raw(body: string, type: string): HostBody {
  return { raw: new Request('http://host/', { method: 'POST', headers: { 'content-type': type }, body }) };
}

describe('enctypeOf', () => {
  it.each([
    [`${URLENCODED}; charset=utf-8`, URLENCODED],
    ['Multipart/Form-Data; boundary=x', 'multipart/form-data'],
    ['application/json', undefined],
    ['text/plain', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (type, enctype) => {
    expect(enctypeOf(type)).toBe(enctype);
  });
});

describe('readFields', () => {
  it('writes nested fields as parsers read them', async () => {
    const parsed = { to: 'Grace', amount: 7, tags: ['a', 'b'], address: { city: 'Graz', lines: ['1', '2'] } };

    expect(await readFields({ parsed, hasFiles: false }, URLENCODED)).toEqual([
      ['to', 'Grace'],
      ['amount', '7'],
      ['tags', 'a'],
      ['tags', 'b'],
      ['address[city]', 'Graz'],
      ['address[lines]', '1'],
      ['address[lines]', '2'],
    ]);
  });

  it('knows the files and the size of what a parser has read', async () => {
    expect(await readFields({ parsed: {}, hasFiles: true }, 'multipart/form-data')).toBe('file');
    expect(await readFields({ parsed: { a: 'x'.repeat(66_000) }, hasFiles: false }, URLENCODED)).toBe('size');
  });

  it('keeps no form that it cannot read', async () => {
    expect(await readFields({ parsed: undefined, hasFiles: false }, URLENCODED)).toBeUndefined();
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x']) {
      expect(await readFields(raw('--y\r\nno form', type), 'multipart/form-data')).toBeUndefined();
    }
  });
});
