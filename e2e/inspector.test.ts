import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBrowserInspector } from '@statelyai/inspect';
import { createAuth0MfaApi, createAuth0SignIn, createStepUpActor, type FlowView } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { remoteStepUpLogic } from '@stepgate/web';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createActor, waitFor } from 'xstate';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The options of the page, as they are there. */
let inspectorOptions: Parameters<typeof createBrowserInspector>[0];

beforeAll(async () => {
  const page = readFileSync(join(root, 'docs/guides/inspector.md'), 'utf8');
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(page) ?? [];
  const folder = join(root, 'node_modules/.cache/inspector-page');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'redact.mjs'), stripTypeScriptTypes(code));
  ({ inspectorOptions } = (await import(join(folder, 'redact.mjs'))) as {
    inspectorOptions: typeof inspectorOptions;
  });
});

/** An inspector with the options of the page, and all that it sends. */
function attach() {
  const sent: string[] = [];
  const inspector = createBrowserInspector({
    ...inspectorOptions,
    window: globalThis as unknown as Window,
    autoStart: false,
    send: (event) => void sent.push(JSON.stringify(event)),
  });
  return { inspect: inspector.inspect, all: () => sent.join('\n') };
}

describe('an inspector with the options of the page', () => {
  it('sees the states of a local flow, and none of its secrets', async () => {
    const emulator = createEmulator();
    const tenant = await emulator.listen();
    onTestFinished(() => tenant.close());
    const client = { issuer: tenant.url, allowInsecureIssuer: true, clientId: 'stepgate-demo-public' };
    const signIn = createAuth0SignIn({ ...client, scope: 'transfer:funds' });
    const first = await signIn.password({ username: 'ada', password: 'correct-horse' });
    if (first.status !== 'mfa_required') throw new Error('The tenant did not ask for MFA.');
    const { inspect, all } = attach();
    const secrets = [first.mfaToken];
    const stepUp = createStepUpActor({
      way: createAuth0MfaApi(client),
      mfaToken: first.mfaToken,
      settings: { pollIntervalMs: 100 },
      random: () => 0,
      inspect,
    });
    const ended = Promise.withResolvers<void>();
    stepUp.subscribe({
      next({ view }) {
        const { barcodeUri, recoveryCodes = [] } = view.disclosure ?? {};
        if (barcodeUri !== undefined && !secrets.includes(barcodeUri)) {
          secrets.push(barcodeUri);
          emulator.phone('ada').scan(barcodeUri);
        }
        secrets.push(...recoveryCodes);
        if (view.state === 'acknowledging') stepUp.send({ type: 'codes.acknowledge' });
      },
      complete: () => ended.resolve(),
    });
    stepUp.send({ type: 'flow.start' });
    await ended.promise;
    secrets.push(stepUp.tokens()?.accessToken ?? '');

    await expect.poll(all).toContain('approved');
    expect(all()).toContain('confirming');
    expect(new Set(secrets).size).toBeGreaterThan(3);
    for (const secret of secrets) expect(all()).not.toContain(secret);
  });

  it('sees what is sent to a remote flow, and none of its secrets', async () => {
    const view = {
      version: 1,
      now: Date.now(),
      state: 'confirming',
      factors: ['push'],
      enrollable: ['push'],
      authenticators: [],
      allowedEvents: ['password.submit', 'code.submit', 'flow.cancel'],
      disclosure: { barcodeUri: 'otpauth://totp/secret-of-the-qr-code' },
    } as unknown as FlowView;
    const { inspect, all } = attach();
    const stepUp = createActor(remoteStepUpLogic, {
      input: {
        requirement: 'secret-requirement',
        basePath: 'https://bank.example/step-up',
        fetch: async () => Response.json(view, { status: 201, headers: { etag: '"1"' } }),
      },
      inspect,
    }).start();
    onTestFinished(() => void stepUp.stop());
    stepUp.send({ type: 'flow.start' });
    await waitFor(stepUp, ({ context }) => context.view.state === 'confirming');
    stepUp.send({ type: 'password.submit', password: 'secret-password' });
    stepUp.send({ type: 'code.submit', code: 'secret-code' });

    // The inspector sends when the process is idle.
    await expect.poll(all).toContain('code.submit');
    expect(all()).toContain('password.submit');
    expect(all()).toContain('confirming');
    for (const secret of ['secret-of-the-qr-code', 'secret-requirement', 'secret-password', 'secret-code']) {
      expect(all()).not.toContain(secret);
    }
  });
});
