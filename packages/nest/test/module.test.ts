import 'reflect-metadata';
import type { Server } from 'node:http';
import {
  type ArgumentsHost,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Head,
  type INestApplication,
  Inject,
  Injectable,
  Module,
  Post,
  Req,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  CurrentStepUp,
  isStepUpError,
  type NestGateOptions,
  type NestRequest,
  StepUp,
  StepUpFilter,
  StepUpGate,
  StepUpModule,
} from '@stepgate/nest';
import { createTestKit, type TestKit } from '@stepgate/server/testing';
import { type Answer, call } from 'suites/http.ts';
import { describe, expect, it, onTestFinished } from 'vitest';

const identity = { subject: 'ada', sessionId: 's' };
const policy = { maxAge: '5m' } as const;
const action = { maxAge: 0, action: { id: 'close' } };
const navigation = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' };

type Handler = (this: never, ...args: never[]) => unknown;
type Decorator = ClassDecorator & MethodDecorator;

/** A controller of one handler, decorated as by syntax: the last decorator first. */
function controllerOf(
  handler: Handler,
  decorators: readonly (MethodDecorator | Decorator)[],
  { parameters = [], onClass = [] }: { parameters?: ParameterDecorator[]; onClass?: ClassDecorator[] } = {},
): Type {
  class Bank {}
  const descriptor = { value: handler };
  Object.defineProperty(Bank.prototype, 'handle', descriptor);
  for (const [index, decorate] of parameters.entries()) decorate(Bank.prototype, 'handle', index);
  for (const decorate of decorators.toReversed()) decorate(Bank.prototype, 'handle', descriptor);
  for (const decorate of [Controller(), ...onClass].toReversed()) decorate(Bank);
  return Bank;
}

interface Opened {
  readonly kit: TestKit;
  readonly app: INestApplication<Server>;
  readonly url: string;
  /** A page load. */
  readonly navigate: (path: string) => Promise<Answer>;
  readonly ask: (method: string, path: string, headers?: Record<string, string>) => Promise<Response>;
}

async function open(
  platform: 'express' | 'fastify',
  controllers: readonly Type[],
  {
    options = {},
    before = () => {},
    module = (all) => StepUpModule.forRoot(all),
  }: {
    readonly options?: Partial<NestGateOptions>;
    readonly before?: (app: INestApplication<Server>) => void;
    readonly module?: (options: NestGateOptions) => ReturnType<typeof StepUpModule.forRoot>;
  } = {},
): Promise<Opened> {
  const kit = createTestKit();
  class Root {}
  const imports = [module({ ...kit.options, identify: () => identity, ...options })];
  Module({ imports, controllers: [...controllers] })(Root);
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app: INestApplication<Server> = await NestFactory.create(Root, adapter, {
    logger: false,
    abortOnError: false,
  });
  before(app);
  await app.listen(0, '127.0.0.1');
  onTestFinished(() => app.close());
  const url = await app.getUrl();
  return {
    kit,
    app,
    url,
    navigate: (path) => call('GET', url + path, { headers: navigation }),
    ask: (method, path, headers = {}) => fetch(url + path, { method, headers, redirect: 'manual' }),
  };
}

