import type { PageTexts } from '../texts/page-texts.ts';

/** The texts that the server has written into its page, in the language in which it has drawn it. */
export function textsOfPage(): PageTexts {
  const data = document.getElementById('texts')?.textContent;
  if (!data) throw new Error('stepgate: the page has no texts');
  return JSON.parse(data) as PageTexts;
}
