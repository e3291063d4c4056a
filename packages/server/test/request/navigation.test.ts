import { describe, expect, it } from 'vitest';
import { isNavigation } from '../../src/request/navigation.ts';
import { requestOf } from '../support/requests.ts';

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('isNavigation', () => {
  it.each<[boolean, Record<string, string>]>([
    [true, { 'sec-fetch-mode': 'navigate' }],
    [true, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    [true, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'application/json' }],
    [false, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', accept: HTML }],
    [false, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'embed', accept: HTML }],
    [false, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object', accept: HTML }],
    [false, { 'sec-fetch-mode': 'cors', accept: HTML }],
    [false, { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image', accept: HTML }],
    [false, { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script', accept: '*/*' }],
    [true, { accept: HTML }],
    [true, { accept: 'Text/HTML' }],
    [true, { accept: 'text/html, application/json' }],
    [true, { accept: 'application/json;q=0.5, text/html' }],
    [false, { accept: 'application/json, text/html' }],
    [false, { accept: 'text/html;q=0.5, application/json' }],
    [false, { accept: 'text/html;q=0' }],
    [false, { accept: 'text/html;q=nonsense' }],
    [false, { accept: 'application/json, text/plain, */*' }],
    [false, { accept: '*/*' }],
    [false, { accept: HTML, 'x-requested-with': 'XMLHttpRequest' }],
    [false, {}],
  ])('says %j of %j', (answer, headers) => {
    expect(isNavigation(requestOf(headers))).toBe(answer);
  });
});
