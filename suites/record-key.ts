/** Whether a key of the store is that of a record of flows and approvals: the namespace, and a digest. */
export function isRecordKey(key: string): boolean {
  return /^[\w-]{22}:[\w-]{43}$/.test(key);
}
