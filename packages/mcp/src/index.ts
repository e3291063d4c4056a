import {
  type AuthInfo,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { FlowView } from '@stepgate/core';
import {
  createGate as createHostGate,
  errorResponse,
  type Gate,
  type GateOptions,
  type HostRequest,
  type Identity,
  isStepUpError,
  type Policy,
  type StepUp,
  StepUpError,
} from '@stepgate/server';
import { hold } from './hold.ts';
import {
  CALL_AGAIN,
  endWords,
  notRun,
  ON_PAGE,
  PAGE_DECLINED,
  refusalWords,
  SIGN_IN_AGAIN,
} from './results.ts';
import { handleOf, hostRequestOf, type ToolCall } from './tool-call.ts';

export * from '@stepgate/server';
export type { ToolCall } from './tool-call.ts';

/** The options of a gate that concern browsers. */
type ForBrowsers =
  | 'allowedOrigins'
  | 'basePath'
  | 'checkOrigin'
  | 'insecureCookie'
  | 'language'
  | 'loginUrl'
  | 'mode'
  | 'pushCode'
  | 'texts';

/** Options of {@link createGate}. `identify` tells who calls, by the call's `authInfo`. */
export interface McpGateOptions extends Omit<GateOptions<ToolCall>, ForBrowsers> {
  /**
   * How long a call is held while the phone is waited for, in milliseconds; default 20,000. Afterwards the client calls
   * again by itself if it can, or the agent is told to. Clients give up on a request after 60 seconds, by default.
   */
  readonly holdMs?: number;
  /**
   * A page of your app where the user gets on when the phone alone is not enough: where they sign in and add a phone,
   * for example. Clients that can open it for the user (URL elicitation) are asked to.
   */
  readonly pageUrl?: string | ((call: ToolCall) => string | undefined);
  /**
   * The address of Stepgate's own page, `https://bank.example/step-up`: of another gate of your app that shares the
   * provider's settings, the `secret` and the `store`. A tool whose policy has `allowOtherLogin` then leads the user
   * there when the phone alone is not enough, and always if there is no `firstLeg` and no CIBA.
   */
  readonly stepUpUrl?: string;
}

/** A policy, or a function of the tool's arguments that gives one. Only `false` means no step-up. */
export type ToolPolicy<A> = Policy<ToolCall> | ((args: A) => Policy<ToolCall> | false);

/** The callback of `registerTool`. */
type ToolCallback<A> = (args: A, context: ServerContext) => Promise<CallToolResult | InputRequiredResult>;

/** Step-up for tools of an MCP server. */
export interface McpGate extends Pick<Gate<ToolCall>, 'revokeSubject' | 'close'> {
  /**
   * Guards a tool. The approval is for this very call: it is bound to the tool and to all of its arguments, unless the
   * policy's action binds something else, or the policy takes the claims of a token (`evidence`).
   *
   * A wrong policy is a TypeError at the first call.
   *
   * @example
   * const transfer = gate.tool('transfer', ({ to, amount }: Transfer) => ({
   *   maxAge: 0,
   *   action: { id: 'transfer', title: `Transfer ${amount} EUR to ${to}` },
   * }), async ({ to, amount }) => send(to, amount));
   * server.registerTool('transfer', { inputSchema }, transfer);
   */
  tool<A>(
    name: string,
    policy: ToolPolicy<A>,
    handler: (
      args: A,
      context: ServerContext,
      stepUp: StepUp | undefined,
    ) => CallToolResult | Promise<CallToolResult>,
  ): ToolCallback<A>;
  /**
   * Over HTTP, for tools whose policy takes claims of a token (`evidence`): the 401 of RFC 9470, with which the client
   * gets a token of a fresh login; `undefined` when the request may go on. Call it in front of the handler of MCP, with
   * the token that was verified. It reads a copy of the body.
   *
   * @example
   * const refused = await gate.challenge(request, authInfo);
   * return refused ?? handler.fetch(request, { authInfo });
   */
  challenge(request: Request, authInfo: AuthInfo | undefined): Promise<Response | undefined>;
}

const HOLD_MS = 20_000;

/**
 * Makes a gate for the tools of an MCP server.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate(options: McpGateOptions): McpGate {
  const { holdMs = HOLD_MS, pageUrl, stepUpUrl, ...gateOptions } = options;
  if (!Number.isFinite(holdMs) || holdMs <= 0) throw new TypeError('holdMs: must be milliseconds, above 0');
  assertPage(stepUpUrl);
  const asksPhone =
    options.firstLeg !== undefined || options.provider.ways.some(({ can }) => can.firstLeg === 'none');
  const gate = createHostGate<ToolCall>({
    ...gateOptions,
    // Every flow then runs on the page.
    ...(!asksPhone && stepUpUrl !== undefined && { firstLeg: { custom: noFirstLeg } }),
    // Nobody can type a code here. Over CIBA both screens show it.
    pushCode: 'compared',
  });
  // Nothing is served, and nobody is sent to the page.
  gate.mounted();
  const clock = options.testing?.clock ?? globalThis;
  const secret = [options.secret].flat()[0] ?? '';
  const policies = new Map<string, ToolPolicy<never>>();

  async function decide(call: ToolCall, policy: ToolPolicy<never>, context: ServerContext): Promise<Outcome> {
    // What goes wrong here, the gate meets too, and reports.
    const identity = await askWho(call).catch(() => undefined);
    const handle = identity && handleOf(secret, identity, call);
    const request = hostRequestOf(call, { handle, signal: context.mcpReq.signal });
    const asked = (): Asked => bound(policy, call);
    const first = await gate.assert(request, asked).then(allowed, refused);
    if (first.isAllowed) return first;
    const { error } = first;
    if (error.code !== 'insufficient_user_authentication') return without(notRun(refusalWords(error)));
    if (policyForToken(policy, call)) return without(notRun(SIGN_IN_AGAIN));
    const isForPage = stepUpUrl !== undefined && allowsOtherLogin(asked());
    if (isForPage && !asksPhone) return onPage({ request, error, asked, context });
    const flow = await gate.flow(request, error);
    const held = await hold(flow, context, { holdMs, clock });
    if (held.isWaiting) return without(comeAgain(context));
    if (held.view.state === 'approved') return decideAgain(request, asked);
    // The next call starts anew.
    if (held.view.state !== 'cancelled') await flow.cancel();
    if (isForPage && isForScreen(held.view)) return onPage({ request, error, asked, context });
    return without(elsewhere(call, endWords(held.view), context));
  }

  async function decideAgain(request: HostRequest<ToolCall>, asked: () => Asked): Promise<Outcome> {
    const second = await gate.assert(request, asked).then(allowed, refused);
    return second.isAllowed ? second : without(notRun(refusalWords(second.error)));
  }

  /** Leads the user to the page by a link for this very call, and holds the call once they are there. */
  async function onPage({ request, error, asked, context }: Refused): Promise<Outcome> {
    const link = await gate.link(request, error);
    const { inputResponses } = context.mcpReq;
    const answer = inputResponse(inputResponses, 'page');
    if (answer.kind === 'elicit' && answer.action !== 'accept') {
      await link.cancel();
      return without(notRun(PAGE_DECLINED));
    }
    const isUnopened = (await link.view()).state === 'idle';
    const isBack = answer.kind === 'elicit' || context.mcpReq.requestState() !== undefined;
    if (isUnopened && !isBack) {
      const url = `${stepUpUrl}${link.path}`;
      if (!opensPages(context)) return without(notRun(`${ON_PAGE} ${url}`));
      const message = 'Approve this on the page.';
      return without(inputRequired({ inputRequests: { page: inputRequired.elicitUrl({ message, url }) } }));
    }
    const held = await hold(link, context, { holdMs, clock });
    if (held.isWaiting) return without(comeAgain(context));
    if (held.view.state === 'approved') return decideAgain(request, asked);
    if (held.view.state !== 'cancelled') await link.cancel();
    return without(notRun(endWords(held.view)));
  }

  async function askWho(call: ToolCall): Promise<Identity | undefined> {
    return options.identify(call, { again: false });
  }

  /** With the page for the user, where there is one. */
  function elsewhere(
    call: ToolCall,
    why: string,
    context: ServerContext,
  ): CallToolResult | InputRequiredResult {
    const url = typeof pageUrl === 'function' ? pageUrl(call) : pageUrl;
    if (url === undefined) return notRun(why);
    // Once: a client that comes back from the page without a change gets the words.
    if (!opensPages(context) || context.mcpReq.inputResponses !== undefined) return notRun(`${why} ${url}`);
    return inputRequired({ inputRequests: { page: inputRequired.elicitUrl({ message: why, url }) } });
  }

  return {
    revokeSubject: (subject) => gate.revokeSubject(subject),
    close: () => gate.close(),
    tool(name, policy, handler) {
      policies.set(name, policy);
      return async function guardedTool(args, context) {
        const call = { tool: name, args, authInfo: context.http?.authInfo };
        const decision = await decide(call, policy, context).catch((error: unknown) => {
          if (isStepUpError(error)) return without(notRun(refusalWords(error)));
          throw error;
        });
        return decision.isAllowed ? handler(args, context, decision.stepUp) : decision.result;
      };
    },
    async challenge(request, authInfo) {
      for (const { name, args } of await callsIn(request)) {
        const policy = policies.get(name);
        if (policy === undefined) continue;
        const call = { tool: name, args, authInfo };
        const asked = policyForToken(policy, call);
        if (asked === undefined) continue;
        const decision = await gate.check(hostRequestOf(call), asked);
        if (decision.isAllowed) continue;
        const { body, ...init } = errorResponse(decision.error);
        return new Response(body, init);
      }
      return undefined;
    },
  };
}

