import { FlowDialog } from '../dialog/flow-dialog.ts';
import type { Texts } from '../texts/texts.ts';
import { openAuthenticatorsPage } from './authenticators-page.ts';
import { textsOfPage } from './page-data.ts';

/** The page of this site that the user came from, unless it is one of Stepgate's pages. */
function cameFrom(basePath: string): string | undefined {
  if (!URL.canParse(document.referrer)) return undefined;
  const { href, origin, pathname } = new URL(document.referrer);
  const isOwn = pathname === basePath || pathname.startsWith(`${basePath}/`);
  return origin === location.origin && !isOwn ? href : undefined;
}

const main = document.getElementById('stepgate');
const root = document.getElementById('card');
if (main !== null && root !== null) {
  const { basePath = '/step-up' } = main.dataset;
  const texts = textsOfPage();
  class PageDialog extends FlowDialog {
    protected override loadTexts(): Promise<Texts> {
      return Promise.resolve(texts.flow);
    }
  }
  customElements.define('stepgate-dialog', PageDialog);
  const dialog = new PageDialog();
  document.body.append(dialog);
  void openAuthenticatorsPage({ root, dialog, basePath, texts, leaveTo: cameFrom(basePath) });
}
