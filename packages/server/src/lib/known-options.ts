/**
 * Refuses unknown members: a misspelt option would otherwise be ignored, and its default used.
 *
 * @throws TypeError naming the first member that is not `known`. `prefix`: where the members are, with its dot.
 */
export function assertKnownOptions(prefix: string, members: object, known: readonly string[]): void {
  const unknown = Object.keys(members).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`${prefix}${unknown}: is not an option (${known.join(', ')})`);
}
