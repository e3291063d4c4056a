/** Parses JSON; `undefined` when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether the value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is a string and not empty. */
export function stringMember(body: unknown, name: string): string | undefined {
  const value = isRecord(body) ? body[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member that is a finite number. */
export function numberMember(body: unknown, name: string): number | undefined {
  const value = isRecord(body) ? body[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
