import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/browser.ts';

describe('the browser entry', () => {
  it('imports no module of Node', async () => {
    // For the platform `browser` esbuild fails at a module of Node that it cannot find.
    const { metafile, outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('../src/browser.ts', import.meta.url))],
      platform: 'browser',
      format: 'esm',
      bundle: true,
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    expect(imports).toEqual([]);
    expect(outputFiles[0]?.text).not.toMatch(/\bBuffer\.|(?<!\.)\bprocess\.|\brequire\(/);
  });

  it('reads a body in browsers whose requests cannot stream one, such as Firefox', async () => {
    const emulator = createEmulator();
    const request = (body: string): Request => {
      const made = new Request('http://127.0.0.1:4400/_emulator/users', { method: 'POST', body });
      Object.defineProperty(made, 'body', { value: undefined });
      return made;
    };
    const added = await emulator.handle(request('{"username":"grace","password":"hopper-1906"}'));
    expect(await added.json()).toMatchObject({ username: 'grace' });
    expect(await emulator.handle(request('x'.repeat(70_000)))).toMatchObject({ status: 413 });
  });
});
