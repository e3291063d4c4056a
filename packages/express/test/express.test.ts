import { createGate } from '@stepgate/express';
import express, { type ErrorRequestHandler } from 'express';
import { describeAdapter } from '../../server/test/support/describe-adapter.ts';

describeAdapter('Express', {
  listen({ gateOptions, routes, parsesBodies, trustsProxy, onAppError }) {
    const gate = createGate(gateOptions);
    const app = express();
    app.disable('x-powered-by');
    if (trustsProxy) app.set('trust proxy', 'loopback');
    if (parsesBodies) app.use(express.json(), express.urlencoded({ extended: false }));
    app.use(gate);
    for (const { path, policy, handle } of routes) {
      app.all(path, gate.require(policy), async (req, res) => {
        if (req.stepUp === undefined) throw new Error('the guard let a request through without an approval');
        res.json(await handle(req.stepUp));
      });
    }
    const answerError: ErrorRequestHandler = (error: Error & { status?: number }, _req, res, _next) => {
      onAppError(error);
      res.sendStatus(error.status ?? 500);
    };
    app.use(answerError);
    return new Promise((resolve, reject) => {
      const server = app.listen(0, '127.0.0.1', (error) => {
        const address = server.address();
        if (error !== undefined || address === null || typeof address === 'string') {
          reject(error ?? new Error('the server has no port'));
          return;
        }
        const close = async (): Promise<void> => {
          gate.close();
          server.closeAllConnections();
          await new Promise((done) => server.close(done));
        };
        resolve({ port: address.port, close });
      });
    });
  },
});
