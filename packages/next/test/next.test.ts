import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { nextHost } from './support/next-host.ts';

describeAdapter('Next.js', nextHost);
