import { createGate, type GateOptions, type RoutePolicy, type StepUp } from '@stepgate/server';
import { headerOf, type NodeRequest, toHostBody, toWebRequest } from '@stepgate/server/node';
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    stepUp: StepUp | undefined;
  }
}

/** A gate for Fastify: adds the endpoints to the app, and makes the guards of routes. */
export function addStepgate(app: FastifyInstance, options: GateOptions<FastifyRequest>) {
  const gate = createGate(options);

  const hostRequest = (request: FastifyRequest) => ({
    native: request,
    method: request.method,
    url: request.originalUrl,
    protocol: request.protocol,
    host: request.host,
    header: (name: string) => headerOf(request.raw, name),
    forPolicy: () => request,
  });

  const nodeRequest = (request: FastifyRequest, reply: FastifyReply): NodeRequest => ({
    req: request.raw,
    res: reply.raw,
    protocol: request.protocol,
    host: request.host,
    url: request.originalUrl,
    parsedBody: request.body,
  });

  app.decorateRequest('stepUp', undefined);
  app.addHook('preParsing', async (request, reply) => {
    const web = () => toWebRequest(nodeRequest(request, reply));
    const response = await gate.endpoints(hostRequest(request), web);
    if (response) await reply.send(response);
  });
  app.addHook('onClose', async () => gate.close());

  return function requireStepUp(policy: RoutePolicy<FastifyRequest>): preHandlerAsyncHookHandler {
    const guard = gate.guard(policy);
    return async (request, reply) => {
      const body = () => toHostBody({ ...nodeRequest(request, reply), files: [] });
      const verdict = await guard(hostRequest(request), body);
      if (verdict.isAllowed) request.stepUp = verdict.stepUp;
      else {
        const { status, headers, body: text } = verdict.response;
        await reply.code(status).headers(headers).send(text);
      }
    };
  };
}
