import Koa from 'koa';
import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { koaHost } from './support/koa-host.ts';

describeAdapter('Koa', koaHost(Koa));
