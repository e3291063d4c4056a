import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SiteConfig } from 'vitepress';
import { pageOf, root, siteLink, siteUrl } from './repository.ts';
import { sidebar } from './sidebar.ts';

interface Page {
  readonly title: string;
  /** The first sentence. */
  readonly lead: string;
  readonly text: string;
}

/**
 * Writes the site for programs that read: the Markdown of every page beside its HTML, `llms.txt` with a line for each page,
 * and `llms-full.txt` with the text of all pages except the API.
 */
export function writeMarkdown({ outDir, site, pages: files }: SiteConfig): void {
  const pages = new Map<string, Page>();
  for (const file of files) {
    const path = pageOf(file);
    if (path === undefined || path === 'index.md') continue;
    const page = readPage(file);
    const to = join(outDir, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, page.text);
    pages.set(`/${path.replace(/\.md$/, '')}`, page);
  }
  const overview = sidebar.flatMap(({ text, items }) => [
    `## ${text}\n`,
    ...items.map(({ text: title, link }) => {
      const lead = pages.get(link)?.lead ?? '';
      return `- [${title}](${siteUrl}${link.slice(1)}.md)${lead && `: ${lead}`}`;
    }),
    '',
  ]);
  writeFileSync(
    join(outDir, 'llms.txt'),
    [`# ${site.title}\n`, `> ${site.description}\n`, ...overview].join('\n'),
  );
  const all = sidebar
    .flatMap(({ items }) => items.map(({ link }) => link))
    .filter((link) => !link.startsWith('/api/'));
  writeFileSync(
    join(outDir, 'llms-full.txt'),
    all.map((link) => pages.get(link)?.text ?? '').join('\n\n---\n\n'),
  );
}

function readPage(file: string): Page {
  const source = readFileSync(join(root, file), 'utf8').replace(/^---\n[\s\S]*?\n---\n/, '');
  const text = outsideOfCode(source, (prose) =>
    prose.replace(/\]\(([^()\s]+)\)/g, (_, href: string) => {
      const to = siteLink(href, file, '.md');
      return `](${to.startsWith('/') ? siteUrl + to.slice(1) : to})`;
    }),
  );
  const title = /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? file;
  return { title, lead: leadOf(text), text };
}

/** The first sentence of a page below its title, without links. */
export function leadOf(text: string): string {
  const paragraph = /^(?![#|\-`<>*\d])\S.*$/m.exec(text.replace(/^# .+$/m, ''))?.[0] ?? '';
  const [sentence = paragraph] = /^.*?\.(?=\s|$)/.exec(paragraph) ?? [];
  return sentence.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1');
}

function outsideOfCode(source: string, change: (prose: string) => string): string {
  return source
    .split(/^(```[\s\S]*?^```$)/m)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}
