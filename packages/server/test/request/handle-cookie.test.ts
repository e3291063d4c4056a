import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAllowedOrigins } from '../../src/request/allowed-origins.ts';
import { createHandles } from '../../src/request/handle-cookie.ts';
import { requestOf } from '../support/requests.ts';

const handles = createHandles({ randomBytes, insecureCookie: false, origins: createAllowedOrigins([]) });
const HANDLE = 'A'.repeat(43);

describe('createHandles', () => {
  it.each<[string, Record<string, string>]>([
    ['the cookie', { cookie: `__Host-stepgate=${HANDLE}` }],
    ['the cookie among others', { cookie: `a=b; __Host-stepgate=${HANDLE}; c` }],
    ['the header', { 'stepgate-handle': HANDLE }],
  ])('reads the handle in %s', (_, headers) => {
    expect(handles.read(requestOf(headers))).toBe(HANDLE);
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['a cookie without the prefix, on https', { cookie: `stepgate=${HANDLE}` }],
    ['a cookie whose name only ends that way', { cookie: `x__Host-stepgate=${HANDLE}` }],
    [
      'a cookie of another host, whose name begins with a space that browsers keep',
      { cookie: `\u00a0__Host-stepgate=${HANDLE}; sid=s` },
    ],
    ['a cookie whose name ends with one', { cookie: `__Host-stepgate\u00a0=${HANDLE}` }],
    ['a short one', { cookie: '__Host-stepgate=AAAA' }],
    ['a long one', { cookie: `__Host-stepgate=${HANDLE}A` }],
    ['one with other characters', { cookie: `__Host-stepgate=${HANDLE.slice(1)}+` }],
    ['the wish for a new one', { 'stepgate-handle': 'new' }],
  ])('reads no handle in %s', (_, headers) => {
    expect(handles.read(requestOf(headers))).toBeUndefined();
  });

  it('mints 256 random bits', () => {
    const { handle } = handles.mint(requestOf());
    expect(Buffer.from(handle, 'base64url')).toHaveLength(32);
    expect(handles.mint(requestOf()).handle).not.toBe(handle);
  });

  it.each(['localhost', 'localhost:3000', '127.0.0.1:80', '127.8.8.8', '[::1]:3000'])(
    'sets a cookie over http on this machine: %s',
    (host) => {
      expect(handles.mint(requestOf({}, { protocol: 'http', host })).headers).toHaveProperty('set-cookie');
    },
  );

  it.each(['bank.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', ''])(
    'sets no cookie over http on %j',
    (host) => {
      expect(() => handles.mint(requestOf({}, { protocol: 'http', host }))).toThrow(
        expect.objectContaining({ code: 'insecure_transport', status: 403 }),
      );
    },
  );

  it.each<[string, Record<string, string>]>([
    ['has a cookie', { cookie: 'a=b' }],
    ['is a browser', { 'sec-fetch-site': 'same-origin' }],
  ])('answers with a cookie, whatever it asks for, when a client %s', (_, headers) => {
    const minted = handles.mint(requestOf({ 'stepgate-handle': 'new', ...headers }));
    expect(Object.keys(minted.headers)).toEqual(['set-cookie']);
  });
});
