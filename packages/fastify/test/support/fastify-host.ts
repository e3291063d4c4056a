import formbody from '@fastify/formbody';
import { createGate, type FastifyGateOptions } from '@stepgate/fastify';
import fastify from 'fastify';
import { type AdapterHost, type AppError, type BankRoute, serve } from 'suites/adapters/bank.ts';

/** The suite's app on Fastify. */
export const fastifyHost: AdapterHost = {
  readsBodies: true,
  handlersParse: false,
  bodyOf: (native) => (native as { readonly body?: unknown }).body,
  async listen({ gateOptions, routes, parsesBodies, trustsProxy, errorsBy, onAppError }) {
    const gate = createGate(gateOptions as FastifyGateOptions);
    const app = fastify({ trustProxy: trustsProxy && 'loopback' });
    // What the app does not read, handlers do not need.
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    if (parsesBodies) await app.register(formbody);
    if (errorsBy !== 'framework') {
      app.setErrorHandler<AppError & { readonly statusCode?: number }>((error, _request, reply) => {
        onAppError(error);
        const { statusCode = 500, status = statusCode, code, details } = error;
        return reply.code(status).send(errorsBy === 'app' ? { caught: code, details } : undefined);
      });
    }
    await app.register(gate);
    for (const { path, policies, policiesBehind, options, handle } of routes) {
      const guardsOf = (list: BankRoute['policies']) =>
        list.map((policy) => gate.require(policy as Parameters<typeof gate.require>[0], options));
      app.all(path, { preHandler: guardsOf(policies) }, async (request, reply) => {
        const result = await handle(request.stepUp, {
          check: (policy) => gate.check(request, policy as never),
          assert: (policy) => gate.assert(request, policy as never),
          status: () => gate.status(request),
          revoke: () => gate.revoke(request),
          revokeSubject: (subject) => gate.revokeSubject(subject),
        });
        for (const guard of guardsOf(policiesBehind)) await guard.call(app, request, reply);
        return result ?? null;
      });
    }
    await app.ready();
    return serve(app.server, gate);
  },
};