/** A call that may run. */
interface Allowed {
  readonly isAllowed: true;
  readonly stepUp: StepUp | undefined;
}

/** Whether the tool runs, or what its client gets in place of that. */
type Outcome = Allowed | { readonly isAllowed: false; readonly result: CallToolResult | InputRequiredResult };

/** The policy of a call, or that it needs none. */
type Asked = Policy<ToolCall> | false;

/** A call that needs an approval, and the refusal that says so. */
interface Refused {
  readonly request: HostRequest<ToolCall>;
  readonly error: StepUpError;
  readonly asked: () => Asked;
  readonly context: ServerContext;
}

/** What the gate has decided about a call. */
type Decided = Allowed | { readonly isAllowed: false; readonly error: StepUpError };

function allowed(stepUp: StepUp | undefined): Decided {
  return { isAllowed: true, stepUp };
}

/** Only errors of the gate are refusals. */
function refused(error: unknown): Decided {
  if (isStepUpError(error)) return { isAllowed: false, error };
  throw error;
}

function without(result: CallToolResult | InputRequiredResult): Outcome {
  return { isAllowed: false, result };
}

/** The policy of a call. Its action is bound to the arguments, unless it binds something itself. */
function bound(policy: ToolPolicy<never>, call: ToolCall): Policy<ToolCall> | false {
  const given = typeof policy === 'function' ? policy(call.args as never) : policy;
  // `undefined`, from a function that forgot its `return`, is for the gate to refuse.
  if (!given || given.evidence !== undefined || typeof given.action === 'function') return given;
  return { ...given, action: { id: call.tool, bind: () => call.args ?? {}, ...given.action } };
}

