import type { Locator, Page } from '@playwright/test';
import type { TestPhone } from './test-phone.ts';
import type { TestTenant, TestUser } from './test-tenant.ts';

/** Who signs in, where, and with what in their hand. */
export interface SignInOptions {
  readonly tenant: TestTenant;
  readonly user: TestUser;
  readonly phone: TestPhone;
}

/**
 * Passes the tenant's pages, once the browser has come to them, until it is back at the app: password, second factor,
 * enrolment with its recovery code, consent.
 */
export async function signInWithPage(page: Page, { tenant, user, phone }: SignInOptions): Promise<void> {
  const isAtTenant = (url: URL): boolean => url.href.startsWith(`${tenant.url}u/`);
  const heading = page.getByRole('heading', { level: 1 });
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  const enter = async (code: string): Promise<void> => {
    await page.getByLabel('Code').fill(code);
    await press('Continue');
  };
  const enterMessage = async (): Promise<void> => enter((await phone.nextMessage()).code);

  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    'Sign in': async () => {
      await page.getByLabel('Username or e-mail address').fill(user.username);
      await page.getByLabel('Password').fill(user.password);
      await press('Sign in');
    },
    'Keep your account safe': () => press('Push notification'),
    'Add: Push notification': () => phone.scan(),
    'Approve on your phone': () => phone.approve(),
    'One-time password': async () => enter(await phone.code()),
    'Text message': enterMessage,
    'Phone call': enterMessage,
    'E-mail': enterMessage,
    'Keep your recovery code': () => press('I have kept it'),
  };

  await page.waitForURL(isAtTenant);
  for (let last = ''; isAtTenant(new URL(page.url())); ) {
    const title = await nextTitle(page, heading, last, isAtTenant);
    if (title === undefined) return;
    const step = steps[title];
    if (step !== undefined) await step();
    else if (await page.getByRole('button', { name: 'Accept' }).isVisible()) await press('Accept');
    else throw new Error(`signIn knows no way past the tenant's page "${title}"`);
    last = title;
  }
}

/** The title of the next page of the tenant; nothing when the browser has left it. Pages that wait load again and again. */
async function nextTitle(
  page: Page,
  heading: Locator,
  last: string,
  isAtTenant: (url: URL) => boolean,
): Promise<string | undefined> {
  for (;;) {
    const complaint = page.getByRole('alert');
    const title = await heading.textContent().catch(() => null);
    if (!isAtTenant(new URL(page.url()))) return undefined;
    if (title !== null && title !== last) return title;
    const text = await complaint.textContent({ timeout: 50 }).catch(() => null);
    if (text !== null) throw new Error(`The tenant's page "${last}" says: ${text}`);
  }
}
