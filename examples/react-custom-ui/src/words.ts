import type { Factor, ReasonCode } from '@stepgate/core';
import type { RemoteError } from '@stepgate/web';

type Code = ReasonCode | RemoteError['code'];

/** What a way to confirm is called. */
export const WAYS: Readonly<Record<Factor, string>> = {
  push: 'Approve on your phone',
  otp: 'Code from an app',
  sms: 'Code by text message',
  voice: 'Code by phone call',
  email: 'Code by e-mail',
  'recovery-code': 'Recovery code',
  hosted: 'Confirm on the sign-in page',
};

const SENTENCES: Readonly<Partial<Record<Code, string>>> = {
  code_refused: 'That code is wrong.',
  credentials_refused: 'That password is wrong.',
  push_in_progress: 'Another browser or device has sent a request: answer that one, or wait until it ends.',
  rate_limited: 'Too many requests: wait a little.',
  too_many_attempts: 'Too many tries: wait a little.',
  no_usable_factor: 'None of your devices can be used here.',
  provider_unavailable: 'The sign-in service does not answer.',
  flow_in_progress: 'You are confirming something else already.',
  unreachable: 'That did not get through: try it again.',
};

/** What a code says to the user. Some are said by the heading alone. */
export function sentenceFor(code: Code): string | undefined {
  const isInHeading = code === 'rejected' || code === 'challenge_expired' || code === 'password_needed';
  return isInHeading ? undefined : (SENTENCES[code] ?? 'Something went wrong.');
}
