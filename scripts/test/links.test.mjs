import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const pathOf = (file) => new URL(file, root);
const textOf = (file) => readFileSync(pathOf(file), 'utf8');

const PAGES = execFileSync('git', ['ls-files', '--', '*.md', ':!.changeset'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(pathOf(file)));

/** A page without its blocks of code. */
const proseOf = (file) => textOf(file).replace(/^```.*?^```$/gms, '');

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(file) {
  const headings = [...proseOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link of a page; `undefined` for a good one, and for one to another site. */
function faultOf(page, link) {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path, anchor] = link.split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(pathOf(target))) return `${page}: there is no ${link}`;
  if (anchor === undefined || /\.(ts|mjs)$/.test(target)) return undefined;
  const file = statSync(pathOf(target)).isDirectory() ? posix.join(target, 'README.md') : target;
  return anchorsOf(file).includes(anchor) ? undefined : `${page}: there is no heading for ${link}`;
}

describe('the pages', () => {
  it('link to files and headings that exist', () => {
    const faults = PAGES.flatMap((page) =>
      [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => faultOf(page, link)),
    );
    expect(faults.length).toBeGreaterThan(100);
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('name files and folders of the repository that exist', () => {
    const named = PAGES.flatMap((page) =>
      [...proseOf(page).matchAll(/`((?:packages|suites|examples|scripts|docs)\/[\w./-]+)`/g)].map(
        ([, path]) => [page, path],
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(([, path]) => !existsSync(pathOf(path)))).toEqual([]);
  });
});
