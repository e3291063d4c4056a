// A Nest app on Express, without the syntax of decorators.
import 'reflect-metadata';
import { Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { auth0, CurrentStepUp, StepUp, StepUpModule } from '@stepgate/nest';
import { oneApproval } from './one-approval.mjs';

await oneApproval({
  createEmulator,
  createAuth0MfaApi,
  createAuth0SignIn,
  auth0,
  async serve(route, options) {
    class Bank {
      transfer(stepUp) {
        return { factor: stepUp.approval.factor };
      }
    }
    const handler = [Bank.prototype, 'transfer', Object.getOwnPropertyDescriptor(Bank.prototype, 'transfer')];
    CurrentStepUp()(Bank.prototype, 'transfer', 0);
    StepUp({ maxAge: '5m' })(...handler);
    HttpCode(200)(...handler);
    Post(route)(...handler);
    Controller()(Bank);
    class App {}
    Module({ imports: [StepUpModule.forRoot(options)], controllers: [Bank] })(App);
    const app = await NestFactory.create(App, { logger: false });
    await app.listen(0, '127.0.0.1');
    return { url: await app.getUrl(), close: () => app.close() };
  },
});
