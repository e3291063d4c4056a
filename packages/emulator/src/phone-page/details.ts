/** One of the `authorization_details`, ready to be shown. */
export interface ShownDetail {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
}

type Members = Readonly<Record<string, unknown>>;

/**
 * What an app shows of an object of `authorization_details`: of Auth0's schema its instruction and the properties that are
 * to be displayed, in their order; of any other its members.
 */
export function toShownDetail(detail: unknown): ShownDetail {
  const { type, instruction, properties, ...rest } = asMembers(detail);
  if (typeof instruction === 'string') {
    return { title: instruction, facts: shownProperties(asMembers(properties)) };
  }
  const members = { ...rest, ...(properties !== undefined && { properties }) };
  return {
    title: toText(type),
    facts: Object.entries(members).map(([name, value]) => [name, toText(value)]),
  };
}

function shownProperties(properties: Members): [string, string][] {
  return Object.entries(properties)
    .map(([key, value]) => ({ key, ...asMembers(value) }) as Members & { readonly key: string })
    .filter(({ display }) => display === true)
    .sort((a, b) => Number(a.display_order ?? 0) - Number(b.display_order ?? 0))
    .map(({ key, name, value }) => [typeof name === 'string' ? name : key, toText(value)]);
}

function asMembers(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
