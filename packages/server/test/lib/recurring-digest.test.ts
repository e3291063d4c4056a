import { expect, it } from 'vitest';
import { recurringDigest } from '../../src/lib/recurring-digest.ts';
import { digest } from '../../src/lib/seal.ts';

it('is the digest of the text, for the first time, again, and after thousands of others', () => {
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 2_500; index += 1) {
      const text = `login ${index}`;
      expect(recurringDigest(text)).toBe(digest(text));
      expect(recurringDigest(text)).toBe(digest(text));
    }
  }
});
