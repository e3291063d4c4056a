import type { Page } from '@playwright/test';
import type { TestTenant, TestUser } from './test-tenant.ts';

/** Passes the tenant's login page, once the browser has come to it, until it is back at the app. */
export async function signInWithPage(
  page: Page,
  { tenant, user }: { readonly tenant: TestTenant; readonly user: TestUser },
): Promise<void> {
  const isLogin = (url: URL): boolean => url.href.startsWith(`${tenant.url}u/`);
  await page.waitForURL(isLogin);
  await page.getByLabel('Username or e-mail address').fill(user.username);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => !isLogin(url));
}
