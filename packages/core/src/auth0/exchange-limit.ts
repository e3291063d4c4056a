import type { ExchangeLimit } from '../provider/exchange-limit.ts';

/**
 * Auth0 allows 12 exchanges at once and 12 a minute for one `mfa_token` (its rate-limit policy, "MFA OOB token
 * exchange"). Polls and typed codes share them. Three are reserved, so that the user can always try a code.
 */
export const AUTH0_EXCHANGE_LIMIT: ExchangeLimit = { burst: 12, perMinute: 12, reservedForCodes: 3 };
