import { createGate } from '@stepgate/fastify';
import fastify from 'fastify';
import { describeTestKit } from 'suites/adapters/describe-test-kit.ts';

describeTestKit('Fastify', ({ options, identity, policies }) => {
  const gate = createGate({ ...options, identify: () => identity });
  const app = fastify();
  app.register(gate);
  for (const [path, policy] of Object.entries(policies)) {
    app.post(path, { config: { stepUp: policy } }, async () => ({ done: path }));
  }
  return (req, res) => void app.ready().then(() => app.routing(req, res));
});
