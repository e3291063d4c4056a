/** One value of the distinguished encoding rules of ASN.1 (ITU-T X.690): its tag, its length, its content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concat([Uint8Array.of(tag), encodeLength(length), ...content]);
}

export const sequence = (...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => der(0x30, ...content);
export const set = (...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => der(0x31, ...content);
export const octets = (...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => der(0x04, ...content);
export const bits = (content: Uint8Array, unused = 0): Uint8Array<ArrayBuffer> =>
  der(0x03, Uint8Array.of(unused), content);
export const boolean = (value: boolean): Uint8Array<ArrayBuffer> =>
  der(0x01, Uint8Array.of(value ? 0xff : 0));
export const text = (value: string): Uint8Array<ArrayBuffer> => der(0x0c, new TextEncoder().encode(value));
export const nothing = der(0x05);

/** A whole number that is not negative, given by its bytes. */
export function integer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const start = bytes.findIndex((byte) => byte !== 0);
  const significant = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
  // A first bit would make it negative.
  return der(0x02, ...((significant[0] ?? 0) >= 0x80 ? [Uint8Array.of(0)] : []), significant);
}

/** An object identifier such as `2.5.29.17`. */
export function oid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** A time: with two digits of the year until 2049, with four from then on (RFC 5280, section 4.1.2.5). */
export function time(ms: number): Uint8Array<ArrayBuffer> {
  const digits = `${new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
  const isShort = digits < '2050';
  return der(isShort ? 0x17 : 0x18, new TextEncoder().encode(isShort ? digits.slice(2) : digits));
}

function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
