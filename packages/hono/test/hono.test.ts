import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { honoHost } from './support/hono-host.ts';

describeAdapter('Hono', honoHost, { everything: true });
