import 'reflect-metadata';
import type { Server } from 'node:http';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type INestApplication, Inject, Module, type NestInterceptor, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, Context, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import { CurrentStepUp, type NestRequest, StepUp, StepUpGate, StepUpModule } from '@stepgate/nest';
import { createTestKit } from '@stepgate/server/testing';
import { expect, it, onTestFinished } from 'vitest';

const identity = { subject: 'ada', sessionId: 's' };
const policy = { maxAge: '5m' } as const;
const closing = { maxAge: 0, action: { id: 'close' } };
const paying = { maxAge: 0, action: { id: 'pay', bind: ['to', 'amount'] } };
const largeOnly = ({ body }: NestRequest) => ((body as { amount: number }).amount > 1_000 ? policy : false);

/** Lets no resolver run before both of an operation have passed their guards. */
const bothGuarded: NestInterceptor = {
  async intercept(_context, next) {
    waiting += 1;
    if (waiting === 2) release();
    await released;
    return next.handle();
  },
};
let waiting = 0;
const { promise: released, resolve: release } = Promise.withResolvers<void>();

interface GraphQLContext {
  readonly req: NestRequest;
}

class BankResolver {
  readonly gate: StepUpGate;
  constructor(gate: StepUpGate) {
    this.gate = gate;
  }
  balance(): number {
    return 5;
  }
  transfer(stepUp: StepUp | undefined): string {
    return stepUp?.approval.factor ?? 'none';
  }
  pay({ to, amount }: { readonly to: string; readonly amount: number }): string {
    return `${amount} to ${to}`;
  }
  give(): string {
    return 'given';
  }
  guarded(stepUp: StepUp | undefined): string {
    return stepUp?.approval.factor ?? 'none';
  }
  free(stepUp: StepUp | undefined): string {
    return stepUp?.approval.factor ?? 'none';
  }
  async close({ req }: GraphQLContext): Promise<string> {
    await this.gate.assert(req, closing);
    return 'closed';
  }
}

function decorate(name: string, ...decorators: MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(BankResolver.prototype, name) ?? {};
  for (const each of decorators.toReversed()) each(BankResolver.prototype, name, descriptor);
}

Inject(StepUpGate)(BankResolver, undefined, 0);
CurrentStepUp()(BankResolver.prototype, 'transfer', 0);
Args()(BankResolver.prototype, 'pay', 0);
CurrentStepUp()(BankResolver.prototype, 'guarded', 0);
CurrentStepUp()(BankResolver.prototype, 'free', 0);
Context()(BankResolver.prototype, 'close', 0);
decorate('balance', Query());
decorate('transfer', Mutation(), StepUp(policy));
decorate('close', Mutation());
decorate('pay', Mutation(), StepUp(paying));
decorate('give', Mutation(), StepUp(largeOnly));
decorate('guarded', Query(), UseInterceptors(bothGuarded), StepUp(policy));
decorate('free', Query(), UseInterceptors(bothGuarded));
Resolver()(BankResolver);

interface GraphQLAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

async function open() {
  const kit = createTestKit();
  class Root {}
  Module({
    imports: [
      StepUpModule.forRoot({ ...kit.options, identify: () => identity }),
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs: `
          type Query { balance: Int guarded: String free: String }
          type Mutation {
            transfer: String
            close: String
            pay(to: String!, amount: Int!): String
            give(amount: Int!): String
          }`,
        context: ({ req }: GraphQLContext) => ({ req }),
        playground: false,
      }),
    ],
    providers: [BankResolver],
  })(Root);
  const app: INestApplication<Server> = await NestFactory.create(Root, new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
  });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    kit,
    run: async (
      query: string,
      headers: Readonly<Record<string, string>> = {},
      others: object = {},
    ): Promise<GraphQLAnswer> => {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, ...others }),
      });
      return (await answer.json()) as GraphQLAnswer;
    },
  };
}

it('guards resolvers, whose errors say where a step-up starts', async () => {
  const { kit, run } = await open();

  const refused = await run('mutation { transfer }');
  const allowed = await run('mutation { transfer }', await kit.approve(identity, { policy }));

  expect(await run('{ balance }')).toEqual({ data: { balance: 5 } });
  expect(refused.data).toEqual({ transfer: null });
  expect(refused.errors?.[0]?.extensions).toMatchObject({
    error: 'insufficient_user_authentication',
    max_age: 300,
    step_up: { start: '/step-up/flow', requirement: expect.any(String) },
  });
  expect(allowed.data).toEqual({ transfer: 'push' });
});

it('asserts inside a resolver, and uses a single-use approval up', async () => {
  const { kit, run } = await open();
  const headers = await kit.approve(identity, { policy: closing });

  expect((await run('mutation { close }')).errors?.[0]?.extensions).toMatchObject({
    action: { id: 'close' },
  });
  expect((await run('mutation { close }', headers)).data).toEqual({ close: 'closed' });
  expect((await run('mutation { close }', headers)).errors).toHaveLength(1);
});

it('binds the arguments of the resolver, not what else the request brings', async () => {
  const { kit, run } = await open();
  const bound = { to: 'Grace', amount: 250 };
  const headers = await kit.approve(identity, { policy: paying, bound });

  const other = await run('mutation { pay(to: "Mallory", amount: 9000) }', headers, {
    ...bound,
    variables: bound,
  });
  expect(other.errors?.[0]?.extensions).toMatchObject({
    action: { id: 'pay', details: 'to: Mallory\namount: 9000' },
  });
  const same = 'mutation ($to: String!, $amount: Int!) { pay(to: $to, amount: $amount) }';
  expect((await run(same, headers, { variables: bound })).data).toEqual({ pay: '250 to Grace' });
});

it('shows policies the arguments of the resolver as the body', async () => {
  const { run } = await open();

  expect((await run('mutation { give(amount: 10) }', {}, { amount: 5_000 })).data).toEqual({ give: 'given' });
  const refused = await run('mutation { give(amount: 5000) }', {}, { amount: 10 });
  expect(refused.errors?.[0]?.extensions).toMatchObject({ error: 'insufficient_user_authentication' });
});

it('gives each resolver of an operation its own approval', async () => {
  const { kit, run } = await open();

  const answer = await run('{ guarded free }', await kit.approve(identity, { policy }));

  expect(answer.data).toEqual({ guarded: 'push', free: 'none' });
});
