// Starts the demo as a package manager does: a signal to this program alone reaches nothing else.
import { spawn } from 'node:child_process';

spawn(process.execPath, ['scripts/demo.mjs'], { stdio: 'inherit' });
