/**
 * Refuses unknown members: a misspelt option would count as absent, and so as the default.
 *
 * @throws TypeError naming the first member that is not `known`. `prefix`: where the members are, with its dot.
 */
export function assertKnownOptions(prefix: string, members: object, known: readonly string[]): void {
  const unknown = Object.keys(members).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`${prefix}${unknown}: is not an option (${known.join(', ')})`);
}
