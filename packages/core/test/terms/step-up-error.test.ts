import { expect, it } from 'vitest';
import { StepUpError } from '../../src/index.ts';

it('tells frameworks its status as http-errors does', () => {
  const error = new StepUpError('insufficient_user_authentication', 'approve first');

  expect(error.statusCode).toBe(401);
  expect(Object.keys(error)).not.toContain('statusCode');
});

it('gives no status to frameworks that would send a message for the log along', () => {
  expect(new StepUpError('misconfigured', 'the client secret is wrong').statusCode).toBeUndefined();
});
