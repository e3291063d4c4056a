// Checks the built site: `node scripts/check-site.mjs`. Every link and its fragment lead somewhere, every page has its
// Markdown beside it, every column of a table has a name, and no page loads more than 200 kB of script before anybody touches it.
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
  if (/<th[^>]*><\/th>/.test(body)) problems.push(`${page} has a table whose column has no name`);
  const markdown = page.replace(/\.html$/, '.md');
  if (page !== 'index.html' && !existsSync(join(dist, markdown)))
    problems.push(`${page} has no ${markdown} beside it`);
  const weight = scriptsOf(page).reduce((sum, file) => sum + sizeOf(file), 0);
  if (weight > heaviest.weight) heaviest = { page, weight };
  if (weight > SCRIPT_LIMIT)
    problems.push(`${page} loads ${weight} bytes of script, more than ${SCRIPT_LIMIT}`);
}
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
