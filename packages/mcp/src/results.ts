import type { CallToolResult } from '@modelcontextprotocol/server';
import type { FlowView } from '@stepgate/core';
import type { StepUpError } from '@stepgate/server';
import { isTypedOn } from './hold.ts';

/** A result that tells the agent why the tool did not run. */
export function notRun(why: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: `The tool did not run. ${why}` }] };
}

/** For clients that cannot be told to call again by themselves. */
export const CALL_AGAIN =
  'It waits for the user’s approval on the phone. Call it again with the same arguments when the user has approved.';

/** For a user who does not want the page. */
export const PAGE_DECLINED =
  'The user did not open the page on which it is approved. Do not call it again unless the user asks for it.';

/** With the address of the page, for clients that cannot open it. */
export const ON_PAGE =
  'The user approves it on this page, and then you call it again with the same arguments:';

/** For tools that take claims of a token in place of an approval. */
export const SIGN_IN_AGAIN =
  'The access token does not show a fresh login with a second factor: sign in again.';

/** Why a call was refused. Words for the log alone are left out. */
export function refusalWords({ code, expose, message }: StepUpError): string {
  switch (code) {
    case 'login_required':
      return 'Nobody is signed in. Ask the user to sign in, then call it again.';
    case 'push_in_progress':
    case 'flow_in_progress':
      return 'Another approval of this user is under way. Call it again when that one has ended.';
    case 'rate_limited':
      return 'There were too many tries. Call it again later.';
    default:
      return expose ? `${message} (${code})` : `The server cannot ask for an approval now. (${code})`;
  }
}

/** Why a flow that has ended, or that needs a screen, did not let the call through. */
export function endWords(view: FlowView): string {
  switch (view.state) {
    case 'rejected':
      return 'The user denied it on the phone. Do not call it again unless the user asks for it.';
    case 'expired':
      return 'Nobody answered on the phone in time. Ask the user, then call it again.';
    case 'cancelled':
      return 'The approval was cancelled.';
    case 'failed':
      return view.retryAllowedAt === undefined
        ? `The approval failed. (${view.reason})`
        : `The phone was asked a moment ago. Call it again in ${secondsUntil(view.retryAllowedAt, view)} seconds.`;
    default:
      return isTypedOn(view)
        ? 'The user would have to type a password or a code, which is done in the app alone.'
        : 'The user has no phone that takes approval requests. It is added in the app.';
  }
}

function secondsUntil(at: number, { now }: FlowView): number {
  return Math.max(1, Math.ceil((at - now) / 1_000));
}
