import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type NestModule,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { createNodeGate, type NodeGate } from '@stepgate/server/node';
import { HOST, type NestRequest } from './nest-request.ts';
import { serve } from './serve.ts';
import { StepUpFilter } from './step-up-filter.ts';
import { type NestGateOptions, NODE_GATE, STEP_UP_OPTIONS, StepUpGate } from './step-up-gate.ts';

/** How {@link StepUpModule.forRootAsync} gets its options. */
export interface AsyncNestGateOptions extends Pick<ModuleMetadata, 'imports'> {
  /** What `useFactory` is given. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  /** Gives the options, also as a promise. */
  readonly useFactory: FactoryProvider<NestGateOptions>['useFactory'];
}

/**
 * Step-up for a Nest app: serves the endpoints on either platform, answers refusals, and closes the gate before the
 * server. It is global; import it once, in the app's root module.
 *
 * @example
 * imports: [StepUpModule.forRoot({ provider, secret, identify, firstLeg })]
 */
export class StepUpModule implements NestModule, BeforeApplicationShutdown {
  readonly #adapterHost: HttpAdapterHost;
  readonly #gate: NodeGate<NestRequest>;

  /** @throws TypeError naming the option that is wrong, when the app is created. */
  static forRoot(options: NestGateOptions): DynamicModule {
    return StepUpModule.forRootAsync({ useFactory: () => options });
  }

  /**
   * The same with options that other providers give: a configuration or a database.
   *
   * @example
   * StepUpModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ secret: config.getOrThrow('STEP_UP_SECRET'), ... }),
   * })
   */
  static forRootAsync({ imports = [], inject = [], useFactory }: AsyncNestGateOptions): DynamicModule {
    return {
      module: StepUpModule,
      global: true,
      imports,
      providers: [
        { provide: STEP_UP_OPTIONS, inject, useFactory },
        {
          provide: NODE_GATE,
          inject: [STEP_UP_OPTIONS],
          useFactory: (options: NestGateOptions) => createNodeGate(options, HOST),
        },
        {
          provide: StepUpGate,
          inject: [NODE_GATE],
          useFactory: ({ inHandlers }: NodeGate<NestRequest>) => inHandlers,
        },
        StepUpFilter,
        { provide: APP_FILTER, useExisting: StepUpFilter },
      ],
      exports: [NODE_GATE, StepUpGate, StepUpFilter],
    };
  }

  constructor(adapterHost: HttpAdapterHost, gate: NodeGate<NestRequest>) {
    this.#adapterHost = adapterHost;
    this.#gate = gate;
  }

  /**
   * Nest calls it before it resolves routes.
   *
   * @throws TypeError when the app has another gate.
   */
  configure(): void {
    // An app without a server has none.
    const { httpAdapter } = this.#adapterHost as Partial<HttpAdapterHost>;
    if (!httpAdapter) return;
    if (served.has(httpAdapter)) {
      throw new TypeError(
        'StepUpModule is imported twice, and @StepUp cannot tell the two gates apart. It is global: import it once, in the root module.',
      );
    }
    served.add(httpAdapter);
    serve(httpAdapter, this.#gate);
  }

  /** Event streams are requests, for whose end the server would wait. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#gate.inHandlers.close();
  }
}

/** The servers that have a gate. */
const served = new WeakSet<object>();

Module({})(StepUpModule);
Inject(HttpAdapterHost)(StepUpModule, undefined, 0);
Inject(NODE_GATE)(StepUpModule, undefined, 1);
