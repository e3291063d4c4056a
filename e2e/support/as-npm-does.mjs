// Starts the demo as a package manager does: a signal to this program alone does not reach the demo.
import { spawn } from 'node:child_process';

spawn(process.execPath, ['scripts/demo.mjs'], { stdio: 'inherit' });
