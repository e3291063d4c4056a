import cluster from 'node:cluster';
import { PATIENT } from 'suites/patience.ts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { auth0, createGate, createMemoryStore, type GateOptions } from '../../src/index.ts';

const options: GateOptions<unknown> = {
  provider: auth0({ issuer: 'https://tenant.test/', clientId: 'client' }),
  secret: 'a secret of at least 32 characters, for tests',
  identify: () => undefined,
  firstLeg: { refreshToken: () => undefined },
};

/** Until the end of the test, this process is one of a cluster. */
function becomeWorker(): void {
  const { isWorker } = cluster;
  onTestFinished(() => void Object.assign(cluster, { isWorker }));
  Object.assign(cluster, { isWorker: true });
}

describe('createGate', () => {
  it('accepts the shortest possible options', () => {
    expect(createGate(options).basePath).toBe('/step-up');
  });

  it.each<[string, Record<string, unknown>]>([
    ['provider:', { provider: undefined }],
    ['provider:', { provider: 'https://tenant.test/' }],
    ['provider:', { provider: { issuer: 'https://tenant.test/', clientId: 'client' } }],
    ['auth0: belongs in provider: pass', { auth0: { issuer: 'https://tenant.test/', clientId: 'client' } }],
    ['issuer: belongs in provider: pass', { issuer: 'https://tenant.test/' }],
    ['secret:', { secret: undefined }],
    ['secret:', { secret: 'short' }],
    ['secret:', { secret: [] }],
    ['identify:', { identify: undefined }],
    ['identify:', { identify: { subject: 'ada' } }],
    ['firstLeg:', { firstLeg: undefined }],
    ['firstLeg:', { firstLeg: {} }],
    ['firstLeg.refreshToken:', { firstLeg: { refreshToken: 'token' } }],
    ['firstLeg.password', { firstLeg: { password: {} } }],
    ['firstLeg.refresh:', { firstLeg: { refresh: () => 'token' } }],
    ['firstLeg.password.user:', { firstLeg: { password: { username: () => 'ada', user: 'ada' } } }],
    ['firstLeg.password.ip:', { firstLeg: { password: { username: () => 'ada', ip: '203.0.113.7' } } }],
    // A public client, whom nobody would believe.
    ['firstLeg.password.ip:', { firstLeg: { password: { username: () => 'ada', ip: () => '203.0.113.7' } } }],
    ['enroll:', { enroll: 'always' }],
    ['enroll:', { enroll: 'password' }],
    ['store:', { store: {} }],
    ['store:', { store: 'redis://127.0.0.1' }],
    ['basePath:', { basePath: 'step-up' }],
    ['basePath:', { basePath: '/step-up/' }],
    ['basePath:', { basePath: '/' }],
    ['basePath:', { basePath: '/step-up/..' }],
    ['firstLeg.mfaToken:', { firstLeg: { custom: async () => ({ mfaToken: '' }), mfaToken: 'yes' } }],
    ['basePath:', { basePath: '//evil.example' }],
    ['basePath:', { basePath: '/a b' }],
    ['basePath:', { basePath: '/step-up"><script>' }],
    ['loginUrl:', { loginUrl: 'login' }],
    ['loginUrl:', { loginUrl: '/login\r\nset-cookie: a=b' }],
    ['loginUrl:', { loginUrl: { path: '/login' } }],
    ['allowedOrigins:', { allowedOrigins: 'https://app.example' }],
    ['allowedOrigins:', { allowedOrigins: ['*'] }],
    ['allowedOrigins:', { allowedOrigins: ['null'] }],
    ['allowedOrigins:', { allowedOrigins: ['https://app.example/'] }],
    ['allowedOrigins:', { allowedOrigins: ['https://*.example'] }],
    ['allowedOrigins:', { allowedOrigins: ['https://App.example'] }],
    ['allowedOrigins:', { allowedOrigins: [/example/] }],
    ['insecureCookie:', { insecureCookie: 'false' }],
    ['onError:', { onError: 'log' }],
    ['clock: belongs in testing', { clock: Date }],
    ['timing: belongs in testing', { timing: { pollIntervalMs: 100 } }],
    ['testing: must be an object', { testing: true }],
    ['testing.clock: must have the methods now, setTimeout', { testing: { clock: Date } }],
    ['testing.random: must be a function', { testing: { random: 0.5 } }],
    ['testing.randomUUID: is not an option', { testing: { randomUUID: () => 'id' } }],
    ['testing.timing.pollIntervalMs: must be a positive', { testing: { timing: { pollIntervalMs: 0 } } }],
    ['testing.timing.pollIntervalMs: must be a positive', { testing: { timing: { pollIntervalMs: '5s' } } }],
    ['testing.timing.flowTtlMs:', { testing: { timing: { flowTtlMs: Number.POSITIVE_INFINITY } } }],
    ['testing.timing.pollInterval: is not an option', { testing: { timing: { pollInterval: 5_000 } } }],
    ['testing.bounds.recordBytes:', { testing: { bounds: { recordBytes: 1_000 } } }],
    ['testing.bounds.watchersPerHandle:', { testing: { bounds: { watchersPerHandle: 0 } } }],
    ['testing.bounds.pollsPerProcess:', { testing: { bounds: { pollsPerProcess: 0.5 } } }],
    ['limits.startsPerSession:', { limits: { startsPerSession: false } }],
    ['tenantBudget:', { tenantBudget: 0 }],
    ['tenantBudget:', { tenantBudget: 2.5 }],
    ['tenantBudget:', { tenantBudget: true as unknown as number }],
    ['capacity:', { capacity: 10 }],
    ['capacity.watchers:', { capacity: { watchers: 10 } }],
    ['capacity.recordBytes: is not an option', { capacity: { recordBytes: 1_000_000 } }],
    ['capacity.flowsPerSession: must be a whole number from 1', { capacity: { flowsPerSession: 0 } }],
    ['enrol:', { enrol: 'refuse' }],
    ['mode:', { mode: 'fail' }],
    ['authenticators:', { authenticators: true }],
    ['authenticators.factors:', { authenticators: { factors: [] } }],
    ['authenticators.factors:', { authenticators: { factors: ['face'] } }],
    ['authenticators.addable:', { authenticators: { addable: ['recovery-code'] } }],
    ['authenticators.page:', { authenticators: { page: true } }],
  ])('names %s when it is wrong: %j', (name, wrong) => {
    const create = (): unknown => createGate({ ...options, ...wrong } as GateOptions<unknown>);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(name);
  });

  it.each([
    ['a worker of a cluster', becomeWorker],
    ['production', () => void vi.stubEnv('NODE_ENV', 'production')],
  ])('tells %s that its records are in memory', (_where, become) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    become();
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);

    createGate({ ...options, store: createMemoryStore(), onError });
    expect(errors).toEqual([]);
    createGate({ ...options, onError });
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('No store configured') }),
    ]);
  });

  it('writes to the console what a failing onError was given', async () => {
    becomeWorker();
    const written = vi.spyOn(console, 'error').mockReturnValue(undefined);
    onTestFinished(() => written.mockRestore());
    // As a logger's method does that was handed over without its logger.
    const failure = new TypeError('no this');
    const onError = (): never => {
      throw failure;
    };

    createGate({ ...options, onError });

    await vi.waitFor(() => {
      const error: unknown = expect.objectContaining({ code: 'misconfigured' });
      expect(written).toHaveBeenCalledExactlyOnceWith('onError failed', failure, error);
    }, PATIENT);
  });

  it('says which Node it needs, when one is too old', () => {
    const { withResolvers } = Promise;
    onTestFinished(() => {
      Promise.withResolvers = withResolvers;
    });
    Promise.withResolvers = undefined as never;

    expect(() => createGate(options)).toThrow('Node 22.12');
  });

  it('names what is wrong with the result of identify, in the log alone', async () => {
    const errors: unknown[] = [];
    const gate = createGate({
      ...options,
      identify: () => ({ subject: 'ada', sessionId: '' }),
      onError: (error) => errors.push(error),
    });

    const decision = await gate.guard({})({
      native: undefined,
      method: 'GET',
      url: '/',
      protocol: 'https',
      host: 'bank.example',
      header: () => undefined,
      forPolicy: () => undefined,
      parsedBody: () => undefined,
      whenGone: () => {},
    });

    expect(decision).toMatchObject({ isAllowed: false, response: { status: 500 } });
    expect(JSON.stringify(decision)).not.toContain('identify');
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('identify:') })]);
  });
});
