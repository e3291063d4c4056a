import type { FastifyGate, StepUp } from '@stepgate/fastify';
import type { FastifyInstance, FastifyRequest, FastifyTypeProvider, RouteOptions } from 'fastify';
import { describe, expectTypeOf, it } from 'vitest';

/** A type provider, as schema libraries have one. */
interface BySchema extends FastifyTypeProvider {
  readonly validator: this['schema'] extends { readonly example: infer T } ? T : unknown;
}

describe('the types', () => {
  it('know the approval of a request', () => {
    expectTypeOf<FastifyRequest['stepUp']>().toEqualTypeOf<StepUp | undefined>();
  });

  it('fit an app', () => {
    const mount = async (app: FastifyInstance, gate: FastifyGate): Promise<void> => {
      await app.register(gate);
      app.addHook('preHandler', gate.require());
      app.post(
        '/transfers',
        { preHandler: [gate.require({ maxAge: '5m' })] },
        async ({ stepUp }) => stepUp?.approval.factor,
      );
      app.post('/closing', { config: { stepUp: { maxAge: 0 } } }, async (request) => gate.status(request));
    };
    expectTypeOf(mount).toBeFunction();
  });

  it('report a wrong policy', () => {
    type Config = NonNullable<RouteOptions['config']>;
    expectTypeOf<{ stepUp: { maxAge: '5m' } }>().toExtend<Config>();
    expectTypeOf<{ stepUp: { maxAge: 'soon' } }>().not.toExtend<Config>();
    expectTypeOf<{ stepUp: true }>().not.toExtend<Config>();
  });

  it('let handlers behind a guard see what the route declares about a request', () => {
    const mount = (app: FastifyInstance, gate: FastifyGate): void => {
      app.put<{ Body: { limit: number }; Params: { id: string } }>(
        '/accounts/:id',
        { preHandler: gate.require() },
        async (request) => {
          expectTypeOf(request.params).toEqualTypeOf<{ id: string }>();
          expectTypeOf(request.body.limit).toBeNumber();
          await gate.assert(request, { maxAge: 0 });
        },
      );
      app
        .withTypeProvider<BySchema>()
        .post(
          '/transfers',
          { schema: { body: { example: 1 as number } }, preHandler: gate.require() },
          async ({ body }) => {
            expectTypeOf(body).toBeNumber();
          },
        );
    };
    expectTypeOf(mount).toBeFunction();
  });
});
