import type { IncomingMessage } from 'node:http';
import { StepUpError } from '@stepgate/core';

/**
 * The object that holds a request's body, for policies to read. Reading the body throws while no parser has filled it:
 * `undefined > 1000` is false, and a policy that compares must not take that for an answer. `req` is Node's request, from
 * which parsers read.
 */
export function withGuardedBody<T extends object>(
  holder: T,
  req?: Pick<IncomingMessage, 'readableDidRead'>,
): T {
  const { body } = holder as { readonly body?: unknown };
  // Some parsers leave an empty object when the type is not theirs. A later parser may fill it.
  const isLeftEmpty = req?.readableDidRead === false && isEmpty(body);
  if (isUnparsed(body)) return Object.create(holder, { body: { value: withOwnMembers(body) } }) as T;
  if (body !== undefined && !isLeftEmpty) return holder;
  // A parser that ran and did not know the type leaves the member behind.
  const isParsed = 'body' in holder;
  return Object.create(holder, {
    body: {
      get() {
        throw isParsed ? unreadableBody() : unparsedBody();
      },
    },
  }) as T;
}

/** What holds a body, and has none of its members: bytes, streams, and collections with `get`. */
const HOLDERS = [ArrayBuffer, Blob, FormData, Map, ReadableStream, URLSearchParams];

function isUnparsed(body: unknown): body is object {
  if (typeof body !== 'object' || body === null) return false;
  if (ArrayBuffer.isView(body) || HOLDERS.some((holder) => body instanceof holder)) return true;
  return typeof (body as { readonly pipe?: unknown }).pipe === 'function';
}

/**
 * The same object, except that a member which it does not have throws: `body.amount` of bytes is undefined, too. A policy
 * that takes the bytes for what they are can still read them.
 */
function withOwnMembers(body: object): object {
  return new Proxy(body, {
    get(target, name) {
      if (typeof name === 'string' && !(name in target)) throw notParsed(name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    has(target, name) {
      if (typeof name === 'string' && !(name in target)) throw notParsed(name);
      return Reflect.has(target, name);
    },
  });
}

function notParsed(name: string): StepUpError {
  return new StepUpError(
    'misconfigured',
    `The policy reads body.${name}, but the body is bytes, a stream or a collection, which has no such member. Put a parser of JSON or forms before the guard, or parse it in the policy.`,
  );
}

function isEmpty(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0;
}

function unreadableBody(): StepUpError {
  return new StepUpError(
    'invalid_request',
    'This request needs a body: send one of a content type that the app reads.',
  );
}

function unparsedBody(): StepUpError {
  return new StepUpError(
    'misconfigured',
    'The policy reads the request body, but no parser has filled it. Put the body parser before the guard.',
  );
}
