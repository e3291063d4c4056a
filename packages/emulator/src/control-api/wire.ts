import type { Fault, FaultMatch, WaitingFault } from '../control/faults.ts';
import { invalidRequest } from '../lib/emulator-error.ts';
import { toJsonResponse } from '../request/json-response.ts';
/** What the routes get with a control request. */
export interface ControlBindings {
  readonly body: string;
}

/** Members whose content is not renamed. */
const opaque = ['claims', 'keys', 'signingKey', 'signing_key', 'details'];

/** The value with the names of its members in snake_case, as the control API spells them. */
export function toSnakeCase(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** The value with the names of its members in camelCase, as the library spells them. */
export function toCamelCase(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      rename(name),
      opaque.includes(name) ? member : renamed(member, rename),
    ]),
  );
}

/** A JSON answer of the control API. */
export function reply(value: unknown, status = 200): Response {
  return toJsonResponse(status, toSnakeCase(value));
}

/** The JSON object in a control request; an empty body is an empty object. */
export function parseControlBody(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidRequest('The body is not valid JSON');
  }
  return asObject(value, 'The body');
}

/** Takes the named members out of an object and refuses any other. */
export function pick(value: unknown, what: string, names: readonly string[]): Record<string, unknown> {
  const object = asObject(value, what);
  const unknown = Object.keys(object).find((name) => !names.includes(name));
  if (unknown === undefined) return object;
  throw invalidRequest(`${what} has no member ${unknown}; it takes ${names.join(', ')}`);
}

/** A fault as the control API spells it. Its values are checked when it is added. */
export function toFault(body: unknown): Fault {
  const {
    match,
    delay_ms: delayMs,
    ...rest
  } = pick(body, 'A fault', ['match', 'times', 'respond', 'drop', 'delay_ms']);
  if (rest.respond !== undefined) pick(rest.respond, 'respond', ['status', 'headers', 'body']);
  return {
    ...rest,
    ...(delayMs !== undefined && { delayMs }),
    ...(match !== undefined && { match: toMatch(match) }),
  } as Fault;
}

function toMatch(value: unknown): FaultMatch {
  const { grant_type: grantType, ...rest } = pick(value, 'match', [
    'method',
    'path',
    'grant_type',
    'username',
  ]);
  return { ...rest, ...(grantType !== undefined && { grantType }) } as FaultMatch;
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalidRequest(`${what} must be a JSON object`);
}

/** A waiting fault as the control API spells it. */
export function toWireFault({ match, respond, delayMs, ...rest }: WaitingFault): Record<string, unknown> {
  return {
    ...rest,
    ...(match !== undefined && { match: toSnakeCase(match) }),
    ...(respond !== undefined && { respond }),
    ...(delayMs !== undefined && { delay_ms: delayMs }),
  };
}
