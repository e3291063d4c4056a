'use client';

import { useStepUpForm } from '@stepgate/next/client';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { transfer } from './actions.ts';

export function TransferForm() {
  const { state, error, isPending, form } = useStepUpForm(transfer, '');
  const router = useRouter();
  // The list of transfers is the server's.
  useEffect(() => {
    if (state !== '') router.refresh();
  }, [state, router]);
  return (
    <form {...form}>
      <label>
        To <input name="to" defaultValue="Grace" required />
      </label>
      <label>
        Amount (EUR) <input name="amount" type="number" min="1" defaultValue="250" required />
      </label>
      <button type="submit" disabled={isPending}>
        Transfer
      </button>
      <p role="status">{error ? 'Nothing was sent.' : state}</p>
    </form>
  );
}
