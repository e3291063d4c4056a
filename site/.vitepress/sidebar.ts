import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages } from '../packages.mjs';
import { root } from './repository.ts';

/** A group of the side bar. */
export interface SidebarGroup {
  readonly text: string;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

const group = (text: string, items: Readonly<Record<string, string>>): SidebarGroup => ({
  text,
  items: Object.entries(items).map(([link, title]) => ({ text: title, link })),
});

/** The pages of `docs/`, in the order in which they are read. */
const chosen: readonly SidebarGroup[] = [
  group('Start', {
    '/guides/quick-start': 'Quick start',
    '/guides/which-set-up': 'Which set-up do you have?',
    '/concepts/how-it-works': 'How it works',
  }),
  group('Guard', {
    '/guides/guarding-routes': 'Guarding routes',
    '/guides/approve-one-action': 'Approve one action',
    '/guides/pages-and-forms': 'Pages, forms and scripts',
    '/guides/identity': 'Users and factors',
    '/guides/nestjs': 'NestJS',
    '/guides/mcp': 'Tools of AI agents',
    '/guides/recipes': 'Recipes',
    '/guides/ciba': 'Push that shows what is approved',
    '/guides/redirect': 'The provider’s own pages',
    '/guides/write-a-provider': 'Write a provider',
  }),
  group('Screens', {
    '/guides/custom-ui': 'Your own screen',
    '/guides/react': 'React screens',
    '/guides/plain-page': 'One page of plain HTML',
    '/guides/native-apps': 'Native apps',
    '/guides/inspector': 'Inspector',
  }),
  group('Test', { '/guides/testing': 'Testing your app' }),
  group('Go live', {
    '/guides/going-live': 'Going live',
    '/guides/tenant-setup': 'Set up a tenant',
    '/guides/behind-a-proxy': 'Behind a proxy',
    '/guides/production': 'In production',
    '/guides/troubleshooting': 'Troubleshooting',
  }),
  group('Security', { '/concepts/threat-model': 'Threat model' }),
  group('Reference', {
    '/reference/options': 'Options',
    '/reference/endpoints': 'Endpoints',
    '/reference/errors': 'Errors',
    '/reference/statechart': 'State chart',
    '/reference/audit-events': 'Audit events',
    '/reference/signals': 'Signals',
    '/reference/dependencies': 'Dependencies',
    '/reference/runtimes': 'Runtimes',
    '/reference/benchmarks': 'Benchmarks',
    '/reference/soak': 'Soak',
  }),
];

/** Pages of `docs/` that nobody has placed yet, so that no page is without a link. */
function unplaced(): Readonly<Record<string, string>> {
  const placed = new Set(chosen.flatMap(({ items }) => items.map(({ link }) => link)));
  const pages = ['guides', 'concepts', 'reference'].flatMap((shelf) =>
    readdirSync(join(root, 'docs', shelf))
      .filter((name) => name.endsWith('.md'))
      .map((name) => ({
        link: `/${shelf}/${name.slice(0, -'.md'.length)}`,
        file: join(root, 'docs', shelf, name),
      })),
  );
  return Object.fromEntries(
    pages
      .filter(({ link }) => !placed.has(link))
      .map(({ link, file }) => [link, /^# (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? link]),
  );
}

const more = group('More', unplaced());

/** Every page of the site but the first. */
export const sidebar: readonly SidebarGroup[] = [
  ...chosen,
  ...(more.items.length > 0 ? [more] : []),
  group(
    'Packages',
    Object.fromEntries(packages.map(({ name }) => [`/packages/${name}`, `@stepgate/${name}`])),
  ),
  group(
    'API',
    Object.fromEntries(
      packages.flatMap(({ entries }) => entries.map(({ page, specifier }) => [`/api/${page}`, specifier])),
    ),
  ),
];
