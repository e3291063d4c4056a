import type { GateOptions, RequireArguments, StepUp } from '@stepgate/server';
import {
  createNodeGate,
  type GateResponse,
  headersOf,
  isRepeatable,
  NOT_KEPT,
  type NodeHost,
  toNodeStream,
} from '@stepgate/server/node';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    stepUp: StepUp | undefined;
  }
}

const HOST: NodeHost<FastifyRequest> = {
  req: (request) => request.raw,
  url: (request) => request.originalUrl,
  protocol: (request) => request.protocol,
  host: (request) => request.host,
  parsed: (request) => request,
  withParsed: (_request, parsed) => parsed as FastifyRequest,
  handlerChains: () => [],
  isMounted: () => true,
};

/** A gate for Fastify: a plugin that serves the endpoints, and makes the guards of routes. */
export function createGate(options: GateOptions<FastifyRequest>) {
  const gate = createNodeGate(options, HOST);

  const plugin: FastifyPluginAsync = async (app) => {
    app.decorateRequest('stepUp', undefined);
    // Not `onClose`: Fastify runs that when the last request has been answered, and event streams are requests.
    app.addHook('preClose', () => gate.inHandlers.close());
    await app.register(async (scope) => {
      // The gate reads its own bodies.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
      for (const url of [gate.basePath, `${gate.basePath}/*`]) {
        scope.all(url, { exposeHeadRoute: false }, async (request, reply) => {
          const response = await gate.respond(request, reply.raw, plugin);
          return response ? answer(reply, response) : reply.callNotFound();
        });
      }
    });
  };

  function requireWith(...args: RequireArguments<FastifyRequest>): preHandlerAsyncHookHandler {
    const decide = gate.guard(...args);
    return async function requireStepUp(request, reply) {
      const verdict = await decide(request, reply.raw, requireStepUp);
      if (!verdict.isAllowed) return answer(reply, verdict.response);
      request.stepUp = verdict.stepUp;
      if (!reply.hasHeader(NOT_KEPT[0])) reply.header(...NOT_KEPT);
      return undefined;
    };
  }

  // Fastify gives a plugin's hooks and decorators to the whole app when it has this member.
  const forWholeApp = { [Symbol.for('skip-override')]: true };
  return Object.assign(plugin, forWholeApp, { require: requireWith }, gate.inHandlers);
}

function answer(reply: FastifyReply, { status, headers, body }: GateResponse): FastifyReply {
  for (const [name, value] of headersOf(headers)) {
    // Fastify itself adds cookies to those that are there.
    const before = name !== 'set-cookie' && isRepeatable(name) ? reply.getHeader(name) : undefined;
    reply.header(name, before === undefined ? value : [before, value].flat().join(', '));
  }
  return reply.code(status).send(body instanceof ReadableStream ? toNodeStream(body) : (body ?? undefined));
}
