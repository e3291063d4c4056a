import { type TestAPI, test as vitestTest } from 'vitest';
import type { EmulatorOptions } from '../emulator-options.ts';
import type { ListenOptions } from '../http/listen.ts';
import { startTenant } from './own-tenant.ts';
import type { TestPhone } from './test-phone.ts';
import { connectTenant, type TestTenant, type TestUser, type TestUserOptions } from './test-tenant.ts';

export type { TestMessage, TestPhone, TestPush, WaitOptions } from './test-phone.ts';
export type { TestFault, TestRequest, TestTenant, TestUser, TestUserOptions } from './test-tenant.ts';

/** What {@link test} hands to each test. */
export interface TenantFixtures {
  /** What {@link createTest} was called with. */
  readonly testOptions: CreateTestOptions;
  /** One tenant for each worker: its own, or the one that `url` names. */
  readonly tenant: TestTenant;
  /** A user of this test alone, who is gone after it. */
  readonly user: TestUser;
  /** The phone of that user. */
  readonly phone: TestPhone;
}

/** Options of {@link createTest}. */
export interface CreateTestOptions {
  /** The tenant that each worker starts. */
  readonly tenant?: EmulatorOptions;
  /** Where that tenant serves. Default: a free port, over HTTP. */
  readonly listen?: ListenOptions;
  /** The address of a tenant that runs already, in place of one for each worker. */
  readonly url?: string;
  /** What the user of each test is like, such as `{ factors: [{ factor: 'push' }] }` for one with a phone. */
  readonly user?: TestUserOptions;
}

/**
 * Vitest's `test` with a tenant, a user and a phone.
 *
 * ```ts
 * const test = createTest({ tenant: { mfaPolicy: 'always' }, user: { factors: [{ factor: 'push' }] } });
 *
 * test('asks the phone', async ({ tenant, user, phone }) => {
 *   const app = startApp(tenant.env);
 *   const paid = app.pay({ as: user });
 *   await phone.approve();
 *   await paid;
 * });
 * ```
 */
export function createTest(options: CreateTestOptions = {}): TestAPI<TenantFixtures> {
  return vitestTest.extend<TenantFixtures>({
    testOptions: [options, { scope: 'worker' }],
    tenant: [
      async ({ testOptions }, use) => {
        if (testOptions.url !== undefined) return use(await connectTenant(testOptions.url));
        await using tenant = await startTenant(testOptions.tenant, testOptions.listen);
        await use(tenant);
      },
      { scope: 'worker' },
    ],
    user: async ({ tenant, testOptions }, use) => {
      const user = await tenant.addUser(testOptions.user);
      await use(user);
      await tenant.removeUser(user.username);
    },
    phone: async ({ tenant, user }, use) => use(tenant.phone(user.username)),
  });
}

/** {@link createTest} with the tenant as it is without options. */
export const test: TestAPI<TenantFixtures> = createTest();
