import type { PageTexts } from '../texts/page-texts.ts';

/** The texts that the server has written into the page, in the page's language. */
export function textsOfPage(): PageTexts {
  const data = document.getElementById('texts')?.textContent;
  if (!data) throw new Error('The page has no texts. It must come from the gate, unchanged.');
  return JSON.parse(data) as PageTexts;
}
