// Opens event streams to a server on this machine, tells its parent when the first bytes of all have come, and keeps them
// open until the parent leaves.
import { Agent, get } from 'node:http';

const agent = new Agent({ keepAlive: false });

function open(port, { path, headers }) {
  return new Promise((resolve) => {
    get(
      { host: '127.0.0.1', port, path, agent, headers: { ...headers, accept: 'text/event-stream' } },
      (response) => response.on('data', resolve),
    ).on('error', () => {});
  });
}

process.on('message', async ({ port, requests }) => {
  for (const request of requests) await open(port, request);
  process.send({ opened: requests.length });
});
process.once('disconnect', () => process.exit());
