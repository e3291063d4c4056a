import { createGate } from '@stepgate/express';
import express from 'express';
import { describeTestKit } from 'suites/adapters/describe-test-kit.ts';

describeTestKit('Express', ({ options, identity, policies }) => {
  const gate = createGate({ ...options, identify: () => identity });
  const app = express();
  app.use(gate, express.json());
  for (const [path, policy] of Object.entries(policies)) {
    app.post(path, gate.require(policy), (_req, res) => {
      res.json({ done: path });
    });
  }
  return app;
});
