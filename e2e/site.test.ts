import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectBrowser } from './support/desk.ts';
import { takePictures } from './support/look-at.ts';
import { serveSite, waitForScripts } from './support/site.ts';

/** Opens a page of the site. `faults` fills with errors of its scripts and requests to other places. */
async function openSite(path: string): Promise<{ page: Page; faults: string[]; requests: string[] }> {
  const [site, browser] = await Promise.all([serveSite(), connectBrowser()]);
  const context = await browser.newContext({
    viewport: { width: 1200, height: 900 },
    reducedMotion: 'reduce',
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => {
    requests.push(request.url());
    if (!request.url().startsWith(site) && !request.url().startsWith('data:')) faults.push(request.url());
  });
  await page.goto(site + path);
  await waitForScripts(page);
  return { page, faults, requests };
}

async function openBank() {
  const opened = await openSite('/');
  const { page } = opened;
  await page.locator('.bank-in-page[data-ready]').waitFor();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const result = () => page.locator('[data-bank="result"]').textContent();
  const trail = page.locator('[data-bank="trail"]');
  /** Presses Transfer, and waits for the push. Returns the code that the phone shows. */
  async function transfer(): Promise<string> {
    await press(TRANSFER);
    const message = page.locator('[data-bank="phone"] .message').last();
    const text = (await message.textContent()) ?? '';
    expect(text).toMatch(/^[B-Z2-9]{4}-Transfer-250-EUR-to-Grace$/);
    return text.slice(0, 4);
  }
  async function typeCode(code: string): Promise<void> {
    const input = page.getByRole('textbox', { name: 'Code' });
    await input.fill(code);
    await input.press('Enter');
  }
  return { ...opened, press, result, trail, transfer, typeCode };
}

const TRANSFER = 'Transfer 250 EUR to Grace';
const BY_MFA_API = 'by the MFA API';

describe('the bank in the page', () => {
  it('sends money when the code is typed and the phone approves, and shows the way there', async () => {
    const { page, press, result, trail, transfer, typeCode, faults, requests } = await openBank();
    const loaded = requests.length;
    const code = await transfer();
    await takePictures(page, 'site bank code');
    await typeCode(code);
    await press('Approve');
    await expect.poll(result).toBe('Sent 250.00 EUR to Grace, approved by push.');
    await expect.poll(() => page.locator('[data-bank="balance"]').textContent()).toBe('990.00 EUR');
    await expect
      .poll(() => trail.textContent())
      .toBe('authenticating → listing → challenging → polling → identifying → approved');
    expect(await page.locator('[data-bank="chart"] .edge.taken').count()).toBeGreaterThan(2);
    expect(await page.locator('[data-bank="timeline"]').textContent()).toContain('POST /bc-authorize → 200');
    await takePictures(page, 'site bank approved');
    // A language or a picture may be loaded late; the tenant is in the page.
    expect(requests.slice(loaded).filter((url) => !/\.(js|css|svg|md)$/.test(url))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('sends nothing on the tap alone, nor on wrong codes', async () => {
    const { page, press, result, trail, transfer, typeCode } = await openBank();
    await transfer();
    await press('Approve');
    await page.getByText('You approved on your phone.').waitFor();
    expect(await result()).toBe('');
    for (const triesLeft of [2, 1, 0]) {
      await typeCode('BBBB');
      if (triesLeft > 0) await page.getByText(`${triesLeft}`, { exact: false }).first().waitFor();
    }
    await trail.filter({ hasText: 'rejected' }).waitFor();
    expect(await page.locator('[data-bank="balance"]').textContent()).toBe('1,240.00 EUR');
  });

  it('sends nothing when the phone denies, or nobody answers in time', async () => {
    const { page, press, result, trail, transfer } = await openBank();
    await transfer();
    await press('Ada denies');
    await trail.filter({ hasText: 'rejected' }).waitFor();
    await press('start over');
    await transfer();
    await press('five minutes pass');
    await trail.filter({ hasText: 'expired' }).waitFor();
    expect(await result()).toBe('');
    expect(await page.locator('[data-bank="balance"]').textContent()).toBe('1,240.00 EUR');
  });

  it('goes on by itself when the network comes back', async () => {
    const { page, press, result, transfer, typeCode } = await openBank();
    await typeCode(await transfer());
    await press('the network is down');
    await press('Approve');
    await page.locator('[data-bank="timeline"] .lost').first().waitFor();
    await press('the network is down');
    await expect.poll(result).toBe('Sent 250.00 EUR to Grace, approved by push.');
  });

  it('takes the recovery code by the MFA API when the phone is lost, and shows the next one', async () => {
    const { page, press, result } = await openBank();
    await press('the phone is lost');
    await page.getByText('Nobody can answer now.').waitFor();
    await press(BY_MFA_API);
    const note = page.locator('[data-bank="note"]');
    const code = await note.textContent();
    await press(TRANSFER);
    await press('Try another way');
    await page.getByRole('button', { name: /recovery code/i }).click();
    await page.getByRole('textbox').fill(code ?? '');
    await press('Confirm');
    await page.getByRole('checkbox').check();
    await press('Continue');
    await expect.poll(result).toBe('Sent 250.00 EUR to Grace, approved by recovery-code.');
    expect(await note.textContent()).not.toBe(code);
  });

  it('adds a first phone by its QR code, by the MFA API', async () => {
    const { page, press, result } = await openBank();
    await press('there is no phone yet');
    expect(await page.getByRole('button', { name: BY_MFA_API }).getAttribute('aria-pressed')).toBe('true');
    await press(TRANSFER);
    await press('Scan');
    await page.getByRole('checkbox').check();
    await press('Continue');
    await expect.poll(result).toBe('Sent 250.00 EUR to Grace, approved by push.');
  });
});

describe('the pages of the site', () => {
  it('show the host that the reader chose, in every group of code and after a reload', async () => {
    const { page } = await openSite('/guides/quick-start');
    const shown = () => page.locator('.vp-code-group .tabs input:checked + label').allTextContents();
    await page.locator('.vp-code-group label', { hasText: 'Koa' }).first().click();
    await expect.poll(shown).toEqual(['Koa', 'Koa', 'Koa']);
    await page.reload();
    await expect.poll(shown).toEqual(['Koa', 'Koa', 'Koa']);
    expect(await page.locator('.vp-code-group .active code').first().textContent()).toContain(
      '@stepgate/koa',
    );
  });

  it('appear in the search of the site', async () => {
    const { page } = await openSite('/reference/options');
    await page.keyboard.press('Control+k');
    await page.getByRole('searchbox').fill('identify_refused');
    await page.getByRole('option').first().waitFor();
    expect(await page.getByRole('option').count()).toBeGreaterThan(0);
  });
});
