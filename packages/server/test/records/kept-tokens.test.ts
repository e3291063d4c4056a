import { randomBytes } from 'node:crypto';
import {
  createFlow,
  FLOW_DEFAULTS,
  type FlowState,
  MFA_API_CAPABILITIES,
  type TokenSet,
  waySettings,
} from '@stepgate/core';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../src/lib/seal.ts';
import type { Approval } from '../../src/records/handle-record.ts';
import { keepLiving, openTokens, sealTokens, tokensEnd } from '../../src/records/kept-tokens.ts';

const sealer = createSealer('a secret of at least 32 characters, for tests', randomBytes);
const tokens: TokenSet = { accessToken: 'at', tokenType: 'Bearer', expiresIn: 60, refreshToken: 'rt' };

function approvalOf(overrides: Partial<Approval> = {}): Approval {
  return {
    id: 'one',
    subject: 'ada',
    factor: 'push',
    approvedAt: 0,
    requirement: 'hash',
    singleUse: false,
    isForAction: false,
    enrolledInFlow: false,
    tokensUntil: 100,
    keepUntil: 1_000,
    ...overrides,
  };
}

function proven(provenAt?: number): FlowState {
  const state = createFlow({
    ...FLOW_DEFAULTS,
    factors: ['push'],
    ways: [
      waySettings(
        { name: 'mfa-api', can: MFA_API_CAPABILITIES },
        { firstLegs: ['custom'], pushCode: 'typed' },
      ),
    ],
    enroll: 'refuse',
  });
  return { ...state, context: { ...state.context, provenAt } };
}

describe('kept tokens', () => {
  it('open for the record and the approval that they came with, without the refresh token', () => {
    const kept = [sealTokens(sealer, 'key', 'one', tokens)];
    const { refreshToken: _gone, ...rest } = tokens;
    expect(openTokens(sealer, 'key', approvalOf(), { kept, now: 99 })).toEqual(rest);
    expect(openTokens(sealer, 'other', approvalOf(), { kept, now: 99 })).toBeUndefined();
    const moved = kept.map((one) => ({ ...one, approval: 'two' }));
    expect(openTokens(sealer, 'key', approvalOf({ id: 'two' }), { kept: moved, now: 99 })).toBeUndefined();
  });

  it('do not open after they expired, or if none were kept', () => {
    const kept = [sealTokens(sealer, 'key', 'one', tokens)];
    expect(openTokens(sealer, 'key', approvalOf(), { kept, now: 100 })).toBeUndefined();
    const { tokensUntil: _none, ...without } = approvalOf();
    expect(openTokens(sealer, 'key', without, { kept, now: 0 })).toBeUndefined();
    expect(openTokens(sealer, 'key', approvalOf(), { kept: undefined, now: 0 })).toBeUndefined();
  });

  it('expire counted from the proof, and are not kept without a known lifetime', () => {
    expect(tokensEnd(proven(1_000), tokens)).toBe(61_000);
    expect(tokensEnd(proven(1_000), { accessToken: 'at', tokenType: 'Bearer' })).toBeUndefined();
    expect(tokensEnd(proven(1_000), undefined)).toBeUndefined();
    expect(tokensEnd(proven(), tokens)).toBeUndefined();
  });

  it('go with their approval, and when they expire', () => {
    const kept = [sealTokens(sealer, 'key', 'one', tokens), sealTokens(sealer, 'key', 'two', tokens)];
    expect(keepLiving(kept, [approvalOf()], 99)).toEqual(kept.slice(0, 1));
    expect(keepLiving(kept, [approvalOf()], 100)).toEqual([]);
    expect(keepLiving(undefined, [approvalOf()], 0)).toEqual([]);
  });
});
