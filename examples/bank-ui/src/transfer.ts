/** A transfer that a customer asks for. */
export interface Transfer {
  readonly to: string;
  readonly amount: number;
}

/**
 * Reads a transfer from the body of a request: JSON, or a form, whose amount is text.
 *
 * @throws An error with the status 400, which Express and Koa answer, where it is no transfer.
 */
export function readTransfer(body: unknown): Transfer {
  const { to, amount } = (body ?? {}) as { readonly to?: unknown; readonly amount?: unknown };
  const isAmount = /^\d{1,9}(\.\d{1,2})?$/.test(String(amount)) && Number(amount) > 0;
  if (typeof to === 'string' && /^[\p{L}\p{N} .-]{1,40}$/u.test(to) && isAmount)
    return { to, amount: Number(amount) };
  const problem = 'A transfer needs the name of who gets it, and an amount like 250 or 12.50.';
  throw Object.assign(new Error(problem), { status: 400, expose: true });
}
