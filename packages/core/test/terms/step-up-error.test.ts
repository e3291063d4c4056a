import { expect, it } from 'vitest';
import { isStepUpError, StepUpError } from '../../src/index.ts';

it('gives frameworks its status as http-errors does', () => {
  const error = new StepUpError('insufficient_user_authentication', 'approve first');

  expect(error.statusCode).toBe(401);
  expect(Object.keys(error)).not.toContain('statusCode');
});

it('gives no status to frameworks that would also send a message meant for the log', () => {
  expect(new StepUpError('misconfigured', 'the client secret is wrong').statusCode).toBeUndefined();
});

it('recognises errors of another copy of the package, as bundlers make them', async () => {
  const copy = '../../src/terms/step-up-error.ts?copy';
  const other = (await import(copy)) as { readonly StepUpError: typeof StepUpError };

  const error = new other.StepUpError('login_required', 'sign in first');

  expect(other.StepUpError).not.toBe(StepUpError);
  expect(error instanceof StepUpError).toBe(true);
  expect(isStepUpError(error, 'login_required')).toBe(true);
  expect(isStepUpError(new Error('sign in first'))).toBe(false);
  expect(isStepUpError(undefined)).toBe(false);
});
