// Runs before anything is installed: nobody should wait for that only to hear of a port.
import { existsSync } from 'node:fs';
import { insistOnPorts } from './demo-ports.mjs';

await insistOnPorts();
// What the build makes last.
if (!existsSync(new URL('../packages/web/dist/page/stepgate-page.css', import.meta.url))) {
  console.log('Installing and building, which takes about half a minute the first time…');
}
