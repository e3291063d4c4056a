import { isStepUpError, type Receipt, verifyReceipt } from '@stepgate/server/receipt';
import express, { type Express } from 'express';

/** A service behind the bank. It books a transfer only if its customer has approved exactly that one. */
export function createLedger(issuer: string): Express {
  // A receipt can be sent twice. What was booked is remembered for as long as its receipt lives; a table in a real app.
  const booked = new Map<string, number>();

  function isBooked({ approval, expiresAt }: Receipt): boolean {
    for (const [id, until] of booked) if (until < Date.now()) booked.delete(id);
    if (booked.has(approval)) return true;
    // The clocks of the two services may differ a little.
    booked.set(approval, expiresAt + 60_000);
    return false;
  }

  const app = express();
  app.use(express.json());
  app.post('/bookings', async (req, res) => {
    const { to = '', amount = 0 } = (req.body ?? {}) as { to?: string; amount?: number };
    try {
      const receipt = await verifyReceipt(req.get('step-up-receipt') ?? '', {
        issuer,
        audience: 'ledger',
        action: 'transfer',
        bound: { to, amount },
      });
      if (isBooked(receipt)) return void res.status(409).json({ error: 'booked already' });
      res.status(201).json({ booked: `${amount} EUR to ${to}`, approvedBy: receipt.subject });
    } catch (error) {
      if (!isStepUpError(error)) throw error;
      res.status(error.status).json({ error: error.code, error_description: error.message });
    }
  });
  return app;
}
