import { createAuth0SignIn } from '@stepgate/core';
import { createTestTenant } from 'suites/test-tenant.ts';
import { describe, expect, it } from 'vitest';
import { createFirstLeg } from '../../src/provider/first-leg.ts';

const context = { request: undefined, identity: { subject: 'ada', sessionId: 's' } };
const signal = new AbortController().signal;
const tokens = { accessToken: 'at', tokenType: 'Bearer', refreshToken: 'rotated' };

describe('createFirstLeg', () => {
  it('hands a rotated refresh token to the app before it refuses tokens without MFA', async () => {
    const saved: string[] = [];
    const leg = createFirstLeg(
      {
        refreshToken: () => 'first',
        saveRefreshToken: (_, token) => {
          saved.push(token);
        },
      },
      {
        ask: {},
        refreshToken: async () => ({ status: 'signed_in', tokens }),
        password: () => Promise.reject(new Error('nobody asks for it')),
      },
    );

    await expect(leg.authenticate('refresh-token', {}, context, signal)).rejects.toMatchObject({
      code: 'mfa_not_required',
    });
    expect(saved).toEqual(['rotated']);
  });

  it('does not count tokens for the password alone as an approval', async () => {
    const leg = createFirstLeg(
      { password: { username: () => 'ada' } },
      {
        ask: {},
        refreshToken: () => Promise.reject(new Error('nobody asks for it')),
        password: async () => ({ status: 'signed_in', tokens }),
      },
    );

    await expect(leg.authenticate('password', { password: 'x' }, context, signal)).rejects.toMatchObject({
      code: 'mfa_not_required',
    });
  });

  it.each([undefined, '', 7])('sends no password for a username of %j', async (username) => {
    const leg = createFirstLeg(
      { password: { username: () => username as string } },
      {
        ask: {},
        refreshToken: () => Promise.reject(new Error('nobody asks for it')),
        password: () => expect.unreachable('a password for nobody'),
      },
    );

    await expect(leg.authenticate('password', { password: 'x' }, context, signal)).rejects.toThrow(
      'firstLeg.password.username: must return',
    );
  });

  it('sends the password of the username and the address that the app knows', async () => {
    const calls: unknown[] = [];
    const leg = createFirstLeg(
      { password: { username: () => 'ada', ip: () => '203.0.113.7' } },
      {
        ask: {},
        refreshToken: () => Promise.reject(new Error('nobody asks for it')),
        password: async ({ signal: _signal, ...options }) => {
          calls.push(options);
          return { status: 'mfa_required', mfaToken: 'mt' };
        },
      },
    );

    const transaction = await leg.authenticate('password', { password: 'x' }, context, signal);

    expect(transaction).toMatchObject({ mfaToken: 'mt' });
    expect(calls).toEqual([{ username: 'ada', password: 'x', ip: '203.0.113.7' }]);
  });

  it('asks for a sign-in when there is no refresh token', async () => {
    const leg = createFirstLeg(
      { refreshToken: () => undefined },
      {
        ask: {},
        refreshToken: () => Promise.reject(new Error('there is none')),
        password: () => Promise.reject(new Error('nobody asks for it')),
      },
    );

    await expect(leg.authenticate('refresh-token', {}, context, signal)).rejects.toMatchObject({
      code: 'login_required',
    });
  });

  describe('a refresh token that may not ask for the step-up scope', () => {
    const tenant = createTestTenant();
    const { audience, scope } = tenant.auth0;
    const signIn = { ...createAuth0SignIn(tenant.auth0), ask: { audience, scope } };
    const authenticate = async (options: Parameters<typeof createFirstLeg>[0]) => {
      const token = await tenant.signIn();
      tenant.emulator.configure({ refreshScopes: 'granted' });
      const leg = createFirstLeg({ ...options, refreshToken: () => token }, signIn);
      return leg.authenticate('refresh-token', {}, context, signal);
    };

    it('makes the first leg try another way', async () => {
      await expect(authenticate({ password: { username: () => 'ada' } })).rejects.toMatchObject({
        code: 'login_required',
      });
    });

    it('reports that the tenant asked for no MFA, if there is no other way', async () => {
      await expect(authenticate({})).rejects.toMatchObject({ code: 'mfa_not_required' });
    });
  });
});
