import { expect, it } from 'vitest';
import { type BankName, openStories, type Way } from './support/way-stories.ts';

type Cell = readonly [bank: BankName, ...ways: Way[]];

// Each bank, each way and each pair of ways is in one of these or in another test. `WAYS_GRID=all` takes every cell.
const SAMPLE: readonly Cell[] = [
  ['koa-bank', 'ciba'],
  ['express-bank', 'redirect'],
  ['koa-bank', 'mfa-api', 'ciba'],
  ['express-bank', 'mfa-api', 'redirect'],
  ['oidc-bank', 'redirect', 'ciba'],
];

/** The ways of each bank. The gate tries them in its own order, which is this one, in whatever order they are named. */
const WAYS: Readonly<Record<BankName, readonly Way[]>> = {
  'express-bank': ['ciba', 'mfa-api', 'redirect'],
  'koa-bank': ['ciba', 'mfa-api', 'redirect'],
  'oidc-bank': ['ciba', 'redirect'],
};

function allCells(): readonly Cell[] {
  return Object.entries(WAYS).flatMap(([name, ways]) => {
    const bank = name as BankName;
    const pairs = ways.flatMap((one) => ways.map((other): Cell => [bank, one, other]));
    return [...ways.map((way): Cell => [bank, way]), ...pairs.filter(([, one, other]) => one !== other)];
  });
}

const cells = process.env.WAYS_GRID === 'all' ? allCells() : SAMPLE;

it.each(cells.map(([bank, ...ways]) => ({ bank, ways, name: `${bank} with ${ways.join(' and ')}` })))(
  'transfers what was approved, after a no and where the first way cannot serve: $name',
  async ({ bank, ways }) => {
    const [first = 'ciba', second] = WAYS[bank].filter((way) => ways.includes(way));
    const { page, ...customer } = await openStories({ bank, ways, hasPhone: second === undefined });
    const listed = page.locator('#transfers').getByRole('listitem');
    const balance = page.locator('#balance');
    let opening = Number(await balance.getAttribute('value'));

    async function seesMoved(amount: number): Promise<void> {
      await listed.filter({ hasText: `${amount} EUR to Grace` }).waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(Number(await balance.getAttribute('value'))).toBe(opening - amount);
      opening -= amount;
    }

    if (second !== undefined) {
      await customer.transfer(300);
      await customer.fallBack(first, second);
      if (bank !== 'oidc-bank') await seesMoved(300);
    }

    await customer.transfer(301);
    await customer.approve(first, 301);
    await seesMoved(301);

    const before = await listed.count();
    await customer.transfer(302);
    await customer.deny(first, 302);
    expect(await listed.count()).toBe(before);
    await customer.approve(first, 302);
    await seesMoved(302);
  },
);
