const build = ['pnpm', '--silent', 'run', 'build'];
const findPrograms = ['node', 'scripts/ensure-system.mjs'];
const vitest = (...projects) => ['vitest', 'run', ...projects.map((name) => `--project=${name}`)];

const site = (script) => ['pnpm', '--silent', '--filter', 'site', 'run', script];
const buildSite = [site('api'), site('build'), ['node', 'site/scripts/check-site.mjs']];

/** The tests that try inputs at random. */
const FUZZ_TESTS = [
  'packages/server/test/endpoints/hostile-input.test.ts',
  'packages/server/test/records/hostile-store.test.ts',
  'packages/server/test/flow/any-order.test.ts',
  'packages/server/test/provider/id-token-check.test.ts',
  'packages/express/test/hostile-requests.test.ts',
];

/** The unit tests that take longest, which only `npm test` runs. */
const LONG_TESTS = [
  'test/cli.test.ts',
  'test/limits/tenant-budget.test.ts',
  'test/machine/every-path.test.ts',
  'test/sdk/**',
  'test/simulation/**',
];

/**
 * The tasks of `scripts/run.mjs`, each with its steps in order. Further arguments of a task go to its last step.
 *
 * @type {Readonly<Record<string, { steps: string[][], env?: Record<string, string> }>>}
 */
export const TASKS = {
  demo: { steps: [build, ['node', 'scripts/demo.mjs']] },
  test: { steps: [build, ...buildSite, findPrograms, vitest()] },
  'test:unit': {
    steps: [
      build,
      [
        ...vitest('scripts', 'core', 'web', 'emulator', 'server'),
        ...LONG_TESTS.map((glob) => `--exclude=${glob}`),
      ],
    ],
  },
  check: { steps: [build, ...['lint', 'types', 'packages'].map((script) => ['pnpm', 'run', script])] },
  bench: { steps: [build, ['pnpm', '--silent', '--filter', 'bench', 'run']] },
  soak: { steps: [build, findPrograms, ['node', 'soak/main.ts']] },
  fuzz: {
    steps: [build, [...vitest('server', 'express'), '--testTimeout=7200000', ...FUZZ_TESTS]],
    env: { FUZZ_CASES: '10000' },
  },
  simulate: {
    steps: [build, ['node', 'packages/server/test/simulation/main.ts']],
  },
  'simulate:without': { steps: [build, ['node', 'scripts/simulate-without.mjs']] },
  tarballs: {
    steps: [
      build,
      ['pnpm', '--silent', '-r', '--filter', './packages/*', 'pack', '--pack-destination', 'tarballs'],
    ],
  },
  site: { steps: [build, site('api'), site('dev')] },
  'site:build': { steps: [build, ...buildSite] },
  release: { steps: [build, ...buildSite, ['node', 'scripts/release.mjs']] },
  mutate: { steps: [build, ['node', 'scripts/mutate.mjs']] },
  live: { steps: [build, ['node', 'packages/doctor/live/main.ts']] },
};
