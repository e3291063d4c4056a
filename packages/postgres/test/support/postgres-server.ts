import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from 'suites/ports.ts';

/** A PostgreSQL server for tests. */
export interface PostgresServer {
  readonly port: number;
  readonly url: string;
  /** Where its files are; a copy of them is another server. */
  readonly folder: string;
  /** Starts it again on the same port, with what it had committed. */
  start(): Promise<void>;
  /** SIGKILL for the server and all of its processes. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const FOUND = new URL('../../../../node_modules/.cache/system.json', import.meta.url);

/** The program that scripts/ensure-system.mjs has found, if any. */
export function postgresProgram(): string | undefined {
  if (!existsSync(FOUND)) return undefined;
  const { postgres } = JSON.parse(readFileSync(FOUND, 'utf8')) as { postgres?: string };
  return postgres !== undefined && existsSync(postgres) ? postgres : undefined;
}

/** One of the programs that come with the server. */
function programOf(name: 'postgres' | 'initdb' | 'pg_basebackup'): string {
  const postgres = postgresProgram();
  if (postgres === undefined) throw new Error('there is no postgres: run `node scripts/ensure-system.mjs`');
  return join(dirname(realpathSync(postgres)), name);
}

/** PostgreSQL refuses to run as root, as tests in a container often do. */
const account = ((): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' })),
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
})();

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-postgres-'));
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? 0);
  return folder;
}

/** Makes the files of a server that has never run, for {@link startPostgres} to copy. */
export async function createTemplate(): Promise<string> {
  const folder = await newFolder();
  const options = [
    '--no-sync',
    '--auth=trust',
    '--username=stepgate',
    '--encoding=UTF8',
    '--no-locale',
    '--wal-segsize=1',
  ];
  await run(programOf('initdb'), ['-D', folder, ...options], { ...account, cwd: folder });
  return folder;
}

/** Starts a server on a free port of this machine, with a copy of the files in `template`. */
export async function startPostgres(
  template: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const folder = await newFolder();
  await run('cp', ['-a', `${template}/.`, folder]);
  return startIn(folder, settings);
}

/** Starts a replica, which the primary waits for with each write. */
export async function startReplica(primary: PostgresServer): Promise<PostgresServer> {
  const folder = await newFolder();
  const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'stepgate'];
  const how = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync', '--wal-method=stream'];
  await run(programOf('pg_basebackup'), ['-D', folder, ...from, ...how], { ...account, cwd: folder });
  return startIn(folder, {});
}

async function startIn(folder: string, settings: Readonly<Record<string, string>>): Promise<PostgresServer> {
  const port = await freePort();
  // The machine does not crash with the server, so `fsync` changes nothing for the tests.
  const quick = { fsync: 'off', shared_buffers: '16MB', autovacuum: 'off' };
  const all = { ...quick, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    // Processes of a server that was killed may still be about to notice it.
    for (let attempt = 0; ; attempt += 1) {
      child = spawn(programOf('postgres'), ['-D', folder, '-p', `${port}`, ...options], {
        ...account,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const log = await isReady(child);
      if (log === undefined) return;
      if (attempt === 50 || !/pre-existing|lock file/.test(log))
        throw new Error(`postgres does not start\n${log}`);
      await sleep(50);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  await start();
  return {
    port,
    url: `postgres://stepgate@127.0.0.1:${port}/postgres`,
    folder,
    start,
    async crash() {
      const pid = child?.pid;
      const children = pid === undefined ? [] : childrenOf(pid);
      await end('SIGKILL');
      for (const one of children) {
        try {
          process.kill(one, 'SIGKILL');
        } catch {
          // It went with its parent.
        }
      }
    },
    async stop() {
      await end('SIGQUIT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): readonly number[] {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return list
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child = 0]) => child);
}

/** Resolves to the log of a server that does not start. */
function isReady(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('error', reject);
    child.once('exit', () => resolve(log));
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (/ready to accept/.test(log)) resolve(undefined);
    });
  });
}
