import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';
// Speaks WebDriver BiDi as the extended-support release knows it. Later versions ask for commands that it lacks.
import { firefox } from 'playwright-core-for-firefox-esr';
import { onTestFinished } from 'vitest';

/** Whether tests that run in every browser shall run in Firefox: `E2E_BROWSER=firefox`. */
export const isFirefoxWanted: boolean = process.env.E2E_BROWSER === 'firefox';

/** The Firefox of this machine, as it is. Debian's is in the package firefox-esr. */
function firefoxPath(): string {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => ['firefox', 'firefox-esr'].map((name) => join(folder, name)));
  const found = process.env.FIREFOX_PATH ?? onPath.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(
      'There is no Firefox. Install one (apt-get install firefox-esr), or name it with FIREFOX_PATH.',
    );
  }
  return found;
}

/** Starts a Firefox, which ends with the test. */
export async function launchFirefox({ hasScript }: { readonly hasScript: boolean }): Promise<Browser> {
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    executablePath: firefoxPath(),
    // As a user switches scripts off. What drivers do leaves `<noscript>` hidden.
    ...(!hasScript && { firefoxUserPrefs: { 'javascript.enabled': false } }),
  });
  onTestFinished(() => browser.close());
  return browser as unknown as Browser;
}
