import type { PushRequest } from './phone-state.ts';
import type { Grant } from './transaction.ts';

/** One request of `/bc-authorize`, named by its `auth_req_id` (CIBA Core 1.0, section 7). */
export interface CibaRequest extends PushRequest {
  readonly authReqId: string;
  readonly grant: Grant;
  /** What the `id_token` tells of the authentication: names of claims, and the value of `acr`. */
  readonly told: { readonly claims: readonly string[]; readonly acr: string };
  /** How the user is asked. */
  readonly channel: 'guardian-push' | 'email';
  /** How long a client has to wait between two polls. It grows whenever one comes too soon. */
  intervalMs: number;
  lastPollAt?: number;
  /** Whether tokens were issued for it. */
  isUsed: boolean;
  /** Whether the client knows that the user said no. */
  isDenialTold: boolean;
}
