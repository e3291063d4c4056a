import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { nestHost } from './support/nest-host.ts';

describeAdapter('Nest on Express', nestHost('express'));
describeAdapter('Nest on Fastify', nestHost('fastify'));
