// @vitest-environment happy-dom
import { createStepUpActor, type StepUpActor, stepUpLogic } from '@stepgate/core';
import * as forReact from '@xstate/react';
import * as forSvelte from '@xstate/svelte';
import * as forVue from '@xstate/vue';
import { act, createElement, type ReactElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Component } from 'svelte';
import { render } from 'svelte/server';
import { get } from 'svelte/store';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp, h, nextTick } from 'vue';
import type { ActorRefFrom } from 'xstate';
import { createFakeApi } from '../../core/test/support/fake-api.ts';
import { createRemoteStepUp, remoteStepUpLogic } from '../src/index.ts';

const local = { way: createFakeApi(), mfaToken: 'mfa-token' };
const remote = { requirement: 'ticket' };

const actors: readonly [string, () => StepUpActor][] = [
  ['local', () => createStepUpActor(local)],
  ['remote', () => createRemoteStepUp(remote)],
];

beforeAll(() => void vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true));

function createRootElement(): HTMLElement {
  const root = document.createElement('main');
  document.body.append(root);
  onTestFinished(() => root.remove());
  return root;
}

/** Shows an element in strict mode. */
async function renderReact(element: ReactElement): Promise<HTMLElement> {
  const main = createRootElement();
  const root = createRoot(main);
  await act(async () => root.render(createElement(StrictMode, null, element)));
  onTestFinished(() => act(() => root.unmount()));
  return main;
}

async function pressInReact(main: HTMLElement): Promise<void> {
  await act(async () => main.querySelector('button')?.click());
}

function Button({ state, cancel }: { readonly state: string; readonly cancel: () => void }): ReactElement {
  return createElement('button', { type: 'button', onClick: cancel }, state);
}

function Following({ stepUp }: { readonly stepUp: StepUpActor }): ReactElement {
  const state = forReact.useSelector(stepUp, ({ view }) => view.state);
  return createElement(Button, { state, cancel: () => stepUp.send({ type: 'flow.cancel' }) });
}

function RunningLocally(): ReactElement {
  const [{ context }, send] = forReact.useActor(stepUpLogic, { input: local });
  return createElement(Button, { state: context.view.state, cancel: () => send({ type: 'flow.cancel' }) });
}

function RunningRemotely(): ReactElement {
  const [{ context }, send] = forReact.useActor(remoteStepUpLogic, { input: remote });
  return createElement(Button, { state: context.view.state, cancel: () => send({ type: 'flow.cancel' }) });
}

describe('React', () => {
  it.each(actors)('follows a %s step-up by useSelector', async (_, create) => {
    const stepUp = create();
    onTestFinished(() => stepUp.stop());

    const main = await renderReact(createElement(Following, { stepUp }));
    expect(main.textContent).toBe('idle');
    await pressInReact(main);

    expect(main.textContent).toBe('cancelled');
  });

  it.each([
    ['local', RunningLocally],
    ['remote', RunningRemotely],
  ])('runs a %s step-up by useActor, in strict mode too', async (_, Running) => {
    const main = await renderReact(createElement(Running));
    expect(main.textContent).toBe('idle');
    await pressInReact(main);

    expect(main.textContent).toBe('cancelled');
  });
});

describe('Vue', () => {
  function renderVue(setup: () => () => ReturnType<typeof h>): HTMLElement {
    const main = createRootElement();
    const app = createApp({ setup });
    app.mount(main);
    onTestFinished(() => app.unmount());
    return main;
  }

  async function pressInVue(main: HTMLElement): Promise<void> {
    main.querySelector('button')?.click();
    await nextTick();
    await nextTick();
  }

  it.each(actors)('follows a %s step-up by useSelector', async (_, create) => {
    const stepUp = create();
    onTestFinished(() => stepUp.stop());
    const main = renderVue(() => {
      const state = forVue.useSelector(stepUp, ({ view }) => view.state);
      return () => h('button', { onClick: () => stepUp.send({ type: 'flow.cancel' }) }, state.value);
    });

    expect(main.textContent).toBe('idle');
    await pressInVue(main);

    expect(main.textContent).toBe('cancelled');
  });

  it('runs a local step-up by useActor', async () => {
    const main = renderVue(() => {
      const { snapshot, send } = forVue.useActor(stepUpLogic, { input: local });
      return () =>
        h('button', { onClick: () => send({ type: 'flow.cancel' }) }, snapshot.value.context.view.state);
    });

    expect(main.textContent).toBe('idle');
    await pressInVue(main);

    expect(main.textContent).toBe('cancelled');
  });

  it('runs a remote step-up by useActor', async () => {
    const main = renderVue(() => {
      const { snapshot, send } = forVue.useActor(remoteStepUpLogic, { input: remote });
      return () =>
        h('button', { onClick: () => send({ type: 'flow.cancel' }) }, snapshot.value.context.view.state);
    });

    expect(main.textContent).toBe('idle');
    await pressInVue(main);

    expect(main.textContent).toBe('cancelled');
  });
});

describe('Svelte', () => {
  it.each(actors)('follows a %s step-up by useSelector', async (_, create) => {
    const stepUp = create();
    onTestFinished(() => stepUp.stop());
    const state = forSvelte.useSelector(stepUp, ({ view }) => view.state);
    const seen: string[] = [];
    onTestFinished(state.subscribe((name) => seen.push(name)));

    stepUp.send({ type: 'flow.cancel' });
    await expect.poll(() => get(state)).toBe('cancelled');

    expect(seen).toEqual(['idle', 'cancelled']);
  });

  /** Runs a component as a server does to render its HTML, and destroys it. */
  function runSvelte(script: () => void): void {
    const component = (renderer: { component(script: () => void): void }): void => renderer.component(script);
    expect(render(component as unknown as Component).body).not.toContain('error');
  }

  it('runs a local step-up by useActor, and stops it with the component', () => {
    const seen: string[] = [];
    let stepUp: ActorRefFrom<typeof stepUpLogic> | undefined;
    runSvelte(() => {
      const { actorRef, snapshot, send } = forSvelte.useActor(stepUpLogic, { input: local });
      stepUp = actorRef;
      snapshot.subscribe(({ context }) => seen.push(context.view.state));
      send({ type: 'flow.start' });
    });

    expect(seen).toEqual(['idle', 'authenticating']);
    expect(stepUp?.getSnapshot().status).toBe('stopped');
  });

  it('runs a remote step-up by useActor', () => {
    const seen: string[] = [];
    runSvelte(() => {
      const { snapshot, send } = forSvelte.useActor(remoteStepUpLogic, { input: remote });
      snapshot.subscribe(({ context }) => seen.push(context.view.state));
      send({ type: 'flow.cancel' });
    });

    expect(new Set(seen)).toEqual(new Set(['idle', 'cancelled']));
  });
});
