/** A group of the side bar. */
export interface SidebarGroup {
  readonly text: string;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

const group = (text: string, items: Readonly<Record<string, string>>): SidebarGroup => ({
  text,
  items: Object.entries(items).map(([link, title]) => ({ text: title, link })),
});

const packages = {
  core: ['core', 'core/ui'],
  server: [
    'server',
    'server/web',
    'server/node',
    'server/receipt',
    'server/testing',
    'server/store-contract',
    'server/store-kit',
  ],
  hosts: ['express', 'koa', 'hono', 'fastify', 'next', 'next/client'],
  web: ['web', 'web/dialog', 'web/html', 'web/ky'],
  stores: ['sqlite', 'postgres', 'redis'],
  tools: [
    'emulator',
    'emulator/browser',
    'emulator/testing',
    'emulator/vitest',
    'emulator/playwright',
    'doctor',
  ],
};

/** Every page of the site but the first, in the order in which it is read. */
export const sidebar: readonly SidebarGroup[] = [
  group('Guard', {
    '/guides/guarding-routes': 'Guarding routes',
    '/guides/identity': 'Users and factors',
  }),
  group('Screens', {
    '/guides/custom-ui': 'Your own screen',
    '/guides/native-apps': 'Native apps',
  }),
  group('Test', { '/guides/testing': 'Testing your app' }),
  group('Go live', {
    '/guides/tenant-setup': 'Set up a tenant',
    '/guides/production': 'In production',
  }),
  group('Concepts', { '/concepts/threat-model': 'Threat model' }),
  group('Reference', {
    '/reference/options': 'Options',
    '/reference/endpoints': 'Endpoints',
    '/reference/statechart': 'State chart',
    '/reference/audit-events': 'Audit events',
    '/reference/signals': 'Signals',
    '/reference/dependencies': 'Dependencies',
    '/reference/benchmarks': 'Benchmarks',
    '/reference/soak': 'Soak',
  }),
  group('Packages', {
    '/packages/core': 'Core',
    '/packages/server': 'Server',
    '/packages/express': 'Express',
    '/packages/koa': 'Koa',
    '/packages/hono': 'Hono',
    '/packages/fastify': 'Fastify',
    '/packages/next': 'Next.js',
    '/packages/web': 'Web',
    '/packages/sqlite': 'SQLite',
    '/packages/postgres': 'PostgreSQL',
    '/packages/redis': 'Redis',
    '/packages/emulator': 'Emulator',
    '/packages/doctor': 'Doctor',
  }),
  group(
    'API',
    Object.fromEntries(
      Object.values(packages)
        .flat()
        .map((name) => [`/api/${name.replace('/', '-')}`, `@stepgate/${name}`]),
    ),
  ),
];
