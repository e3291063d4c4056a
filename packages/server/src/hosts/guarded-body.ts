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
