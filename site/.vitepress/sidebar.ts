import { packages } from '../packages.mjs';

/** A group of the side bar. */
export interface SidebarGroup {
  readonly text: string;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

const group = (text: string, items: Readonly<Record<string, string>>): SidebarGroup => ({
  text,
  items: Object.entries(items).map(([link, title]) => ({ text: title, link })),
});

/** Every page of the site but the first, in the order in which it is read. */
export const sidebar: readonly SidebarGroup[] = [
  group('Start', {
    '/guides/quick-start': 'Quick start',
    '/guides/which-set-up': 'Which set-up do you have?',
    '/concepts/how-it-works': 'How it works',
  }),
  group('Guard', {
    '/guides/guarding-routes': 'Guarding routes',
    '/guides/identity': 'Users and factors',
    '/guides/recipes': 'Recipes',
    '/guides/ciba': 'Push that shows what is approved',
    '/guides/write-a-provider': 'Write a provider',
  }),
  group('Screens', {
    '/guides/custom-ui': 'Your own screen',
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
