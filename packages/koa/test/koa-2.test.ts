import type Koa from 'koa';
import Koa2 from 'koa-2';
import compress from 'koa-compress';
import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { koaHost } from './support/koa-host.ts';

// Answers that are kept back to be packed have broken others' event streams.
describeAdapter('Koa 2 behind compression', koaHost(Koa2 as unknown as typeof Koa, compress()));
