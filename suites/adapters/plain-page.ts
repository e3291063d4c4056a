import type { Answer } from '../http.ts';
import type { Browser } from './bank.ts';

/** A page as a browser without scripts sees it. */
export interface PlainPage {
  readonly answer: Answer;
  readonly heading: string;
  readonly text: string;
  /** The labels of the buttons, in order. */
  readonly buttons: readonly string[];
  /** The hidden fields of its form, by name. */
  readonly fields: Readonly<Record<string, string>>;
  /** The same, for every form. */
  readonly fieldList: readonly (readonly [string, string])[];
  readonly enctype: string | undefined;
  /** When and where the page navigates by itself. */
  readonly refresh: { readonly seconds: number; readonly url: string } | undefined;
  /** Where a link leads. */
  link(label: string): string;
  /** What a browser posts when the button is pressed. */
  post(
    label: string,
    typed?: Readonly<Record<string, string>>,
  ): { readonly path: string; readonly body: string };
}

const FORM_HEADERS = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'content-type': 'application/x-www-form-urlencoded',
};

/** Loads a page. */
export async function openPlainPage(browser: Browser, path: string): Promise<PlainPage> {
  return plainPage(await browser.navigate(path));
}

/** Presses a button, and follows the redirect. `headers` are those of the post. */
export async function press(
  browser: Browser,
  page: PlainPage,
  label: string,
  options: { readonly typed?: Record<string, string>; readonly headers?: Record<string, string> } = {},
): Promise<PlainPage> {
  const { path, body } = page.post(label, options.typed);
  const answer = await browser.send('POST', path, { headers: { ...FORM_HEADERS, ...options.headers }, body });
  return answer.status === 303 ? openPlainPage(browser, answer.headers.location ?? '') : plainPage(answer);
}

/** Reads a page. */
export function plainPage(answer: Answer): PlainPage {
  const html = answer.text;
  const form = tags(html, 'form')[0];
  const fieldList = tags(html, 'input')
    .filter(({ type }) => type === 'hidden')
    .map(({ name = '', value = '' }) => [name, value] as const);
  const buttons = contents(html, 'button');
  const refresh = /content="(\d+); url=([^"]*)"/.exec(html);
  return {
    answer,
    heading: contents(html, 'h1')[0]?.text ?? '',
    text: textOf(html),
    buttons: buttons.map(({ text }) => text),
    fields: Object.fromEntries(fieldList),
    fieldList,
    enctype: form?.enctype,
    refresh: refresh ? { seconds: Number(refresh[1]), url: unescaped(refresh[2] ?? '') } : undefined,
    link(label) {
      const found = contents(html, 'a').find(({ text }) => text === label);
      if (found === undefined) throw new Error(`there is no link "${label}"`);
      return found.attributes.href ?? '';
    },
    post(label, typed = {}) {
      const button = buttons.find(({ text }) => text.startsWith(label));
      if (button === undefined || form === undefined) throw new Error(`there is no button "${label}"`);
      const { formaction, name, value = '' } = button.attributes;
      const sent = { ...typed, ...(name !== undefined && { [name]: value }) };
      const kept = fieldList.filter(([field]) => !(field in sent));
      const body = new URLSearchParams([...kept, ...Object.entries(sent)].map(([...field]) => field));
      return { path: formaction ?? form.action ?? '', body: body.toString() };
    },
  };
}

type Attributes = Readonly<Record<string, string | undefined>>;

function tags(html: string, tag: string): Attributes[] {
  return [...html.matchAll(new RegExp(`<${tag}\\b([^>]*)>`, 'g'))].map(([, text = '']) => attributesOf(text));
}

function contents(html: string, tag: string): { readonly attributes: Attributes; readonly text: string }[] {
  return [...html.matchAll(new RegExp(`<${tag}\\b([^>]*)>(.*?)</${tag}>`, 'gs'))].map(
    ([, attributes = '', content = '']) => ({ attributes: attributesOf(attributes), text: textOf(content) }),
  );
}

function attributesOf(text: string): Attributes {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [
      name,
      unescaped(value),
    ]),
  );
}

function textOf(html: string): string {
  return unescaped(html.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));
}
