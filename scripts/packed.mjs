// What the scripts that try the packed packages share: running programs, npm, and Node of other versions.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Runs a program and returns what it prints. When it fails, its output is shown. */
export function run(file, args, cwd) {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    console.error(error.stdout, error.stderr);
    throw new Error(`${file} ${args.join(' ')} failed in ${cwd}`);
  }
}

export function npm(args, cwd) {
  return run('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], cwd);
}

/** Packs the package in this folder into `target`, and returns the name of the tarball. */
export function pack(cwd, target) {
  return JSON.parse(run('pnpm', ['pack', '--json', '--pack-destination', target], cwd)).filename;
}

/** The newest Node of a major version, installed from npm into `folder`. */
export function installNode(major, folder) {
  const name = `node-${process.platform}-${process.arch}`;
  const place = join(folder, `node-${major}`);
  mkdirSync(place);
  npm(['install', '--no-save', '--prefix', place, `${name}@${major}`], place);
  return join(place, 'node_modules', name, 'bin', 'node');
}
