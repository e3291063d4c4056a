import { describe, expect, it } from 'vitest';
import { type Auth0Settings, auth0 } from '../../src/index.ts';

const settings: Auth0Settings = { issuer: 'https://tenant.test/', clientId: 'client' };

describe('auth0', () => {
  it.each<[string, Record<string, unknown>]>([
    ['issuer:', { issuer: 'http://tenant.test/' }],
    ['issuer:', { issuer: 'tenant.test' }],
    // What an environment that lacks it gives.
    ['issuer:', { issuer: undefined }],
    ['clientId:', { clientId: '' }],
    ['clientSecret', { clientSecret: 'secret', clientAssertion: async () => 'assertion' }],
    ['auth0.now: is not an option', { now: Date.now }],
    ['auth0.fetch: must be a function', { fetch: 'proxy' }],
    ['auth0.scope: belongs in mfaApi', { scope: 'transfer:funds' }],
    ['auth0.mfaApi.audiance: is not an option', { mfaApi: { audiance: 'bank' } }],
    ['auth0.mfaApi: must be an object', { mfaApi: true }],
  ])('names %s when it is wrong: %j', (name, wrong) => {
    const create = (): unknown => auth0({ ...settings, ...wrong } as Auth0Settings);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(name);
  });

  it('says what it can do before anything is connected', () => {
    expect(auth0(settings)).toMatchObject({
      issuer: 'https://tenant.test/',
      clientId: 'client',
      isConfidential: false,
      ways: [{ name: 'mfa-api', can: { firstLeg: 'mfa-token', phoneShows: 'nothing' } }],
    });
  });
});
