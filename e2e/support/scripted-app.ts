import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { FlowView, StepUpRequest } from '@stepgate/core';
import type { BrowserContext, Page, Request, Route } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Where the app is; nothing listens there. */
const ORIGIN = 'https://app.example';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** A view as a script tells it: the version and the time come by themselves. */
export type ScriptedView = Partial<FlowView> & Pick<FlowView, 'state'>;

/**
 * An app whose server is a script: each view of a flow is shown when the test says so, and everything in the browser
 * is real. For states that a tenant brings about rarely, or slowly.
 */
export interface ScriptedApp {
  /** What the flow is like from now on; resolves when the browser asks for what comes after it. */
  show(view: ScriptedView): Promise<void>;
  /** The next starts are refused so, until a view is shown. */
  refuseStarts(code: string): void;
  /** The guarded call goes through from now on. */
  approve(): void;
  /** What the flow was asked for. */
  readonly requests: readonly (StepUpRequest | { readonly type: 'flow.start' })[];
  /** How often the guarded route was called. */
  calls(): number;
  /** How often it was asked for news. */
  reads(): number;
  /** Whether the browser has a network. */
  setOffline(isOffline: boolean): Promise<void>;
  goTo(page: Page, path?: string): Promise<void>;
}

/** Has the page believe that its tab was hidden, or is shown again: a browser without a screen hides none. */
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
 * Answers everything that the context's pages ask of the app. `files` are its own, by path; `guarded` is the path of
 * the call that needs an approval.
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

  /** A long-poll: answered when there is another view than the one that the browser knows. */
  async function read(route: Route, request: Request): Promise<void> {
    reads += 1;
    const known = request.headers()['if-none-match'];
    if (view !== undefined && known === `"${view.version}"`) {
      asked.resolve();
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
      });
    }
    // The page may be gone, or have given up meanwhile.
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
    // What is answered here never gets as far as the network.
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
