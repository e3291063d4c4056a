import type { Dialect } from '@stepgate/emulator';

/** The other variant of every contradiction that our client can meet. */
export const CONTRARY: Partial<Dialect> = {
  rejection: 'invalid_grant',
  pendingStatus: 200,
  mfaRequiredStatus: 401,
  notEnrolled: 'unsupported_challenge_type',
  associateCredentials: 'required',
  confirmBearer: 'required',
  channelMember: 'oob_channels',
  challengeContentType: 'json',
  tokenContentType: 'form',
  challengeType: 'required',
  mfaRequirements: 'challenge_types',
  refreshToken: 'always',
  expiredTokenStatus: 401,
  newRecoveryCode: 'absent',
  mfaTokenForm: 'jwt',
  overPolling: 'slow_down',
  userLimit: 'invalid_request',
  retryAfter: 'present',
  mfaTokenAfterSuccess: 'reusable',
  clientRefused: 'invalid_client',
  authenticatorType: 'always',
  passwordScopes: 'all',
};
