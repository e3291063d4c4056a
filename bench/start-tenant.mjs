import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a tenant in a process of its own; it ends with this one. */
export async function startTenant() {
  const child = fork(fileURLToPath(new URL('tenant.mjs', import.meta.url)));
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
    /** So many users, with phones. */
    users: (count) => ask('users', count),
    /** What polls need of as many pushes that nobody has answered. */
    challenges: (count) => ask('challenges', count),
    /** Resolves to the time at which the phone has said yes. */
    approve: (username) => ask('approve', username),
    /** How many requests it has had. */
    count: () => ask('count'),
    stop: () => child.disconnect(),
  };
}
