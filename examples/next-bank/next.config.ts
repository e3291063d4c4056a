import { fileURLToPath } from 'node:url';
import type { NextConfig } from 'next';

const root = fileURLToPath(new URL('../..', import.meta.url));

const config: NextConfig = {
  // A folder with all that the server needs, as container images have it.
  output: 'standalone',
  outputFileTracingRoot: root,
  turbopack: { root },
  poweredByHeader: false,
  // `pnpm types` checks the types of all examples.
  typescript: { ignoreBuildErrors: true },
};

export default config;
