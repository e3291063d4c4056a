import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a tenant in another process, which ends with this one. `isLimited`: it limits exchanges, as Auth0 does. */
export async function startTenant({ isLimited = false, notificationEndpoint } = {}) {
  const child = fork(fileURLToPath(new URL('tenant.mjs', import.meta.url)), isLimited ? ['limited'] : [], {
    env: { ...process.env, ...(notificationEndpoint !== undefined && { PING: notificationEndpoint }) },
  });
  const [{ url }] = await once(child, 'message');
  const waiting = new Map();
  let last = 0;
  child.on('message', ({ id, answer }) => {
    waiting.get(id)(answer);
    waiting.delete(id);
  });

  function ask(what, about) {
    last += 1;
    child.send({ id: last, ask: what, about });
    return new Promise((resolve) => waiting.set(last, resolve));
  }

  return {
    url,
    /** Adds this number of users with phones. */
    users: (count) => ask('users', count),
    /** Sends this number of pushes to the users in turn, and returns what polls of them need. */
    challenges: (count) => ask('challenges', count),
    /** Approves on a user's phone. Resolves to the time of the approval. */
    approve: (username) => ask('approve', username),
    /** How many requests the tenant has received. */
    count: () => ask('count'),
    /** How many requests the tenant has refused with 429. */
    refusals: () => ask('refusals'),
    stop: () => child.disconnect(),
  };
}
