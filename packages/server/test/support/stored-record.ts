import type { HandleRecord } from '../../src/records/handle-record.ts';

/** The record in a value of the store; `undefined` for other values. */
export function storedRecord(value: unknown): HandleRecord | undefined {
  const { text } = (value ?? {}) as { readonly text?: unknown };
  return typeof text === 'string' ? (JSON.parse(text) as HandleRecord) : undefined;
}
