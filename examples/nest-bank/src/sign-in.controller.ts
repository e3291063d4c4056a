import { Body, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { StepUpGate } from '@stepgate/nest';
import { accountPage, loginPage } from 'example-bank-ui';
import type { Request, Response } from 'express';
import { SIGN_IN, type SignInService } from './sign-in.service.ts';

/** The pages, and signing in and out. */
@Controller()
export class SignInController {
  readonly #signIn: SignInService;
  readonly #gate: StepUpGate;

  constructor(@Inject(SIGN_IN) signIn: SignInService, @Inject(StepUpGate) gate: StepUpGate) {
    this.#signIn = signIn;
    this.#gate = gate;
  }

  @Get()
  page(@Req() { session: { user, transfers = [] } }: Request): string {
    const { phoneUrl } = this.#signIn;
    return user ? accountPage({ username: user.username, transfers, phoneUrl }) : loginPage();
  }

  @Post('login')
  async login(
    @Body() { username, password }: { username: string; password: string },
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const user = await this.#signIn.password(username, password);
    if (user === undefined) {
      response.status(401).send(loginPage('That username and password do not go together.'));
      return;
    }
    // A fresh session for a fresh login, so that nobody can have prepared it.
    await new Promise((resolve) => request.session.regenerate(resolve));
    request.session.user = user;
    response.redirect(303, '/');
  }

  @Post('logout')
  async logout(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.#gate.revoke(request);
    this.#signIn.refreshTokens.delete(request.session.user?.loginId ?? '');
    await new Promise((resolve) => request.session.destroy(resolve));
    response.redirect(303, '/');
  }
}
