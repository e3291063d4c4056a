import { expect, it } from 'vitest';
import { redisProgram } from '../packages/redis/test/support/redis-server.ts';
import { startProgram } from './support/program.ts';

it.skipIf(redisProgram() === undefined)(
  'ends every flow of a short soak as its phone decided, whatever fails meanwhile',
  async () => {
    const soak = startProgram('soak/main.ts', {}, ['--minutes', '0.15', '--users', '8', '--seed', '1']);
    const code = await soak.ended;
    expect(soak.stderr).toBe('');
    expect(soak.stdout).toContain('Broken invariants: none');
    expect(soak.stdout).toContain('| process of the app: SIGKILL |');
    expect(code).toBe(0);
  },
);