/** The policy, if it takes claims of a token. What the arguments are worth is not checked yet. */
function policyForToken(policy: ToolPolicy<never>, call: ToolCall): Policy<ToolCall> | undefined {
  try {
    const asked = bound(policy, call);
    return asked && asked.evidence !== undefined ? asked : undefined;
  } catch {
    // The tool checks its arguments, and is guarded itself.
    return undefined;
  }
}

function allowsOtherLogin(asked: Asked): boolean {
  return asked !== false && asked.allowOtherLogin === true;
}

/** Whether the user gets on at a screen: nobody has said no, and waiting does not help. */
function isForScreen({ state, retryAllowedAt }: FlowView): boolean {
  return !['rejected', 'expired', 'cancelled'].includes(state) && retryAllowedAt === undefined;
}

function noFirstLeg(): Promise<never> {
  return Promise.reject(new StepUpError('login_required', 'The user signs in on the page.'));
}

function assertPage(stepUpUrl: string | undefined): void {
  if (stepUpUrl === undefined || /^https?:\/\/[^?#]+[^/?#]$/.test(stepUpUrl)) return;
  throw new TypeError(
    "stepUpUrl: must be the whole address of Stepgate's page, without a slash at its end, like https://bank.example/step-up",
  );
}

/** Has the client call again by itself, where its version of the protocol can. */
function comeAgain(context: ServerContext): CallToolResult | InputRequiredResult {
  const isStateless = context.http !== undefined && context.sessionId === undefined;
  if (isStateless && context.mcpReq.envelope === undefined) return notRun(CALL_AGAIN);
  // The approval is looked up by who calls and with what, so this says nothing.
  return inputRequired({ requestState: 'waiting' });
}

/** Whether the client has said that it opens pages for the user. */
function opensPages({ mcpReq: { envelope } }: ServerContext): boolean {
  const { [CLIENT_CAPABILITIES_META_KEY]: capabilities } = (envelope ?? {}) as {
    readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities;
  };
  return capabilities?.elicitation?.url !== undefined;
}

/** The calls of tools in the body of a request; none in what is no JSON-RPC. */
async function callsIn(
  request: Request,
): Promise<readonly { readonly name: string; readonly args: unknown }[]> {
  if (request.method !== 'POST') return [];
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  return [body].flat().flatMap((message) => {
    const { method, params } = (message ?? {}) as { readonly method?: unknown; readonly params?: unknown };
    const { name, arguments: args } = (params ?? {}) as {
      readonly name?: unknown;
      readonly arguments?: unknown;
    };
    return method === 'tools/call' && typeof name === 'string' ? [{ name, args }] : [];
  });
}
