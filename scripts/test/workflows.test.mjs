import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const textOf = (file) => readFileSync(new URL(file, root), 'utf8');
const { parse } = createRequire(new URL('packages/emulator/package.json', root))('yaml');

const FOLDER = '.github/workflows/';
const FILES = readdirSync(new URL(FOLDER, root));
/** The members that GitHub takes, as far as these workflows have them. */
const WORKFLOW = ['name', 'on', 'permissions', 'concurrency', 'jobs'];
const JOB = [
  'if',
  'needs',
  'runs-on',
  'timeout-minutes',
  'environment',
  'permissions',
  'env',
  'steps',
  'strategy',
];
const STEP = ['name', 'id', 'if', 'uses', 'with', 'run', 'env'];

const unknown = (object, known) => Object.keys(object).filter((name) => !known.includes(name));

describe.each(FILES)('the workflow %s', (file) => {
  const text = textOf(FOLDER + file);
  const workflow = parse(text);
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it('has only members that GitHub knows, and each job its time limit', () => {
    expect(unknown(workflow, WORKFLOW)).toEqual([]);
    for (const [name, job] of jobs) {
      expect(unknown(job, JOB), name).toEqual([]);
      expect(job['runs-on'], name).toBe('ubuntu-latest');
      expect(job['timeout-minutes'], name).toBeGreaterThan(0);
      if (job.needs !== undefined) expect(Object.keys(workflow.jobs), name).toContain(job.needs);
    }
    for (const step of steps) {
      expect(unknown(step, STEP)).toEqual([]);
      expect([step.uses, step.run].filter((each) => each !== undefined)).toHaveLength(1);
    }
  });

  it('gives its jobs no more rights than reading, unless they say so', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  it('pins each action to a commit, with its version beside it', () => {
    const used = [...text.matchAll(/uses: (.*)$/gm)].map(([, use]) => use);
    expect(used.length).toBeGreaterThan(0);
    for (const use of used) expect(use).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('runs scripts that exist', () => {
    const { scripts, packageManager } = JSON.parse(textOf('package.json'));
    const runs = steps.flatMap(({ run }) => run ?? []);
    for (const run of runs) {
      for (const [, script] of run.matchAll(/(?:pnpm@\S+|npm) run ([\w:-]+)/g))
        expect(scripts).toHaveProperty([script]);
      for (const [, version] of run.matchAll(/\b(pnpm@\S+)/g)) expect(version).toBe(packageManager);
      for (const [, path] of run.matchAll(/^(\.ci\/\w+)/g))
        expect(existsSync(new URL(path, root))).toBe(true);
    }
  });

  it('installs every program that all tests need', () => {
    const programs = [...textOf('scripts/ensure-system.mjs').matchAll(/debianPackage: '([\w-]+)'/g)];
    expect(programs.length).toBeGreaterThan(2);
    for (const { steps: own } of Object.values(workflow.jobs)) {
      if (!own.some(({ run }) => run === '.ci/run')) continue;
      const install = own.find(({ run }) => run?.includes('apt-get'))?.run ?? '';
      for (const [, program] of programs) expect(install.split(/\s+/)).toContain(program);
    }
  });
});
