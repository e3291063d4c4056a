/**
 * The rooms of each package: the folders of its `src/`, from the top down. A room imports only what is below it in this
 * list. `scripts/check-rooms.mjs` checks the sources against it.
 *
 * An entry of the package (a file that `exports` or `bin` in its package.json names) is above every room, unless the
 * list gives it a place. Any other file directly in `src/` is a room by itself, listed under its file name. A package
 * without folders needs no list.
 */
export const ROOMS = {
  core: ['redirect', 'auth0', 'ciba', 'runner', 'machine', 'oauth', 'provider', 'terms', 'lib'],
  doctor: [
    'command-line.ts',
    'report.ts',
    'examine.ts',
    'checks',
    'phone-answer.ts',
    'visitor.ts',
    'wire.ts',
    'finding.ts',
    'options.ts',
  ],
  emulator: [
    'command',
    'testing',
    'mounted-phone.ts',
    'listening-emulator.ts',
    'exported-types.ts',
    'emulator.ts',
    'http',
    'control-api',
    'control',
    'emulator-options.ts',
    'timeline',
    'tenant-api',
    'management',
    'login',
    'second-factor',
    'browser',
    'oauth',
    'ciba',
    'mfa-api',
    'request',
    'tokens',
    'admin',
    'mfa',
    'logs',
    'state',
    'directory',
    'settings',
    'pages',
    'desk-page',
    'phone-page',
    'keys',
    'lib',
    'page-scripts.d.ts',
  ],
  server: [
    'auth0',
    'oidc',
    'hosts',
    'gate',
    'endpoints',
    'flow',
    'guard',
    'receipts',
    'events',
    'records',
    'policy',
    'provider',
    'limits',
    'request',
    'store',
    'lib',
  ],
  web: [
    'page',
    'index.ts',
    'dialog.ts',
    'fetch',
    'dialog',
    'ui',
    'screens',
    'elements',
    'texts',
    'remote',
    'assets.d.ts',
  ],
};

/** The largest number of files in a folder of sources. */
export const MOST_FILES = 14;

/**
 * The adapters, each with its largest number of lines of code. Comments and blank lines are not counted. A package that
 * depends on `@stepgate/server` is an adapter, or it is named in {@link NO_ADAPTERS}.
 */
export const ADAPTERS = { express: 100, koa: 95, hono: 85, fastify: 98, nest: 295, next: 330, mcp: 420 };

/** What depends on `@stepgate/server` and is no adapter: the stores, and the doctor. */
export const NO_ADAPTERS = ['redis', 'sqlite', 'postgres', 'doctor'];

/**
 * The rules that a package does not follow yet: `cycles`, `rooms`, `files` or `adapter`. The check fails when a package
 * follows a rule that is listed here, so that no exception outlives its reason.
 */
export const EXCEPTIONS = {};
