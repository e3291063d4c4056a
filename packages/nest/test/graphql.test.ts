import 'reflect-metadata';
import type { Server } from 'node:http';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type INestApplication, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Context, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import { type NestRequest, StepUp, StepUpGate, StepUpModule } from '@stepgate/nest';
import { createTestKit } from '@stepgate/server/testing';
import { expect, it, onTestFinished } from 'vitest';

const identity = { subject: 'ada', sessionId: 's' };
const policy = { maxAge: '5m' } as const;
const closing = { maxAge: 0, action: { id: 'close' } };

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
  transfer({ req }: GraphQLContext): string {
    return req.stepUp?.approval.factor ?? 'none';
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
Context()(BankResolver.prototype, 'transfer', 0);
Context()(BankResolver.prototype, 'close', 0);
decorate('balance', Query());
decorate('transfer', Mutation(), StepUp(policy));
decorate('close', Mutation());
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
        typeDefs: 'type Query { balance: Int } type Mutation { transfer: String close: String }',
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
    run: async (query: string, headers: Readonly<Record<string, string>> = {}): Promise<GraphQLAnswer> => {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
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
