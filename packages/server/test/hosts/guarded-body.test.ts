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
});
