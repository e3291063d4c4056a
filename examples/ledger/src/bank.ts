import { type Auth0Settings, auth0, createGate } from '@stepgate/express';
import express, { type Express } from 'express';

/** What the bank knows of its only customer, who has signed in. A real app reads it from the session. */
export interface Customer {
  readonly subject: string;
  readonly refreshToken: string;
}

/** The bank: it asks for an approval of the transfer, and hands the receipt on to the ledger. */
export function createBank(options: {
  readonly tenant: Auth0Settings;
  readonly secret: string;
  readonly customer: Customer;
  readonly ledgerUrl: string;
}): Express {
  const { subject, refreshToken } = options.customer;
  const gate = createGate({
    provider: auth0(options.tenant),
    secret: options.secret,
    identify: () => ({ subject, sessionId: 'the login' }),
    firstLeg: { refreshToken: () => refreshToken },
  });
  const action = { id: 'transfer', title: 'Transfer money', bind: ['to', 'amount'] };

  const app = express();
  app.use(gate, express.json());
  app.post('/transfers', gate.require({ maxAge: 0, action }), async (req, res) => {
    const receipt = await req.stepUp?.receipt({ audience: 'ledger' });
    const { to, amount } = req.body as { to?: string; amount?: number };
    const booking = await fetch(`${options.ledgerUrl}/bookings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'step-up-receipt': receipt ?? '' },
      body: JSON.stringify({ to, amount }),
    });
    // Shown for the demo. A real bank keeps the receipt between its own services.
    res.status(booking.status).json({ receipt, ledger: await booking.json() });
  });
  return app;
}
