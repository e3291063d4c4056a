/** A time span: seconds as a number, or a whole number with its unit, like `'30s'`, `'5m'`, `'2h'` or `'7d'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`;

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The seconds of a {@link Duration}; `undefined` for anything else. */
export function durationSeconds(value: unknown): number | undefined {
  // `-0 + 0` is 0.
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value + 0;
  const [, count, unit = ''] = (typeof value === 'string' && /^(\d+)(s|m|h|d)$/.exec(value)) || [];
  return count === undefined ? undefined : Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN);
}
