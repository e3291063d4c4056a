import type { ServerResponse } from 'node:http';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import {
  type StepUp as GrantedStepUp,
  type HostResponse,
  policyOf,
  type RequireArguments,
  StepUpError,
} from '@stepgate/server';
import { assertGuard, type NodeGate } from '@stepgate/server/node';
import { GUARDS, type NestRequest, requestOf, resolverCallOf, withArguments } from './nest-request.ts';
import { answers } from './step-up-filter.ts';
import { NODE_GATE } from './step-up-gate.ts';

/** What a guarded handler sees of the approval that let it run. */
export type StepUp = GrantedStepUp;

/**
 * Lets a controller's handlers, or one handler, run only when the signed-in user has freshly approved. Where both have
 * one, both are to be met. Put it above the decorator that authenticates, since Nest runs the guards of a handler from the last
 * decorator to the first: `@StepUp(policy)`, `@UseGuards(AuthGuard)`.
 *
 * On a GraphQL resolver, the policy finds the resolver's arguments as the request's body, to bind or to read them, and the
 * options of the route have no meaning.
 *
 * @example
 * \@Post('transfers')
 * \@StepUp({ maxAge: '5m' })
 * transfer(\@CurrentStepUp() stepUp: StepUp) {}
 *
 * @throws TypeError when the policy or an option is wrong.
 */
export function StepUp(...args: RequireArguments<NestRequest>): ClassDecorator & MethodDecorator {
  assertGuard(...args);

  class StepUpGuard implements CanActivate {
    readonly #gate: NodeGate<NestRequest>;
    readonly #decide: ReturnType<NodeGate<NestRequest>['guard']>;

    constructor(gate: NodeGate<NestRequest>) {
      this.#gate = gate;
      this.#decide = gate.guard(...args);
    }

    async canActivate(context: ExecutionContext): Promise<boolean> {
      const request = requestOf(context);
      if (context.getType() !== 'http') {
        const stepUp = await this.#gate.inHandlers.assert(withArguments(request, context), policyOf(args));
        ofResolvers.set(resolverCallOf(context), stepUp);
        return true;
      }
      const reply = context.switchToHttp().getResponse<{ readonly raw?: ServerResponse }>();
      Object.assign(request, { [GUARDS]: guardsOf(context) });
      const res = reply.raw ?? (reply as ServerResponse);
      const { response, error, stepUp } = await this.#decide(request, res, StepUpGuard);
      if (response) throw refusalOf(error, response);
      request.stepUp = stepUp;
      return true;
    }
  }

  Injectable()(StepUpGuard);
  Inject(NODE_GATE)(StepUpGuard, undefined, 0);
  return UseGuards(StepUpGuard);
}

/** The approval that let a handler run, as its parameter; `undefined` where the policy asked for none. */
export const CurrentStepUp: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) =>
    context.getType() === 'http' ? requestOf(context).stepUp : ofResolvers.get(resolverCallOf(context)),
);

/** The approvals of resolvers, which share a request. */
const ofResolvers = new WeakMap<object, GrantedStepUp | undefined>();

/** What to throw, so that filters of the app that know nothing of Stepgate redirect page loads too. */
function refusalOf(error: StepUpError, response: HostResponse): StepUpError {
  const { status, headers, body } = response;
  const thrown = body === '' ? new StepUpError(error.code, error.message, { status, headers }) : error;
  answers.set(thrown, response);
  return thrown;
}

function guardsOf(context: ExecutionContext): readonly unknown[] {
  return [context.getClass(), context.getHandler()].flatMap(
    (place) => (Reflect.getMetadata(GUARDS_METADATA, place) as readonly unknown[] | undefined) ?? [],
  );
}
