import { createHmac } from 'node:crypto';
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { HostRequest, Identity } from '@stepgate/server';
import { boundDigest } from '@stepgate/server/receipt';

/** One call of a guarded tool: what the gate's hooks and policies are given. */
export interface ToolCall {
  /** The name of the tool. */
  readonly tool: string;
  /** The arguments, as the tool's schema leaves them. */
  readonly args: unknown;
  /** The access token that came with the call, verified. `undefined` on stdio. */
  readonly authInfo: AuthInfo | undefined;
}

/**
 * The call as the gate reads requests. `handle`: what a browser has in its cookie.
 */
export function hostRequestOf(
  call: ToolCall,
  options: { readonly handle?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): HostRequest<ToolCall> {
  const { handle, signal } = options;
  return {
    native: call,
    // A call can send a push, so it counts as a POST.
    method: 'POST',
    url: '/',
    protocol: 'https',
    host: 'mcp.invalid',
    header: (name) => (name === 'stepgate-handle' ? handle : undefined),
    forPolicy: () => call,
    parsedBody: () => call.args,
    whenGone(callback) {
      if (signal?.aborted) callback();
      else signal?.addEventListener('abort', callback, { once: true });
    },
  };
}

/**
 * The handle of a call. It follows from who calls and with what, so that the same call finds its own flow and approval
 * again, and another one does not get in its way.
 */
export function handleOf(secret: string, { subject, sessionId }: Identity, { tool, args }: ToolCall): string {
  const what = JSON.stringify([tool, subject, sessionId, boundDigest(args ?? {})]);
  return createHmac('sha256', secret).update(`stepgate mcp ${what}`).digest('base64url');
}
