import { randomBytes } from 'node:crypto';
import { type DynamicModule, Module } from '@nestjs/common';
import { auth0, type NestGateOptions, StepUpModule } from '@stepgate/nest';
import { DEMO_LIMITS, type Settings } from 'example-bank-ui';
import type { SessionData } from 'express-session';
import { BankController } from './bank.controller.ts';
import { SignInController } from './sign-in.controller.ts';
import { SIGN_IN, SignInService } from './sign-in.service.ts';

declare module 'express-session' {
  interface SessionData {
    user: { sub: string; username: string; loginId: string };
    transfers: { to: string; amount: number }[];
  }
}

declare module '@stepgate/nest' {
  interface NestRequest {
    readonly session: Partial<SessionData>;
  }
}

/** What the bank runs with. */
export interface BankOptions {
  readonly settings: Settings;
  readonly store: NestGateOptions['store'];
}

const audience = 'https://bank.example/';

@Module({ controllers: [BankController, SignInController] })
class BankModule {}

/** The bank, as the root module of an app. */
export function createBank({ settings, store }: BankOptions): DynamicModule {
  const client = {
    issuer: settings.issuer,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    // The emulator on this machine speaks plain http. A real tenant never does.
    allowInsecureIssuer: true,
  };
  const signIn = new SignInService({ ...client, audience }, settings.phoneUrl);
  return {
    module: BankModule,
    global: true,
    imports: [
      StepUpModule.forRoot({
        provider: auth0({ ...client, mfaApi: { audience, scope: 'transfer:funds' } }),
        // A real app keeps it in its configuration, the same for all of its processes.
        secret: randomBytes(32).toString('hex'),
        ...(store && { store }),
        identify: ({ session: { user } }) => user && { subject: user.sub, sessionId: user.loginId },
        firstLeg: {
          refreshToken: ({ identity }) => signIn.refreshTokens.get(identity.sessionId),
          saveRefreshToken: ({ identity }, token) => void signIn.refreshTokens.set(identity.sessionId, token),
          password: { username: ({ request }) => request.session.user?.username ?? '' },
        },
        limits: DEMO_LIMITS,
        pollSchedule: settings.pollSchedule,
        testing: { timing: { resendAfterMs: settings.resendAfterMs } },
        loginUrl: () => '/',
      }),
    ],
    providers: [{ provide: SIGN_IN, useValue: signIn }],
    exports: [SIGN_IN],
  };
}
