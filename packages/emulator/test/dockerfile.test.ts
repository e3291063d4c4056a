import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../src/command/arguments.ts';
import { createEmulator } from '../src/index.ts';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
};

/** The instructions of the Dockerfile, by their name. */
const instructions = new Map(
  read('Dockerfile')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
);

const listIn = (text = ''): string[] => JSON.parse(/\[.*\]/.exec(text)?.[0] ?? '[]') as string[];

describe('the Dockerfile', () => {
  it('runs a Node version that the package supports', () => {
    const [, major] = /^node:(\d+)-alpine$/.exec(instructions.get('FROM') ?? '') ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(Number(/\d+/.exec(manifest.engines.node)?.[0]));
  });

  it('installs this package, and starts its command with existing options', () => {
    expect(instructions.get('RUN')).toContain(`npm install --global "${manifest.name}@`);
    const [command = '', ...options] = listIn(instructions.get('ENTRYPOINT'));
    expect(manifest.bin).toHaveProperty(command);
    expect(parseCommandLine(options)).toMatchObject({
      host: '0.0.0.0',
      port: Number(instructions.get('EXPOSE')),
    });
  });

  it('checks an address that the tenant serves, with a program of its image', async () => {
    const [program, ...options] = listIn(instructions.get('HEALTHCHECK'));
    expect(program).toBe('wget');
    const answer = await createEmulator().handle(new Request(options.at(-1) ?? '', { method: 'HEAD' }));
    expect(answer.status).toBe(200);
  });

  it('does not run as root', () => {
    expect(instructions.get('USER')).toBe('node');
  });
});
