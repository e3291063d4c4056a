import { describeAdapter } from '../../server/test/support/describe-adapter.ts';
import { honoHost } from './support/hono-host.ts';

describeAdapter('Hono', honoHost);
