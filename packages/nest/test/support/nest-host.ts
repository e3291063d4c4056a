import 'reflect-metadata';
import type { Server } from 'node:http';
import {
  All,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  HttpCode,
  type INestApplication,
  Inject,
  Module,
  type NestInterceptor,
  Req,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  isStepUpError,
  type NestGateOptions,
  type NestRequest,
  StepUp,
  StepUpFilter,
  StepUpGate,
  StepUpModule,
} from '@stepgate/nest';
import { mergeMap } from 'rxjs';
import { type AdapterHost, type AppError, type BankRoute, serve } from 'suites/adapters/bank.ts';

/** The suite's app on Nest, on one of its platforms. */
export function nestHost(platform: 'express' | 'fastify'): AdapterHost {
  return {
    readsBodies: platform === 'fastify',
    handlersParse: false,
    bodyOf: (native) => (native as { readonly body?: unknown }).body,
    async listen({ gateOptions, routes, parsesBodies, trustsProxy, errorsBy, onAppError }) {
      const options = gateOptions as NestGateOptions;
      const root = class Root {};
      Module({ imports: [StepUpModule.forRoot(options), moduleOf(routes)] })(root);
      const adapter = platform === 'express' ? expressAdapter(trustsProxy) : fastifyAdapter(trustsProxy);
      const app: Nest = await NestFactory.create(root, adapter, {
        logger: false,
        bodyParser: parsesBodies || platform === 'fastify',
        abortOnError: false,
      });
      if (errorsBy !== 'framework') app.useGlobalFilters(appFilter(errorsBy, onAppError, app));
      await app.init();
      if (platform === 'fastify') await (adapter as FastifyAdapter).getInstance().ready();
      return serve(app.getHttpServer(), app.get(StepUpGate));
    },
  };
}

function expressAdapter(trustsProxy: boolean): ExpressAdapter {
  const adapter = new ExpressAdapter();
  if (trustsProxy) adapter.set('trust proxy', 'loopback');
  return adapter;
}

function fastifyAdapter(trustsProxy: boolean): FastifyAdapter {
  const adapter = new FastifyAdapter({ trustProxy: trustsProxy && 'loopback' });
  // What the app does not read, handlers do not need.
  adapter.getInstance().addContentTypeParser('*', (_request, _payload, done) => done(null));
  return adapter;
}

type Nest = INestApplication<Server>;

/** A controller with a handler for each route. */
function moduleOf(routes: readonly BankRoute[]): Type {
  class Bank {
    readonly gate: StepUpGate;
    constructor(gate: StepUpGate) {
      this.gate = gate;
    }
  }
  Inject(StepUpGate)(Bank, undefined, 0);
  const handlers = Bank.prototype as unknown as Record<string, unknown>;
  for (const [index, { path, policies, policiesBehind, options, handle }] of routes.entries()) {
    const name = `handle${index}`;
    const descriptor = {
      async value(this: Bank, request: NestRequest): Promise<unknown> {
        const { gate } = this;
        const result = await handle(request.stepUp, {
          check: (policy) => gate.check(request, policy as never),
          assert: (policy) => gate.assert(request, policy as never),
          status: () => gate.status(request),
          revoke: () => gate.revoke(request),
          revokeSubject: (subject) => gate.revokeSubject(subject),
        });
        return result ?? {};
      },
    };
    Object.defineProperty(handlers, name, descriptor);
    Req()(Bank.prototype, name, 0);
    if (policiesBehind.length > 0) {
      const behind = callBehind(policiesBehind.map((policy) => guardOf(policy as never)));
      UseInterceptors(behind)(Bank.prototype, name, descriptor);
    }
    HttpCode(200)(Bank.prototype, name, descriptor);
    // Decorators are applied from the last to the first.
    for (const policy of policies) StepUp(policy as never, options)(Bank.prototype, name, descriptor);
    All(path)(Bank.prototype, name, descriptor);
  }
  Controller()(Bank);
  class BankModule {}
  Module({ controllers: [Bank] })(BankModule);
  return BankModule;
}

/** An app's own filter, which catches everything. */
function appFilter(
  errorsBy: 'tests' | 'app',
  onAppError: (error: unknown) => void,
  app: Nest,
): ExceptionFilter {
  return {
    catch(thrown: AppError, host: ArgumentsHost) {
      if (errorsBy === 'tests' && isStepUpError(thrown)) return app.get(StepUpFilter).catch(thrown, host);
      onAppError(thrown);
      const { headers = {}, code, details } = thrown;
      const { status = 500 } = thrown;
      const platform = app.getHttpAdapter();
      const reply = host.switchToHttp().getResponse<unknown>();
      for (const [name, value] of Object.entries(headers)) platform.setHeader(reply, name, value);
      platform.reply(reply, errorsBy === 'app' ? { caught: code, details } : undefined, status);
    },
  };
}

/** An interceptor that calls guards behind the handler. */
function callBehind(guards: readonly Type<CanActivate>[]): Type<NestInterceptor> {
  class CallBehind implements NestInterceptor {
    readonly moduleRef: ModuleRef;
    constructor(moduleRef: ModuleRef) {
      this.moduleRef = moduleRef;
    }
    intercept(context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
      return next.handle().pipe(
        mergeMap(async (result: unknown) => {
          for (const guard of guards) await (await this.moduleRef.create(guard)).canActivate(context);
          return result;
        }),
      );
    }
  }
  Inject(ModuleRef)(CallBehind, undefined, 0);
  return CallBehind;
}

/** The class of the guard that `@StepUp` would put in front of a handler. */
function guardOf(policy: Parameters<typeof StepUp>[0]): Type<CanActivate> {
  class Holder {}
  StepUp(policy)(Holder);
  return (Reflect.getMetadata(GUARDS_METADATA, Holder) as [Type<CanActivate>])[0];
}
