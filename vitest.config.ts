import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, which start before the others of their project. Each must exist. */
const LONGEST = [
  'packages/redis/test/sudden-death.test.ts',
  'packages/server/test/simulation/simulation.test.ts',
  'packages/server/test/simulation/every-await.test.ts',
  'packages/server/test/limits/tenant-budget.test.ts',
  'e2e/next.test.ts',
  'e2e/ways-grid.test.ts',
  'e2e/factors.test.ts',
  'e2e/no-script.test.ts',
  'e2e/navigation.test.ts',
  'e2e/push-code.test.ts',
  'e2e/site-pages.test.ts',
  'e2e/readme.test.ts',
  'e2e/oidc-bank.test.ts',
  'e2e/site.test.ts',
  'e2e/dialog-states.test.ts',
  'e2e/ways.test.ts',
  'e2e/redirect.test.ts',
  'e2e/guides.test.ts',
  'e2e/react.test.ts',
  'e2e/bench.test.ts',
  'e2e/soak.test.ts',
  'e2e/cluster.test.ts',
  'e2e/playwright.test.ts',
  'e2e/devices.test.ts',
  'e2e/openid-connect.test.ts',
  'e2e/keyboard.test.ts',
  'e2e/story.test.ts',
  'e2e/demo.test.ts',
];

const missing = LONGEST.filter((file) => !existsSync(new URL(file, import.meta.url)));
if (missing.length > 0)
  throw new Error(`vitest.config.ts: LONGEST names files that do not exist: ${missing.join(', ')}`);

/** The projects that wait for servers most: they start first, so that others work meanwhile. */
const STORES = ['redis', 'postgres', 'sqlite'];

/** Starts what takes longest first, so that no processor is idle at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set([...STORES, ...sorted.map(({ project }) => project.name)])];
    const rankOf = ({ project, moduleId }: TestSpecification): number => {
      const nth = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return projects.indexOf(project.name) + (nth === -1 ? 0.9 : nth / 100);
    };
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  test: {
    projects: ['packages/*', 'scripts', 'e2e'],
    sequence: { sequencer: LongestFirst },
  },
});
