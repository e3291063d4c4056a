'use server';

import { decodeJwt } from 'jose';
import { redirect } from 'next/navigation';
import { beginSession, endSession, readSession } from '../bank/session.ts';
import { stepgate } from '../bank/stepgate.ts';
import { signIn } from '../bank/tenant.ts';
import { addTransfer } from '../bank/transfers.ts';

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

export async function logIn(form: FormData): Promise<void> {
  const username = textOf(form, 'username');
  const result = await signIn(username, textOf(form, 'password'));
  if (result.status !== 'signed_in') throw new Error('the tenant asks for MFA at every sign-in');
  const { idToken = '', refreshToken } = result.tokens;
  const { sub = '' } = decodeJwt(idToken);
  await beginSession({ sub, username, ...(refreshToken !== undefined && { refreshToken }) });
  redirect('/');
}

export async function logOut(): Promise<void> {
  // Approvals end with the login.
  await stepgate.revoke(await stepgate.request());
  await endSession();
  redirect('/');
}

/** Runs after an approval. Without one, the form's component opens the dialog and sends it again. */
export const transfer = stepgate.stepUpAction(
  // A fresh approval for each, since money moves.
  { maxAge: 0 },
  async (_stepUp, _state: string, form: FormData): Promise<string> => {
    const session = await readSession();
    if (session === undefined) redirect('/');
    const to = textOf(form, 'to');
    const amount = Number(textOf(form, 'amount'));
    addTransfer(session.sub, { to, amount });
    return `Sent ${amount} EUR to ${to}.`;
  },
);
