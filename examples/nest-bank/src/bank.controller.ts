import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { CurrentStepUp, StepUp } from '@stepgate/nest';
import type { Request, Response } from 'express';

interface Transfer {
  readonly to: string;
  readonly amount: number;
}

const wantsHtml = (request: Request): boolean => request.accepts('json', 'html') === 'html';

/** The guarded routes. */
@Controller()
export class BankController {
  @Post('transfers')
  @StepUp({ maxAge: 0 }, { replay: true })
  transfer(
    @Body() { to = 'Grace', amount = 250 }: Partial<Transfer> = {},
    @Req() request: Request,
    @Res() response: Response,
    @CurrentStepUp() stepUp: StepUp,
  ): void {
    const transfer = { to: String(to), amount: Number(amount) };
    request.session.transfers = [...(request.session.transfers ?? []), transfer];
    if (wantsHtml(request)) response.redirect(303, '/');
    else response.status(201).json({ ...transfer, approvedBy: stepUp.approval.factor });
  }

  @Post('closing')
  @StepUp({
    // What the customer is about to do, shown while it is approved; the approval is good for nothing else.
    action: { id: 'close-account', title: 'Close your account', details: 'Your balance is paid out to you.' },
    // Somebody who has lost the phone must get out too. What is weaker counts only where it is named.
    factors: ['push', 'otp', 'sms', 'voice', 'email', 'recovery-code'],
    singleUse: true,
  })
  async close(@Req() request: Request, @Res() response: Response): Promise<void> {
    await new Promise((resolve) => request.session.destroy(resolve));
    if (wantsHtml(request)) response.redirect(303, '/');
    else response.json({ closed: true });
  }
}
