// Checks the built site: `node scripts/check-site.mjs`. Every link and its fragment lead somewhere, every page has its
// Markdown beside it, headings follow each other in order, every column of a table has a name, every picture a text, every
// id and title is there once, and no page loads more than 200 kB of script before anybody touches it. What this cannot see
// (contrast, names of controls, the width of a phone), e2e/site-pages.test.ts looks at in a browser.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const SCRIPT_LIMIT = 200_000;
const dist = fileURLToPath(new URL('../.vitepress/dist/', import.meta.url));
const base = process.env.SITE_BASE ?? '/';
const read = (file) => readFileSync(join(dist, file), 'utf8');

const pages = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.html') && name !== '404.html',
);
const html = new Map(pages.map((page) => [page, read(page)]));
const ids = new Map(
  pages.map((page) => [page, new Set([...html.get(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
);

function isAlive(page, href) {
  const [path, fragment = ''] = href.split('#');
  const inSite = path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(page), path);
  const target = path === '' ? page : posix.normalize(inSite);
  const file = [target, `${target}.html`, posix.join(target, 'index.html')].find((each) => ids.has(each));
  if (file === undefined) return existsSync(join(dist, target));
  return fragment === '' || ids.get(file).has(decodeURIComponent(fragment));
}

/** What a page loads by itself: its scripts, the chunks announced for them, and what these import at once. */
function scriptsOf(page) {
  const found = new Set();
  const add = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, path] of read(file).matchAll(/(?:from|import)\s*"(\.{1,2}\/[^"]+\.js)"/g)) {
      add(posix.join(posix.dirname(file), path));
    }
  };
  const tags = html
    .get(page)
    .matchAll(/<(?:script|link rel="modulepreload")[^>]* (?:src|href)="([^"]+\.js)"/g);
  for (const [, source] of tags) add(source.slice(base.length));
  return [...found];
}

/** What is wrong with the structure of a page. */
function faultsIn(body) {
  const content = /<main[\s\S]*<\/main>/.exec(body)?.[0] ?? body;
  const levels = [...content.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
  const jumps = levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1);
  const names = [...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  const twice = names.filter((id, at) => names.indexOf(id) !== at);
  return [
    levels.filter((level) => level === 1).length !== 1 && 'does not have one heading of the first level',
    jumps.length > 0 && `leaves out a level before a heading of level ${jumps.join(', ')}`,
    twice.length > 0 && `has an id twice: ${twice.join(', ')}`,
    /<th[^>]*><\/th>/.test(body) && 'has a table whose column has no name',
    /<img(?![^>]* alt=)[^>]*>/.test(body) && 'has a picture without a text',
  ].filter(Boolean);
}

const problems = [];
let linkCount = 0;
let heaviest = { page: '', weight: 0 };
/** @type {Map<string, number>} */
const sizes = new Map();
const sizeOf = (file) => {
  const size = sizes.get(file) ?? gzipSync(readFileSync(join(dist, file))).length;
  sizes.set(file, size);
  return size;
};
for (const page of pages) {
  const body = html.get(page).replace(/<script[\s\S]*?<\/script>/g, '');
  for (const [, raw] of body.matchAll(/<a [^>]*href="([^"]+)"/g)) {
    const href = raw.replaceAll('&amp;', '&');
    if (/^(https?:|mailto:|otpauth:)/.test(href)) continue;
    linkCount += 1;
    if (!isAlive(page, href)) problems.push(`${page} links to ${href}, which does not exist`);
  }
  problems.push(...faultsIn(body).map((fault) => `${page} ${fault}`));
  const markdown = page.replace(/\.html$/, '.md');
  if (page !== 'index.html' && !existsSync(join(dist, markdown)))
    problems.push(`${page} has no ${markdown} beside it`);
  const weight = scriptsOf(page).reduce((sum, file) => sum + sizeOf(file), 0);
  if (weight > heaviest.weight) heaviest = { page, weight };
  if (weight > SCRIPT_LIMIT)
    problems.push(`${page} loads ${weight} bytes of script, more than ${SCRIPT_LIMIT}`);
}
const titles = pages.map((page) => /<title>([^<]*)/.exec(html.get(page))?.[1] ?? '');
for (const title of new Set(titles.filter((each, at) => titles.indexOf(each) !== at)))
  problems.push(`Several pages have the title ${title}`);
for (const file of ['llms.txt', 'llms-full.txt', 'sitemap.xml']) {
  if (!existsSync(join(dist, file))) problems.push(`${file} is missing`);
}
if (pages.length < 20 || linkCount < 500 || heaviest.weight === 0)
  problems.push('The site is too small: a pattern of this check must be wrong.');
for (const problem of problems) console.error(problem);
if (problems.length === 0) {
  const kB = Math.round(heaviest.weight / 1_000);
  console.log(`${pages.length} pages, ${linkCount} links; most script: ${kB} kB (${heaviest.page})`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
