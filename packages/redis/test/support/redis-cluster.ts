import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { type RedisServer, startRedis } from './redis-server.ts';

/** A cluster on this machine, for tests. */
export interface RedisCluster {
  readonly primaries: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const SLOTS = 16_384;
/** How long a node must be silent before the others consider it dead. */
const NODE_TIMEOUT_MS = 500;

/** Starts a cluster whose slots are spread over `primaries` nodes, each with a replica where `replicated`. */
export async function startCluster({
  primaries: count = 3,
  replicated = false,
}: {
  readonly primaries?: number;
  readonly replicated?: boolean;
} = {}): Promise<RedisCluster> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${NODE_TIMEOUT_MS}`];
  const coverage = ['--cluster-require-full-coverage', 'no'];
  const replication = [
    '--cluster-replica-validity-factor',
    '0',
    '--repl-diskless-sync-delay',
    '0',
    '--repl-ping-replica-period',
    '1',
  ];
  const nodes = await Promise.all(
    Array.from({ length: replicated ? 2 * count : count }, () =>
      startRedis(...options, ...coverage, ...replication),
    ),
  );
  const admins = await Promise.all(nodes.map(({ url }) => createClient({ url }).connect()));

  async function all(isSo: (admin: (typeof admins)[number]) => Promise<boolean>): Promise<void> {
    for (const admin of admins) while (!(await isSo(admin))) await sleep(20);
  }

  const [first] = admins;
  const ids = await Promise.all(admins.map((admin) => admin.clusterMyId()));
  for (const [nth, admin] of admins.entries()) {
    if (nth < count) {
      const [start, end] = [nth, nth + 1].map((edge) => Math.floor((edge * SLOTS) / count)) as [
        number,
        number,
      ];
      await admin.clusterAddSlotsRange({ start, end: end - 1 });
    }
    // Nodes that have not met yet must not claim the same epoch.
    await admin.clusterSetConfigEpoch(nth + 1);
    if (nth > 0) await first?.clusterMeet('127.0.0.1', nodes[nth]?.port ?? 0);
  }
  await all(async (admin) => (await admin.clusterInfo()).includes(`cluster_known_nodes:${nodes.length}`));
  for (const [nth, admin] of admins.entries())
    if (nth >= count) await admin.clusterReplicate(ids[nth - count] ?? '');
  await all(async (admin) => (await admin.clusterInfo()).includes('cluster_state:ok'));
  await all(async (admin) => !(await admin.info('replication')).includes('master_link_status:down'));
  // Clients learn of a replica only after it has replicated something, a ping at least.
  await all(async (admin) =>
    (await admin.clusterSlots()).every(({ replicas }) => replicas.length === nodes.length / count - 1),
  );
  for (const admin of admins) admin.destroy();

  return {
    primaries: nodes.slice(0, count),
    replicas: nodes.slice(count),
    urls: nodes.map(({ url }) => url),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
    },
  };
}