describe.each(['express', 'fastify'] as const)('a gate in Nest on %s', (platform) => {
  it('guards all handlers of a controller, and one handler by more', async () => {
    const bank = controllerOf(() => 'done', [Post('closing'), StepUp(action)], { onClass: [StepUp(policy)] });
    const { kit, ask } = await open(platform, [bank]);
    const ofClass = await kit.approve(identity, { policy });
    const ofHandler = await kit.approve(identity, { policy: action });

    const statuses = [
      await ask('POST', '/closing'),
      await ask('POST', '/closing', ofClass),
      await ask('POST', '/closing', ofHandler),
    ].map(({ status }) => status);

    expect(statuses).toEqual([401, 401, 401]);
  });

  it('gives an approval back when the next guard refuses, so that both can be met', async () => {
    const single = { maxAge: 0 };
    // The last decorator's guard runs first.
    const both = controllerOf(() => 'done', [Post('both'), StepUp(action), StepUp(single)]);
    const one = controllerOf(() => 'done', [Post('one'), StepUp(single)]);
    const { kit, ask } = await open(platform, [both, one]);
    const headers = await kit.approve(identity, { policy: single });

    expect((await ask('POST', '/both', headers)).status).toBe(401);
    expect((await ask('POST', '/one', headers)).status).toBe(201);
    expect((await ask('POST', '/one', headers)).status).toBe(401);
  });

  it('leaves the approval unused that a guard of a decorator below refuses, as documented', async () => {
    let isAdmin = false;
    class Admins {
      canActivate(): boolean {
        return isAdmin;
      }
    }
    const single = { maxAge: 0 };
    const bank = controllerOf(() => 'done', [Post('closing'), StepUp(single), UseGuards(Admins)]);
    const { kit, ask } = await open(platform, [bank]);
    const headers = await kit.approve(identity, { policy: single });

    expect((await ask('POST', '/closing')).status).toBe(403);
    expect((await ask('POST', '/closing', headers)).status).toBe(403);
    isAdmin = true;
    expect((await ask('POST', '/closing', headers)).status).toBe(201);
  });

  it('gives handlers the approval, and says that nobody keeps the answer', async () => {
    const bank = controllerOf(
      ((stepUp: StepUp | undefined) => ({ factor: stepUp?.approval.factor })) as Handler,
      [Get('balance'), StepUp(policy)],
      { parameters: [CurrentStepUp()] },
    );
    const { kit, ask } = await open(platform, [bank]);

    const answer = await ask('GET', '/balance', await kit.approve(identity, { policy }));

    expect(await answer.json()).toEqual({ factor: 'push' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('answers what a service asserts, without a filter of the app', async () => {
    class Vault {
      readonly gate: StepUpGate;
      constructor(gate: StepUpGate) {
        this.gate = gate;
      }
      async open(request: NestRequest): Promise<string> {
        await this.gate.assert(request, action);
        return 'open';
      }
    }
    Injectable()(Vault);
    Inject(StepUpGate)(Vault, undefined, 0);
    class Bank {
      readonly vault: Vault;
      constructor(vault: Vault) {
        this.vault = vault;
      }
      open(request: NestRequest): Promise<string> {
        return this.vault.open(request);
      }
    }
    Inject(Vault)(Bank, undefined, 0);
    Req()(Bank.prototype, 'open', 0);
    Post('vault')(Bank.prototype, 'open', Object.getOwnPropertyDescriptor(Bank.prototype, 'open') ?? {});
    Controller()(Bank);
    class VaultModule {}
    Module({ providers: [Vault], controllers: [Bank] })(VaultModule);
    const { kit, ask } = await open(platform, [], {
      module: (options) => {
        const gate = StepUpModule.forRoot(options);
        return { ...gate, imports: [VaultModule] };
      },
    });

    const refused = await ask('POST', '/vault');
    const allowed = await ask('POST', '/vault', await kit.approve(identity, { policy: action }));

    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('max_age="0"');
    expect(await refused.json()).toMatchObject({ step_up: { start: '/step-up/flow' } });
    expect(await allowed.text()).toBe('open');
  });

  it('takes options that other providers give', async () => {
    const BASE_PATH = Symbol('base path');
    class Config {}
    Module({
      providers: [{ provide: BASE_PATH, useFactory: async () => '/bank/step-up' }],
      exports: [BASE_PATH],
    })(Config);
    const { navigate } = await open(platform, [], {
      module: (options) =>
        StepUpModule.forRootAsync({
          imports: [Config],
          inject: [BASE_PATH],
          useFactory: async (basePath: string) => ({ ...options, basePath }),
        }),
    });

    expect((await navigate('/bank/step-up')).status).toBe(200);
    expect((await navigate('/step-up')).status).toBe(404);
  });

  it('is not moved by a global prefix, and its page loads are redirected there', async () => {
    const bank = controllerOf(() => 'done', [Get('balance'), StepUp(policy)]);
    const { ask, navigate } = await open(platform, [bank], { before: (app) => app.setGlobalPrefix('api') });

    const pageLoad = await navigate('/api/balance');

    expect(pageLoad.status).toBe(303);
    const page = await navigate(pageLoad.headers.location ?? '');
    expect(page.status).toBe(200);
    expect((await ask('GET', '/step-up/assets/stepgate-page.css')).status).toBe(200);
  });

  it('answers HEAD and OPTIONS bare', async () => {
    const bank = controllerOf(() => 'done', [Head('balance'), StepUp(policy)]);
    const { ask } = await open(platform, [bank]);

    const answer = await ask('HEAD', '/balance');

    expect(answer.status).toBe(401);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it.each(['hands them to the filter of the gate', 'answers them by their status and headers'])(
    'redirects page loads where an app’s filter for everything %s',
    async (way) => {
      const bank = controllerOf(() => 'done', [Get('balance'), StepUp(policy)]);
      const { navigate } = await open(platform, [bank], {
        before(app) {
          const filter: ExceptionFilter = {
            catch(error: Error, host: ArgumentsHost) {
              if (!isStepUpError(error)) throw error;
              if (way.startsWith('hands')) return app.get(StepUpFilter).catch(error, host);
              const reply = host.switchToHttp().getResponse<unknown>();
              const platformOf = app.getHttpAdapter();
              for (const header of Object.entries(error.headers)) platformOf.setHeader(reply, ...header);
              platformOf.reply(reply, {}, error.status);
            },
          };
          app.useGlobalFilters(filter);
        },
      });

      const pageLoad = await navigate('/balance');

      expect(pageLoad.status).toBe(303);
      expect(pageLoad.headers.location).toMatch(/^\/step-up\?requirement=/);
      expect(pageLoad.cookies).toEqual([expect.stringMatching(/^stepgate=/)]);
    },
  );

  it('is closed with the app, at once, when an event stream is open', async () => {
    const bank = controllerOf(() => 'done', [Post('transfers'), StepUp(policy)]);
    const { kit, app, url, ask } = await open(platform, [bank]);
    const { step_up } = (await (await ask('POST', '/transfers')).json()) as {
      step_up: { requirement: string };
    };
    const started = await fetch(`${url}/step-up/flow`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stepgate-handle': 'new' },
      body: JSON.stringify({ requirement: step_up.requirement }),
    });
    const handle = started.headers.get('stepgate-handle') ?? '';
    const stream = await ask('GET', '/step-up/flow', {
      accept: 'text/event-stream',
      'stepgate-handle': handle,
    });
    expect(kit.phone.pushes).toBe(1);

    const text = stream.text();
    await app.close();

    expect(await text).toMatch(/^id: \d+\n.*retry: 1000\n\n$/s);
  });

  it('does not start with an option that is wrong', async () => {
    await expect(open(platform, [], { options: { secret: 'short' } })).rejects.toThrow(/^secret: /);
  });

  it('does not start beside another one, since @StepUp could take either', async () => {
    const forAdmins = (options: NestGateOptions) => ({
      ...StepUpModule.forRoot(options),
      imports: [StepUpModule.forRoot({ ...options, basePath: '/admin/step-up' })],
    });
    await expect(open(platform, [], { module: forAdmins })).rejects.toThrow(/StepUpModule.*twice/);
  });
});

describe('@StepUp', () => {
  it('finds a policy that is wrong where it stands', () => {
    expect(() => StepUp({ maxAge: 'soon' as '5m' })).toThrow(TypeError);
    expect(() => StepUp(undefined)).toThrow('policy: must not be undefined');
    expect(() => StepUp({}, { answer: 'maybe' as 'page' })).toThrow(TypeError);
  });

  it('lets nothing through that is neither HTTP nor GraphQL', async () => {
    const bank = controllerOf(() => 'done', [StepUp(policy)]);
    const { app } = await open('express', [bank]);
    class Holder {}
    StepUp(policy)(Holder);
    const [guard] = Reflect.getMetadata('__guards__', Holder) as [
      Type<{ canActivate(context: unknown): unknown }>,
    ];
    const context = { getType: () => 'ws' } as Partial<ExecutionContext>;

    const guarding = await app.get(ModuleRef).create(guard);
    await expect(guarding.canActivate(context)).rejects.toThrow('cannot guard ws');
  });
});
