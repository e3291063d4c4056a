import { type Page, test as playwrightTest, type TestInfo } from '@playwright/test';
import type { EmulatorOptions } from '../emulator-options.ts';
import type { ListenOptions } from '../http/listen.ts';
import { startTenant } from './own-tenant.ts';
import { signInWithPage } from './sign-in-page.ts';
import type { TestPhone } from './test-phone.ts';
import { connectTenant, type TestTenant, type TestUser, type TestUserOptions } from './test-tenant.ts';

export type { TestMessage, TestPhone, TestPush, WaitOptions } from './test-phone.ts';
export type { TestFault, TestRequest, TestTenant, TestUser, TestUserOptions } from './test-tenant.ts';

/** What {@link test} hands to each test. */
export interface TenantFixtures {
  /** What the user is like, such as `{ factors: [{ factor: 'push' }] }` for one with a phone. */
  userOptions: TestUserOptions;
  /** A user of this test alone, who is gone after it. */
  user: TestUser;
  /** The phone of that user. */
  phone: TestPhone;
  /**
   * Signs the user in on the tenant's login page, once the app has sent the browser there: password, and MFA where it is
   * asked for, with the phone (which is enrolled if the user has none). Ends when the browser is back at the app.
   */
  signIn: (page?: Page) => Promise<void>;
}

/** What all tests of a worker share. */
export interface TenantWorkerFixtures {
  /** Options of the worker's own tenant. */
  tenantOptions: EmulatorOptions;
  /** Where that tenant serves. Default: a free port, over HTTP. */
  tenantListen: ListenOptions;
  /**
   * The address of a tenant that runs already and that all workers share, or `null`: each worker starts a tenant. Default:
   * that of `stepgate-emulator exec` (`STEPGATE_EMULATOR_URL`), if there is one.
   */
  tenantUrl: string | null;
  tenant: TestTenant;
}

/**
 * Playwright's `test` with a tenant, a user, a phone, and a way through the login page.
 *
 * ```ts
 * test('pays after approval', async ({ page, signIn, phone }) => {
 *   await page.goto('http://localhost:3000/transfer');
 *   await signIn();
 *   await page.getByRole('button', { name: 'Send' }).click();
 *   await phone.approve();
 *   await expect(page.getByText('Sent')).toBeVisible();
 * });
 * ```
 */
export const test = playwrightTest.extend<TenantFixtures, TenantWorkerFixtures>({
  tenantOptions: [{}, { scope: 'worker', option: true }],
  tenantListen: [{}, { scope: 'worker', option: true }],
  tenantUrl: [process.env.STEPGATE_EMULATOR_URL ?? null, { scope: 'worker', option: true }],
  tenant: [
    async ({ tenantOptions, tenantListen, tenantUrl }, use) => {
      if (tenantUrl !== null) return use(await connectTenant(tenantUrl));
      await using tenant = await startTenant(tenantOptions, tenantListen);
      await use(tenant);
    },
    { scope: 'worker' },
  ],
  userOptions: [{}, { option: true }],
  user: async ({ tenant, userOptions }, use, testInfo) => {
    const user = await tenant.addUser(userOptions);
    await use(user);
    await attachRequests(tenant, user, testInfo);
    await tenant.removeUser(user.username);
  },
  phone: async ({ tenant, user }, use) => use(tenant.phone(user.username)),
  signIn: async ({ tenant, user, phone, page }, use) =>
    use((other = page) => signInWithPage(other, { tenant, user, phone })),
});

export { expect } from '@playwright/test';

/** A test that failed has the user's requests in its report. */
async function attachRequests(tenant: TestTenant, user: TestUser, testInfo: TestInfo): Promise<void> {
  if (testInfo.status === testInfo.expectedStatus) return;
  const requests = await tenant.requests({ username: user.username });
  await testInfo.attach(`requests of ${user.username} to the tenant`, {
    body: JSON.stringify(requests, null, 2),
    contentType: 'application/json',
  });
}
