import type { FlowState, TokenSet } from '@stepgate/core';
import type { Sealer } from '../lib/seal.ts';
import type { Approval, KeptTokens } from './handle-record.ts';

const purposeOf = (key: string, approval: string): string => `tokens:${key}:${approval}`;

/** When the tokens of a flow expire; `undefined` when they do not say, and so are not kept. */
export function tokensEnd({ context }: FlowState, tokens: TokenSet | undefined): number | undefined {
  if (tokens?.expiresIn === undefined || context.provenAt === undefined) return undefined;
  return context.provenAt + tokens.expiresIn * 1_000;
}

/** Seals tokens to keep. The refresh token is left out: the app has it already, and may rotate it. */
export function sealTokens(sealer: Sealer, key: string, approval: string, tokens: TokenSet): KeptTokens {
  const { refreshToken: _theApps, ...kept } = tokens;
  return { approval, sealed: sealer.seal(kept, purposeOf(key, approval)) };
}

/** The tokens that came with an approval, while they live. */
export function openTokens(
  sealer: Sealer,
  key: string,
  { id, tokensUntil = 0 }: Approval,
  options: { readonly kept: readonly KeptTokens[] | undefined; readonly now: number },
): TokenSet | undefined {
  const found = options.kept?.find(({ approval }) => approval === id);
  if (found === undefined || tokensUntil <= options.now) return undefined;
  return sealer.open(found.sealed, purposeOf(key, id)) as TokenSet | undefined;
}

/** The tokens that are still valid, of approvals that still exist. */
export function keepLiving(
  kept: readonly KeptTokens[] | undefined,
  approvals: readonly Approval[],
  now: number,
): readonly KeptTokens[] {
  return (kept ?? []).filter(({ approval }) =>
    approvals.some(({ id, tokensUntil = 0 }) => id === approval && tokensUntil > now),
  );
}
