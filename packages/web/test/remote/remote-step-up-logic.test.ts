import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { type Connection, type RemoteStepUpEvent, remoteStepUpLogic } from '../../src/index.ts';
import { startScriptedServer } from '../support/scripted-server.ts';
import { pollingView, viewOf } from '../support/views.ts';

const remote = { requirement: 'ticket' };

describe('a remote step-up as actor logic', () => {
  it('takes requests, and the methods of a remote step-up as events', () => {
    const stepUp = createActor(remoteStepUpLogic, { input: remote });

    expectTypeOf<Parameters<typeof stepUp.send>[0]>().toEqualTypeOf<RemoteStepUpEvent>();
    expectTypeOf(stepUp.getSnapshot().context.connection).toEqualTypeOf<Connection | undefined>();
    // @ts-expect-error -- no such request
    expect(() => stepUp.send({ type: 'flow.begin' })).not.toThrow();
    // @ts-expect-error -- a code is missing
    expect(() => stepUp.send({ type: 'code.submit' })).not.toThrow();
  });

  it('joins the flow of this browser and follows it to its end', async () => {
    const server = await startScriptedServer();
    server.view = pollingView();
    const stepUp = createActor(remoteStepUpLogic, { input: { ...remote, basePath: server.basePath } });
    onTestFinished(() => void stepUp.stop());
    stepUp.start();

    stepUp.send({ type: 'flow.join' });
    await waitFor(stepUp, ({ context: { view } }) => view.state === 'polling');
    expect(server.count('POST /flow')).toBe(0);
    server.tell(viewOf('approved', { version: 2 }));
    const { output } = await waitFor(stepUp, ({ status }) => status === 'done');

    expect(output?.state).toBe('approved');
  });

  it('closes its connections when it is stopped', async () => {
    const server = await startScriptedServer();
    const stepUp = createActor(remoteStepUpLogic, {
      input: { ...remote, basePath: server.basePath },
    }).start();
    stepUp.send({ type: 'flow.start' });
    const stream = await server.request('GET /flow');

    stepUp.stop();

    await stream.closed;
    expect(stepUp.getSnapshot().status).toBe('stopped');
  });

  it('emits how the flow has ended', async () => {
    const stepUp = createActor(remoteStepUpLogic, { input: remote }).start();
    const emitted = new Promise((resolve) => stepUp.on('*', resolve));

    stepUp.send({ type: 'flow.cancel' });

    expect(await emitted).toEqual({ type: 'flow.cancelled' });
  });

  it('does not pull in XState', async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(new URL('../../src/index.ts', import.meta.url))],
      bundle: true,
      format: 'esm',
      write: false,
      metafile: true,
    });

    const modules = Object.keys(metafile.inputs);
    expect(modules.join('\n')).toContain('actor-logic');
    expect(modules.filter((path) => /node_modules\/(xstate|ky)\//.test(path))).toEqual([]);
  });
});
