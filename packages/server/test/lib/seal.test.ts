import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../src/lib/seal.ts';

const OLD = 'the old secret, which has more than 32 characters';
const NEW = 'the new secret, which has more than 32 characters';

describe('createSealer', () => {
  it('opens what it has sealed, and shows nothing of it', () => {
    const sealer = createSealer(OLD, randomBytes);

    const sealed = sealer.seal({ token: 'ada-token' }, 'vault');

    expect(sealer.open(sealed, 'vault')).toEqual({ token: 'ada-token' });
    expect(sealed).toMatch(/^[\w-]+$/);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('ada-token');
    expect(sealer.seal({ token: 'ada-token' }, 'vault')).not.toBe(sealed);
  });

  it('opens nothing for another purpose', () => {
    const sealer = createSealer(OLD, randomBytes);
    expect(sealer.open(sealer.seal('secret', 'vault:a'), 'vault:b')).toBeUndefined();
  });

  it('has a key for each purpose, so that each sees fewer nonces', () => {
    const sealer = createSealer(OLD, () => new Uint8Array(12));
    // Of one text and one nonce, only another key makes anything else.
    const textOf = (purpose: string): string => {
      const sealed = Buffer.from(sealer.seal('the same', purpose), 'base64url');
      return sealed.subarray(32).toString('hex');
    };

    expect(textOf('requirement:a')).toBe(textOf('requirement:a'));
    expect(textOf('requirement:a')).not.toBe(textOf('requirement:b'));
  });

  it('opens nothing that was changed, cut off or never sealed', () => {
    const sealer = createSealer(OLD, randomBytes);
    const bytes = Buffer.from(sealer.seal('secret', 'vault'), 'base64url');

    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(sealer.open(changed.toString('base64url'), 'vault')).toBeUndefined();
      expect(sealer.open(bytes.subarray(0, at).toString('base64url'), 'vault')).toBeUndefined();
    }
    expect(sealer.open(`${bytes.toString('base64url')}=`, 'vault')).toBeUndefined();
    expect(sealer.open('', 'vault')).toBeUndefined();
    expect(sealer.open('{"not":"sealed"}', 'vault')).toBeUndefined();
  });

  it('accepts its signature of a text for its purpose only', () => {
    const sealer = createSealer(OLD, randomBytes);
    const signature = sealer.sign('text', 'record:a');

    expect(sealer.isSigned('text', signature, 'record:a')).toBe(true);
    expect(sealer.isSigned('text', signature, 'record:b')).toBe(false);
    expect(sealer.isSigned('other', signature, 'record:a')).toBe(false);
    expect(sealer.isSigned('atext', sealer.sign('text', 'record:a'), 'record:')).toBe(false);
    expect(createSealer([NEW, OLD], randomBytes).isSigned('text', signature, 'record:a')).toBe(true);
    expect(createSealer(NEW, randomBytes).isSigned('text', signature, 'record:a')).toBe(false);
    for (let length = 0; length < signature.length; length += 1) {
      expect(sealer.isSigned('text', signature.slice(0, length), 'record:a')).toBe(false);
    }
  });

  it('opens what an older secret of its list has sealed, and seals with the first', () => {
    const before = createSealer(OLD, randomBytes);
    const between = createSealer([NEW, OLD], randomBytes);
    const after = createSealer(NEW, randomBytes);

    expect(between.open(before.seal(1, 'p'), 'p')).toBe(1);
    expect(after.open(between.seal(2, 'p'), 'p')).toBe(2);
    expect(after.open(before.seal(3, 'p'), 'p')).toBeUndefined();
  });

  it.each([[[]], ['short'], [['short']], [[OLD, 'short']], [undefined], [7]])(
    'refuses the secret %j',
    (secret) => {
      expect(() => createSealer(secret as string, randomBytes)).toThrow(TypeError);
      expect(() => createSealer(secret as string, randomBytes)).toThrow('secret:');
    },
  );
});
