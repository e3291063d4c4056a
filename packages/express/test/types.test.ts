/// <reference types="passport" />
import {
  type createGate,
  type ExpressGate,
  identifyByBearer,
  identifyByOidc,
  identifyBySession,
} from '@stepgate/express';
import type { StepUp } from '@stepgate/server';
import type { Application, Request, RequestHandler } from 'express';
import type {} from 'express-openid-connect';
import type {} from 'express-session';
import { describe, expectTypeOf, it } from 'vitest';

declare global {
  namespace Express {
    interface User {
      readonly sub: string;
    }
  }
}

declare module 'express-session' {
  interface SessionData {
    login: { readonly sub: string };
  }
}

describe('the types, beside those of express-session, passport and express-openid-connect', () => {
  it('know the approval, the session and the user of a request', () => {
    expectTypeOf<Request['stepUp']>().toEqualTypeOf<StepUp | undefined>();
    expectTypeOf<Request['user']>().toEqualTypeOf<Express.User | undefined>();
    expectTypeOf<Request['session']['login']>().toEqualTypeOf<{ readonly sub: string } | undefined>();
  });

  it('fit all ways to say who is asking', () => {
    type Identify = Parameters<typeof createGate>[0]['identify'];
    expectTypeOf(
      identifyBySession({ subject: ({ login }: Request['session']) => login?.sub }),
    ).toExtend<Identify>();
    expectTypeOf(identifyByOidc()).toExtend<Identify>();
    expectTypeOf(identifyByBearer()).toExtend<Identify>();
    const bySession: Identify = identifyBySession({ subject: (session) => session.login?.sub });
    const byPassport: Identify = ({ user }) => user && { subject: user.sub, sessionId: 's' };
    expectTypeOf(bySession).toEqualTypeOf<Identify>();
    expectTypeOf(byPassport).toEqualTypeOf<Identify>();
  });

  it('fit an app', () => {
    const mount = (app: Application, gate: ExpressGate): void => {
      app.use(gate);
      app.post('/transfers', gate.require({ maxAge: '5m' }), (req, res) => {
        res.json(req.stepUp?.approval.factor);
      });
      app.use('/accounts', gate.require());
    };
    expectTypeOf(mount).toBeFunction();
  });

  it('let handlers behind a guard see what the route and they themselves declare about a request', () => {
    const mount = (app: Application, gate: ExpressGate): void => {
      app.get('/accounts/:id', gate.require(), (req, res) => {
        expectTypeOf(req.params).toEqualTypeOf<{ id: string }>();
        res.end();
      });
      app.put(
        '/accounts/:id',
        gate.require(),
        (req: Request<{ id: string }, unknown, { readonly limit: number }>, res) => {
          expectTypeOf(req.body.limit).toBeNumber();
          res.end();
        },
      );
      expectTypeOf(gate.require()).toExtend<RequestHandler>();
    };
    expectTypeOf(mount).toBeFunction();
  });

  it('give Express’s request to what an action binds', () => {
    const mount = (app: Application, gate: ExpressGate): void => {
      const paths = { id: 'transfer', bind: ['to', 'amount'] };
      app.post('/transfers', gate.require({ action: paths }), (_req, res) => {
        res.end();
      });
      app.delete(
        '/accounts/:id',
        gate.require({
          action: {
            id: 'close',
            bind(req) {
              expectTypeOf(req).toEqualTypeOf<Request>();
              return { account: req.params.id };
            },
          },
        }),
        (_req, res) => res.end(),
      );
    };
    expectTypeOf(mount).toBeFunction();
  });
});
