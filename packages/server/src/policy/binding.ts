import { StepUpError } from '@stepgate/core';
import canonicalize from 'canonicalize';
import { digest } from '../lib/seal.ts';

/**
 * What of a request the approval is bound to: dotted paths into the parsed body (`'payee.iban'`), or a function that
 * returns JSON.
 */
export type Binding<Native = unknown> = readonly string[] | ((request: Native) => unknown);

/** What of one request an action is bound to. */
export interface Bound {
  /** See {@link boundDigest}. */
  readonly digest: string;
  /** The same for the user to read: one line for each member. */
  readonly shown: string;
}

/**
 * Checks what a policy binds.
 *
 * @throws TypeError when it is neither a function nor a list of paths.
 */
export function assertBinding(bind: unknown): asserts bind is Binding<never> {
  if (typeof bind === 'function') return;
  const isList = Array.isArray(bind) && bind.length > 0 && bind.every(isPath);
  if (!isList || new Set(bind).size < bind.length) {
    throw new TypeError(
      "policy.action.bind: must be a function, or a list of different paths into the request body, like ['to', 'payee.iban']",
    );
  }
}

function isPath(path: unknown): boolean {
  return typeof path === 'string' && path.split('.').every((name) => name !== '' && name !== PROTO);
}

/** Reads the bound members of a parsed body. A member that is not there is left out. */
export function boundMembers(paths: readonly string[], body: unknown): Readonly<Record<string, unknown>> {
  if (ArrayBuffer.isView(body)) throw notMembers();
  const found = paths.flatMap((path) => {
    const value = memberOf(body, path.split('.'));
    return value === undefined ? [] : [[path, value] as const];
  });
  if (found.length > 0) return Object.fromEntries(found);
  throw invalid(`This request needs a body with ${paths.join(', ')}: send JSON or a form.`);
}

/** Only own members count, and only those that the handler finds under the same name. */
function memberOf(holder: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return holder;
  if (typeof holder !== 'object' || holder === null) return undefined;
  assertNoProto(holder);
  return Object.hasOwn(holder, name) ? memberOf(holder[name as keyof object], rest) : undefined;
}

/** Describes what is bound. `paths`: the members that the user reads about, also where the request lacks them. */
export function boundOf(value: unknown, paths?: readonly string[]): Bound {
  return { digest: boundDigest(value), shown: shownLines(value, paths) };
}

/**
 * The digest that binds an approval to JSON: SHA-256, in base64url, of its canonical form (RFC 8785). The order of
 * members does not matter; any other value, type or number of members changes the digest.
 *
 * @throws TypeError for what JSON cannot hold, like a `Date` or a `Map`.
 * @throws StepUpError `invalid_request` for what only input can contain: numbers that are not finite, text that is
 * not Unicode, files, deep nesting.
 */
export function boundDigest(value: unknown): string {
  assertJson(value, 0);
  // A value that has passed has a canonical form.
  return digest(canonicalize(value) as string);
}

const DEEPEST = 32;
const PROTO = '__proto__';

/** `canonicalize` leaves out what JSON cannot hold: everything in a `Map`, for instance. Here it is refused. */
function assertJson(value: unknown, depth: number): void {
  if (depth > DEEPEST) throw invalid('A bound member is nested too deep: send a flatter one.');
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed())
        throw invalid('A bound member holds half a surrogate pair: send Unicode text.');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw invalid('A bound member is not a finite number.');
      return;
    case 'boolean':
      return;
    case 'object':
      if (value === null) return;
      if (Array.isArray(value)) {
        // Not `forEach`, which skips holes.
        for (const one of value) assertJson(one, depth + 1);
        return;
      }
      assertPlain(value);
      for (const [name, one] of Object.entries(value)) {
        assertJson(name, depth + 1);
        if (one !== undefined) assertJson(one, depth + 1);
      }
      return;
    default:
      throw notJson(typeof value);
  }
}

function assertPlain(value: object): void {
  // Parsers of forms leave files like this, and any field can hold one.
  if (ArrayBuffer.isView(value) || value instanceof Blob)
    throw invalid('A bound member is a file: send text.');
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (!isPlain || typeof toJSON === 'function') throw notJson(`a ${value.constructor.name}`);
  assertNoProto(value);
}

/** `Object.assign` would turn it into a prototype, whose members nobody has approved. */
function assertNoProto(value: object): void {
  if (Object.hasOwn(value, PROTO)) throw invalid(`The body must have no member ${PROTO}.`);
}

/** One line for each member. A value without members is one line. */
function shownLines(value: unknown, paths: readonly string[] = []): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return shown(value);
  const names = [...new Set([...paths, ...Object.keys(value)])];
  const members = value as Readonly<Record<string, unknown>>;
  return names.map((name) => `${shown(name)}: ${shown(members[name])}`).join('\n');
}

/** One line, whatever the value: a line break must not look like another member. */
function shown(value: unknown): string {
  if (value === undefined) return ABSENT;
  const isPlain = typeof value === 'string' && value !== ABSENT && PLAIN.test(value);
  const text = isPlain ? value : JSON.stringify(value);
  return text.replace(BREAKS, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const ABSENT = '–';
/** Text without line breaks and control characters, nor spaces at its ends. */
const PLAIN = /^(?!\s)[^\p{Cc}\p{Zl}\p{Zp}]+(?<!\s)$/u;
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

function notJson(kind: string): TypeError {
  return new TypeError(
    `policy.action.bind: must give JSON, and ${kind} is not; give text, numbers, lists and plain objects`,
  );
}

function notMembers(): StepUpError {
  return new StepUpError(
    'misconfigured',
    'policy.action.bind names members of the request body, but the parser in front of the guard leaves bytes. Use a parser of JSON or forms, or make bind a function.',
  );
}

function invalid(message: string): StepUpError {
  return new StepUpError('invalid_request', message);
}
