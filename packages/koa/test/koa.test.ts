import Koa from 'koa';
import { describeAdapter } from '../../server/test/support/describe-adapter.ts';
import { koaHost } from './support/koa-host.ts';

describeAdapter('Koa', koaHost(Koa));
