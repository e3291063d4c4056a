import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { fastifyHost } from './support/fastify-host.ts';

describeAdapter('Fastify', fastifyHost);
