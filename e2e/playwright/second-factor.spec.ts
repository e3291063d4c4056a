import { expect, test } from '@stepgate/emulator/playwright';
import { startApp } from './app.ts';

// Not the tenant that other tests share: one of this worker, which asks for a second factor at each login.
test.use({ tenantUrl: null, tenantOptions: { mfaPolicy: 'always' } });

test('a user without a phone adds one at the login page, and approves the next login', async ({
  page,
  tenant,
  user,
  signIn,
  phone,
}) => {
  const app = await startApp(tenant.env);
  for (const factor of ['scan', 'push']) {
    await page.context().clearCookies();
    await page.goto(app.url);
    await signIn();
    await expect(page.getByRole('heading')).toHaveText(`Hello ${user.username}@example.com`);
    expect(await phone.pushes(), factor).toHaveLength(factor === 'scan' ? 0 : 1);
  }
  await app.close();
});
