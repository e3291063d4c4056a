// Loaded before a program that a test starts. Writes the compiled modules to the cache for the next start, since a
// program that is killed does not, and lets the test move `Date.now()` forward.
import { flushCompileCache } from 'node:module';

setTimeout(flushCompileCache, 2_000).unref();

const realNow = Date.now;
let aheadMs = 0;
Date.now = () => realNow() + aheadMs;

process.on('message', ({ skipMs }) => {
  // Programs have messages of their own, and their children load this too.
  if (skipMs === undefined) return;
  aheadMs += skipMs;
  process.send({ skipped: true });
});
process.channel?.unref();
