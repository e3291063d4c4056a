import { test as base, expect } from '@stepgate/emulator/playwright';
import { startApp } from './app.ts';

/** With an app for each worker, which uses the tenant of that worker. */
const test = base.extend<object, { appUrl: string }>({
  appUrl: [
    async ({ tenant }, use) => {
      const app = await startApp(tenant.env);
      await use(app.url);
      await app.close();
    },
    { scope: 'worker' },
  ],
});

test.describe('a user with a phone', () => {
  test.use({ userOptions: { factors: [{ factor: 'push' }] } });

  for (const decision of ['approve', 'deny'] as const) {
    test(`signs in by redirect, and can ${decision} a transfer`, async ({
      page,
      appUrl,
      user,
      signIn,
      phone,
    }) => {
      await page.goto(appUrl);
      await signIn();
      await expect(page.getByRole('heading')).toHaveText(`Hello ${user.username}@example.com`);
      await page.getByRole('button', { name: 'Transfer' }).click({ noWaitAfter: true });
      const push = await phone[decision]();
      expect(push.client).toBe('Demo app with a server');
      await expect(page.getByRole('heading')).toHaveText(decision === 'approve' ? 'Sent' : 'Declined');
    });
  }
});

test('a user without a phone signs in as well', async ({ page, appUrl, user, signIn }) => {
  await page.goto(appUrl);
  await signIn();
  await expect(page.getByRole('heading')).toHaveText(`Hello ${user.username}@example.com`);
});
