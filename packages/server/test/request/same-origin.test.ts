import { describe, expect, it } from 'vitest';
import { safePath, siteOf } from '../../src/request/same-origin.ts';
import { requestOf } from '../support/requests.ts';

const ORIGIN = 'https://bank.example';

describe('siteOf', () => {
  it.each<[string, Record<string, string>]>([
    ['same-origin', { 'sec-fetch-site': 'same-origin' }],
    ['same-origin', { 'sec-fetch-site': 'none' }],
    ['other', { 'sec-fetch-site': 'same-site' }],
    ['other', { 'sec-fetch-site': 'cross-site' }],
    ['other', { 'sec-fetch-site': 'cross-site', origin: ORIGIN }],
    ['other', { 'sec-fetch-site': '' }],
    ['same-origin', { origin: ORIGIN }],
    ['other', { origin: 'https://evil.example' }],
    ['other', { origin: 'http://bank.example' }],
    ['other', { origin: 'https://bank.example:8443' }],
    ['other', { origin: 'https://bank.example.evil.example' }],
    ['other', { origin: 'null' }],
    ['unknown', {}],
  ])('says %s of %j', (site, headers) => {
    expect(siteOf(requestOf(headers))).toBe(site);
  });
});

describe('safePath', () => {
  it.each([
    ['/account', '/account'],
    ['/account?tab=2#end', '/account?tab=2#end'],
    ['/a/../b', '/b'],
    ['/%2F%2Fevil.example', '/%2F%2Fevil.example'],
    ['/search?next=https://evil.example', '/search?next=https://evil.example'],
  ])('lets %s through as %s', (path, safe) => {
    expect(safePath(path, ORIGIN)).toBe(safe);
  });

  it.each([
    undefined,
    '',
    'account',
    'https://evil.example/',
    '//evil.example',
    '///evil.example',
    '//evil.example\\@bank.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\nset-cookie: a=b',
    '/ /evil.example',
    '/\u0000',
    '/\u00a0/evil.example',
    'javascript:alert(1)',
    ' /account',
    '/a/..//evil.example',
    '/.//evil.example',
    '/%2e%2e//evil.example',
    '//bank.example@evil.example',
  ])('lets nothing through that leads elsewhere: %j', (path) => {
    const safe = safePath(path, ORIGIN);
    // Whatever comes out, a browser must stay here with it.
    if (safe !== undefined) expect(new URL(safe, ORIGIN).origin).toBe(ORIGIN);
    if (safe !== undefined) expect(safe).not.toMatch(/^\/[/\\]/);
    else expect(safe).toBeUndefined();
  });
});
