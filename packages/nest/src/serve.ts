import type { ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { type NodeGate, sendResponse } from '@stepgate/server/node';
import { answer } from './answer.ts';
import type { NestRequest } from './nest-request.ts';

/** What of a Fastify app is needed. */
interface FastifyScope {
  register(plugin: (scope: FastifyScope) => Promise<void>): unknown;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    parser: (...args: [unknown, unknown, (error: null) => void]) => void,
  ): void;
  all(
    path: string,
    options: { readonly exposeHeadRoute: false },
    handler: (request: NestRequest, reply: FastifyReply) => Promise<unknown>,
  ): void;
}

interface FastifyReply {
  readonly raw: ServerResponse;
  callNotFound(): unknown;
}

/** Serves the gate's endpoints beside Nest's routes: no global prefix, versioning, guard or interceptor applies. */
export function serve(platform: AbstractHttpAdapter, gate: NodeGate<NestRequest>): void {
  if (platform.getType() === 'fastify') serveOnFastify(platform, gate);
  else serveOnExpress(platform, gate);
  gate.mounted('');
}

function serveOnExpress(platform: AbstractHttpAdapter, gate: NodeGate<NestRequest>): void {
  platform.use(function stepgate(
    req: NestRequest,
    res: ServerResponse,
    next: (error?: unknown) => void,
  ): void {
    gate
      .respond(req, res, stepgate)
      .then((response) => (response ? sendResponse(res, response) : next()))
      .catch(next);
  });
}

function serveOnFastify(platform: AbstractHttpAdapter, gate: NodeGate<NestRequest>): void {
  const { basePath } = gate;
  (platform.getInstance() as FastifyScope).register(async function stepgate(scope) {
    // The gate reads its own bodies.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const path of [basePath, `${basePath}/*`]) {
      scope.all(path, { exposeHeadRoute: false }, async (request, reply) => {
        const response = await gate.respond(request, reply.raw, stepgate);
        if (response === undefined) return reply.callNotFound();
        answer(platform, reply, response);
        return reply;
      });
    }
  });
}
