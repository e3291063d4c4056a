import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { type StepUp, StepUpError } from '@stepgate/server';
import type { NodeHost } from '@stepgate/server/node';

/**
 * The platform's own request: Express's or Fastify's. Add what your app's requests have to this interface:
 * `declare module '@stepgate/nest' { interface NestRequest { user?: User } }`.
 */
export interface NestRequest {
  readonly method: string;
  readonly originalUrl: string;
  readonly protocol: string;
  readonly host: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body?: unknown;
  /** Set by `@StepUp` before the handler of a controller runs, where an approval was asked for. */
  stepUp?: StepUp | undefined;
}

/** The guards of a request's controller and handler, in the order in which Nest calls them. */
export const GUARDS = Symbol('stepgate.guards');

/** How Nest shows a request on either platform. */
export const HOST: NodeHost<NestRequest> = {
  req: (request) =>
    (request as { readonly raw?: IncomingMessage }).raw ?? (request as IncomingMessage & NestRequest),
  url: (request) => request.originalUrl,
  protocol: (request) => request.protocol,
  host: (request) => request.host ?? '',
  parsed: (request) => request,
  withParsed: (_request, parsed) => parsed as NestRequest,
  handlerChains: (request) => [(request as { readonly [GUARDS]?: readonly unknown[] })[GUARDS] ?? []],
  isMounted: () => true,
};

/**
 * The request behind what Nest is about to call.
 *
 * @throws StepUpError `misconfigured` where there is none that the gate can read: nothing is let through unguarded.
 */
export function requestOf(context: ExecutionContext): NestRequest {
  const type = context.getType<string>();
  if (type === 'http') return context.switchToHttp().getRequest<NestRequest>();
  if (type !== 'graphql') {
    throw new StepUpError('misconfigured', `@StepUp guards HTTP and GraphQL, and cannot guard ${type}.`);
  }
  const { req } = context.getArgByIndex<{ readonly req?: NestRequest }>(2);
  if (req !== undefined) return req;
  throw new StepUpError(
    'misconfigured',
    'The GraphQL context has no `req`. Give it one: GraphQLModule.forRoot({ context: ({ req }) => ({ req }) }).',
  );
}

/**
 * The request as the policy of a resolver reads it: the body is the resolver's arguments. What the client has posted can
 * hold anything besides, and several operations.
 */
export function withArguments(request: NestRequest, context: ExecutionContext): NestRequest {
  const body = context.getArgByIndex<unknown>(1) ?? {};
  return Object.create(request, { body: { value: body, enumerable: true } }) as NestRequest;
}

/** What names one call of a resolver: several of a request run at the same time. */
export function resolverCallOf(context: ExecutionContext): object {
  return context.getArgByIndex<object>(3);
}
