import { createServer } from 'node:http';
import { createGate } from '@stepgate/express';
import type express from 'express';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { type AdapterHost, type AppError, type HandlerGate, serve } from 'suites/adapters/bank.ts';

/** The suite's app on one version of Express, behind these middlewares. */
export function expressHost(
  createExpress: typeof express,
  ...middlewares: readonly RequestHandler[]
): AdapterHost {
  return {
    readsBodies: false,
    handlersParse: false,
    bodyOf: (native) => (native as { readonly body?: unknown }).body,
    listen({ gateOptions, routes, parsesBodies, trustsProxy, errorsBy, onAppError }) {
      const gate = createGate(gateOptions);
      const app = createExpress();
      app.disable('x-powered-by');
      for (const middleware of middlewares) app.use(middleware);
      if (trustsProxy) app.set('trust proxy', 'loopback');
      if (parsesBodies) app.use(createExpress.json(), createExpress.urlencoded({ extended: false }));
      app.use(gate);
      for (const { path, policies, policiesBehind, options, handle } of routes) {
        const guardsOf = (list: typeof policies) => list.map((policy) => gate.require(policy, options));
        const handler: RequestHandler = (req, res, next) => {
          const inHandler: HandlerGate = {
            check: (policy) => gate.check(req, policy),
            assert: (policy) => gate.assert(req, policy),
            status: () => gate.status(req),
            revoke: () => gate.revoke(req),
            revokeSubject: (subject) => gate.revokeSubject(subject),
          };
          // Express 4 does not forward rejections by itself.
          Promise.resolve(handle(req.stepUp, inHandler)).then((result) => {
            res.json(result);
            if (policiesBehind.length > 0) next();
          }, next);
        };
        app.all(path, ...guardsOf(policies), handler, ...guardsOf(policiesBehind));
      }
      const answerError: ErrorRequestHandler = (error: AppError, _req, res, _next) => {
        onAppError(error);
        const { status = 500, code, details } = error;
        if (errorsBy === 'app') res.status(status).json({ caught: code, details });
        else res.sendStatus(status);
      };
      if (errorsBy !== 'framework') app.use(answerError);
      return serve(createServer(app), gate);
    },
  };
}
