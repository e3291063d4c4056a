import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What axe finds wrong in the page or a part of it, rule by rule. A page gets axe only once, since parsing it takes longer
 * than running it.
 */
export async function violationsIn(
  page: Page,
  options: {
    readonly part?: string | undefined;
    readonly rules?: readonly string[];
    readonly without?: readonly string[];
  } = {},
): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(
    async ([part, rules, without]) => {
      const { violations } = await window.axe.run(part ?? document, {
        iframes: false,
        resultTypes: ['violations'],
        ...(rules && { runOnly: { type: 'rule', values: [...rules] } }),
        ...(without && { rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])) }),
      });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    },
    [options.part, options.rules, options.without] as const,
  );
}

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}
