import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

// A workflow of GitHub knows where the repository is; elsewhere the links lead to the name that the packages will have.
const {
  GITHUB_SERVER_URL: server = 'https://github.com',
  GITHUB_REPOSITORY: name = 'stepgate/stepgate',
  SITE_URL: site = 'https://stepgate.example/',
} = process.env;
const sources = `${server}/${name}/blob/main/`;

/** Where the site is published. */
export const siteUrl = site.replace(/\/?$/, '/');

/** The page that a file of the repository becomes, as a path within the site; `undefined` if it becomes none. */
export function pageOf(file: string): string | undefined {
  const [, packageName] = /^packages\/([^/]+)\/README\.md$/.exec(file) ?? [];
  if (packageName !== undefined) return `packages/${packageName}.md`;
  if (/^docs\/(guides|concepts|reference)\/[^/]+\.md$/.test(file)) return file.slice('docs/'.length);
  if (/^site\/((api|reference)\/)?[^/]+\.md$/.test(file)) return file.slice('site/'.length);
  return undefined;
}

/**
 * Turns a link that is relative to its file, as GitHub follows it, into one that the site follows. Files that are no page
 * are linked in the repository.
 */
export function siteLink(href: string, file: string, extension: '' | '.md' = ''): string {
  if (/^([a-z]+:|#|\/)/i.test(href)) return href;
  const [path = '', hash = ''] = href.split(/(?=#)/);
  let target = posix.join(posix.dirname(file), decodeURI(path));
  const onDisk = join(root, target);
  // VitePress reports dead links, so they stay as they are.
  if (!existsSync(onDisk)) return href;
  if (statSync(onDisk).isDirectory() && existsSync(join(onDisk, 'README.md'))) {
    target = posix.join(target, 'README.md');
  }
  if (target === 'docs/README.md') return `/${hash}`;
  const page = pageOf(target);
  return page === undefined
    ? sources + target + hash
    : `/${page.replace(/(\/?index)?\.md$/, extension)}${hash}`;
}
