import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { FlowView, StepUpRequest } from '@stepgate/core';
import type { BrowserContext, Page, Request, Route } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** The address of the app. Nothing listens there. */
const ORIGIN = 'https://app.example';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** A view in a script. The version and the time are added to it. */
export type ScriptedView = Partial<FlowView> & Pick<FlowView, 'state'>;

/**
 * An app with a scripted server: the test decides when each view of a flow is shown, and everything in the browser is
 * real. For states that a tenant reaches rarely or slowly.
 */
export interface ScriptedApp {
  /** Changes the flow to this view. Resolves when the browser asks for the one after it. */
  show(view: ScriptedView): Promise<void>;
  /** Refuses starts with this answer until a view is shown. */
  refuseStarts(code: string): void;
  /** Lets the guarded call through from now on. */
  approve(): void;
  /** The events that were sent to the flow. */
  readonly requests: readonly (StepUpRequest | { readonly type: 'flow.start' })[];
  /** How often the guarded route was called. */
  calls(): number;
  /** How often the browser asked for a newer view. */
  reads(): number;
  /** Whether the browser has a network. */
  setOffline(isOffline: boolean): Promise<void>;
  goTo(page: Page, path?: string): Promise<void>;
}

/** Makes the page believe that its tab is hidden or shown, since a headless browser hides none. */
export function setHidden(page: Page, isHidden: boolean): Promise<void> {
  return page.evaluate((hidden) => {
    Object.defineProperties(document, {
      hidden: { configurable: true, value: hidden },
      visibilityState: { configurable: true, value: hidden ? 'hidden' : 'visible' },
    });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, isHidden);
}

/**
 * Answers every request of the context's pages to the app. `files` are its files by path, and `guarded` is the path of the
 * call that needs an approval.
 */
export async function createScriptedApp(
  context: BrowserContext,
  options: {
    readonly files: Readonly<Record<string, string | URL>>;
    readonly json?: Readonly<Record<string, unknown>>;
    readonly guarded: string;
    readonly action?: { readonly title: string; readonly details?: string };
  },
): Promise<ScriptedApp> {
  let view: FlowView | undefined;
  let refusal = 'flow_not_found';
  let isApproved = false;
  let calls = 0;
  let reads = 0;
  let isOffline = false;
  const requests: (StepUpRequest | { type: 'flow.start' })[] = [];
  const waiting = new Set<() => void>();
  let asked = Promise.withResolvers<void>();
  onTestFinished(() => {
    for (const answer of waiting) answer();
  });

  const refuse = (route: Route, code: string, status = 404): Promise<void> =>
    route.fulfill({ status, json: { error: code, error_description: code } });
  const tell = (route: Route): Promise<void> =>
    view === undefined
      ? refuse(route, refusal)
      : route.fulfill({ headers: { etag: `"${view.version}"` }, json: { ...view, now: Date.now() } });

  function complete(next: ScriptedView): FlowView {
    return {
      factors: ['push', 'otp'],
      enrollable: [],
      authenticators: [],
      allowedEvents: next.state === 'approved' || next.state === 'cancelled' ? [] : ['flow.cancel'],
      ...next,
      version: (view?.version ?? 0) + 1,
      now: Date.now(),
    };
  }

  /** A long poll, answered when there is a newer view than the browser's. */
  async function read(route: Route, request: Request): Promise<void> {
    reads += 1;
    const known = request.headers()['if-none-match'];
    if (view !== undefined && known === `"${view.version}"`) {
      asked.resolve();
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
      });
    }
    // The page may have closed or given up meanwhile.
    await tell(route).catch(() => {});
  }

  function guarded(route: Route): Promise<void> {
    calls += 1;
    if (isApproved) return route.fulfill({ json: {} });
    return route.fulfill({
      status: 401,
      json: {
        error: 'insufficient_user_authentication',
        max_age: 0,
        factors: ['push', 'otp'],
        step_up: { start: '/step-up/flow', requirement: 'a ticket' },
        ...(options.action && { action: options.action }),
      },
    });
  }

  async function answer(route: Route): Promise<void> {
    // Requests that are answered here never reach the network.
    if (isOffline) return route.abort('internetdisconnected');
    const request = route.request();
    const { pathname } = new URL(request.url());
    switch (`${request.method()} ${pathname}`) {
      case 'POST /step-up/flow':
        requests.push({ type: 'flow.start' });
        if (view?.state === 'cancelled') view = complete({ state: 'authenticating' });
        return view === undefined ? refuse(route, refusal, 409) : tell(route);
      case 'GET /step-up/flow':
        return read(route, request);
      case 'DELETE /step-up/flow':
        requests.push({ type: 'flow.cancel' });
        view = complete({ state: 'cancelled' });
        return tell(route);
      case 'POST /step-up/flow/events':
        requests.push(request.postDataJSON() as StepUpRequest);
        return tell(route);
      default:
        return file(route, pathname);
    }
  }

  function file(route: Route, pathname: string): Promise<void> {
    if (pathname === options.guarded) return guarded(route);
    const json = options.json?.[pathname];
    if (json !== undefined) return route.fulfill({ json });
    const content = options.files[pathname];
    if (content === undefined) return route.fulfill({ status: 404, body: '' });
    const contentType = TYPES[extname(pathname) || '.html'] ?? 'text/plain';
    return route.fulfill({
      contentType,
      body: typeof content === 'string' ? content : readFileSync(content, 'utf8'),
    });
  }

  await context.route(`${ORIGIN}/**`, answer);

  return {
    requests,
    show(next) {
      view = complete(next);
      asked = Promise.withResolvers();
      for (const resolve of waiting) resolve();
      waiting.clear();
      return asked.promise;
    },
    refuseStarts(code) {
      view = undefined;
      refusal = code;
    },
    approve() {
      isApproved = true;
    },
    calls: () => calls,
    reads: () => reads,
    async setOffline(next) {
      isOffline = next;
      await context.setOffline(next);
    },
    goTo: async (page, path = '/') => {
      await page.goto(ORIGIN + path);
    },
  };
}
