// Publishes the packages: `pnpm release`, which the workflow "Release" runs. `pnpm release --dry-run` publishes nothing. It
// proves what publishing needs: the next versions and their changelogs, packages with provenance, and tarballs that
// install and work. (tasks.mjs has built the packages and the site before.)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const changesets = join(root, 'node_modules/@changesets/cli/bin.js');
const names = readdirSync(join(root, 'packages'));
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;

const readManifest = (folder, name) =>
  JSON.parse(readFileSync(join(folder, 'packages', name, 'package.json'), 'utf8'));
const git = (...args) => execFileSync('git', args, { cwd: root, stdio: 'pipe' });

/** Runs `changeset version` in a copy of the last commit. Returns the versions and the changelogs that it makes. */
function nextVersions() {
  const copy = mkdtempSync(join(tmpdir(), 'stepgate-release-'));
  git('worktree', 'add', '--force', '--detach', copy, 'HEAD');
  try {
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    execFileSync(process.execPath, [changesets, 'version'], { cwd: copy, stdio: 'pipe' });
    return names.map((name) => {
      const { version } = readManifest(copy, name);
      const changelog = readFileSync(join(copy, 'packages', name, 'CHANGELOG.md'), 'utf8');
      const [, latest = ''] = changelog.split(/^## .*$/m);
      return { name, version, latest };
    });
  } finally {
    git('worktree', 'remove', '--force', copy);
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What keeps a package from being published with provenance. */
function faultsOf(name) {
  const { publishConfig, license, private: isPrivate } = readManifest(root, name);
  return [
    isPrivate === true && 'it is private',
    publishConfig?.access !== 'public' && 'publishConfig.access must be "public"',
    publishConfig?.provenance !== true && 'publishConfig.provenance must be true',
    license !== 'MIT' && 'it names no license',
  ]
    .filter(Boolean)
    .map((fault) => `@stepgate/${name}: ${fault}`);
}

function rehearse() {
  const workflow = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
  const faults = [
    ...names.flatMap(faultsOf),
    ...(workflow.includes('id-token: write')
      ? []
      : ['release.yml: the publishing job needs id-token: write']),
  ];
  const next = nextVersions();
  const versions = new Set(next.map(({ version }) => version));
  if (versions.size !== 1)
    faults.push(`the packages would get different versions: ${[...versions].join(', ')}`);
  for (const { name, version, latest } of next) {
    const lines = [...latest.matchAll(/^- (?!Updated dependencies)(?:[0-9a-f]{7,}: )?(.*)$/gm)].map(
      ([, line]) => line,
    );
    console.log(`\n@stepgate/${name} ${version}`);
    for (const line of lines) console.log(`  - ${line}`);
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
  console.log(`\nprovenance: asked for by all ${names.length} packages`);
  execFileSync(process.execPath, [join(root, 'scripts/check-packages.mjs')], { cwd: root, stdio: 'inherit' });
  console.log('Nothing was published.');
}

/** npm compares the repository in each package with the one that the provenance names. */
function nameRepository() {
  if (server === undefined || repository === undefined) {
    throw new Error('Publish from the workflow "Release". To try it here: pnpm release --dry-run');
  }
  for (const name of names) {
    const url = `git+${server}/${repository}.git`;
    const manifest = {
      ...readManifest(root, name),
      repository: { type: 'git', url, directory: `packages/${name}` },
    };
    writeFileSync(join(root, 'packages', name, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

if (process.argv.includes('--dry-run')) rehearse();
else {
  nameRepository();
  execFileSync(process.execPath, [changesets, 'publish'], { cwd: root, stdio: 'inherit' });
}
