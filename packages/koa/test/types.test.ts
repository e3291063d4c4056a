import Router from '@koa/router';
import { type createGate, identifyBySession, type KoaGate } from '@stepgate/koa';
import type { StepUp } from '@stepgate/server';
import Koa, { type Context } from 'koa';
import { describe, expectTypeOf, it } from 'vitest';

interface AppState {
  readonly user: { readonly sub: string };
}

describe('the types, in an app with its own state and router', () => {
  it('know the approval of a request', () => {
    expectTypeOf<Context['state']['stepUp']>().toEqualTypeOf<StepUp | undefined>();
  });

  it('fit its middlewares', () => {
    const mount = (gate: KoaGate): void => {
      const router = new Router<AppState>();
      router.post('/transfers', gate.require({ maxAge: '5m' }), (ctx) => {
        expectTypeOf(ctx.state.user.sub).toBeString();
        ctx.body = ctx.state.stepUp?.approval.factor;
      });
      new Koa<AppState>().use(gate).use(gate.require()).use(router.routes());
    };
    expectTypeOf(mount).toBeFunction();
  });

  it('fit the ways to say who is asking', () => {
    type Identify = Parameters<typeof createGate>[0]['identify'];
    const bySession: Identify = identifyBySession({
      subject: ({ member }: { member?: { sub: string } }) => member?.sub,
    });
    const byState: Identify = ({ state }) => state.user && { subject: state.user.sub, sessionId: 's' };
    expectTypeOf(bySession).toEqualTypeOf<Identify>();
    expectTypeOf(byState).toEqualTypeOf<Identify>();
  });
});
