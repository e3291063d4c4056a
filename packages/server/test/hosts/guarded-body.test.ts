import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { withGuardedBody } from '../../src/hosts/guarded-body.ts';

describe('withGuardedBody', () => {
  it('accepts an empty body that nobody has read, which a later parser may fill', () => {
    const left = withGuardedBody({ body: {} }, { readableDidRead: false });
    expect(() => left.body).toThrow(expect.objectContaining({ code: 'invalid_request', status: 400 }));
  });

  it.each([
    ['that is empty, and was read', {}, true],
    ['that a host has filled by itself', { amount: 5 }, false],
  ])('leaves a body %s', (_, body, readableDidRead) => {
    expect(withGuardedBody({ body }, { readableDidRead }).body).toBe(body);
  });

  const bytes = () => Buffer.from('{"amount":5000}');

  it.each([
    ['a buffer', bytes()],
    ['an array of bytes', new Uint8Array(bytes())],
    ['an ArrayBuffer', new Uint8Array(bytes()).buffer],
    ['a blob', new Blob([bytes()])],
    ['a Node stream', Readable.from([bytes()])],
    ['a web stream', new Blob([bytes()]).stream()],
    ['form data', new FormData()],
    ['search parameters', new URLSearchParams('amount=5000')],
    ['a map', new Map([['amount', 5_000]])],
  ])('lets no policy take %s for a parsed body', (_, body) => {
    const held = withGuardedBody({ body }, { readableDidRead: true }) as { body: { amount?: number } };

    expect(() => (held.body.amount ?? 0) > 1_000).toThrow(
      expect.objectContaining({ code: 'misconfigured', status: 500 }),
    );
    expect(() => 'amount' in held.body).toThrow('The policy reads body.amount');
  });

  it('lets a policy read the bytes, form data and parameters as what they are', () => {
    const form = new FormData();
    form.set('amount', '5000');
    const bodyOf = <T>(body: T): T =>
      withGuardedBody({ body: body as object }, { readableDidRead: true }).body as T;

    expect(JSON.parse(String(bodyOf(bytes())))).toEqual({ amount: 5_000 });
    expect(JSON.parse(bodyOf(bytes()).toString('utf8'))).toEqual({ amount: 5_000 });
    expect(bodyOf(bytes()).length).toBe(15);
    expect(bodyOf(form).get('amount')).toBe('5000');
    expect(bodyOf(new URLSearchParams('amount=5000')).get('amount')).toBe('5000');
    expect(bodyOf(new Map([['amount', 5_000]])).get('amount')).toBe(5_000);
  });
});
