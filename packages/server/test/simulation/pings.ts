import { type PingKind, recordOf } from './deeds.ts';
import type { Process, World } from './process.ts';
import type { Push } from './truth.ts';

/** A ping, and whether the gate must refuse it. */
interface Ping {
  readonly token: string;
  readonly id: string;
  readonly isForged: boolean;
  /** The push that the provider pings for. */
  readonly push?: Push;
}

/**
 * Sends a ping to a process, if the provider of the run has any. What comes back tells nothing, and one that was made up is
 * refused.
 */
export async function sendPing({ truth }: World, at: Process, kind: PingKind): Promise<void> {
  const ping = pingOf(truth.pushes, kind);
  if (ping === undefined) return;
  const { token, id, isForged, push } = ping;
  // From now on the gate may know it.
  if (push !== undefined) push.isPinged = true;
  const { status, text } = await at.client('attacker', 'see the accounts').send('POST', '/step-up/ciba', {
    headers: { authorization: `Bearer ${token}` },
    body: { auth_req_id: id },
  });
  if (text !== '' && status === 204) truth.noticed.push('the answer to a ping tells something');
  if (isForged && status === 204) truth.noticed.push('a ping that was made up was taken');
}

function pingOf(pushes: readonly Push[], kind: PingKind): Ping | undefined {
  const asked = pushes.filter(({ pingToken }) => pingToken !== undefined);
  const named = (push: Push | undefined): { readonly token: string; readonly id: string } => ({
    token: push?.pingToken ?? '',
    id: String(push === undefined ? -1 : pushes.indexOf(push)),
  });
  const newest = asked.at(-1);
  if (newest === undefined) return undefined;
  // Of the same browser: its flow is where a mixed-up ping could count.
  const other = asked.findLast(
    (push) => push !== newest && recordOf(push.browser) === recordOf(newest.browser),
  );
  switch (kind) {
    // The provider pings when the user has answered.
    case 'true': {
      const push = asked.findLast(({ state, isPinged }) => state !== 'waiting' && !isPinged);
      return push && { ...named(push), isForged: false, push };
    }
    case 'again': {
      const push = asked.findLast(({ isPinged }) => isPinged);
      return push && { ...named(push), isForged: false };
    }
    case 'made up': {
      const { token, id } = named(newest);
      const [key = '', push = '', signature = ''] = token.split('.');
      return { token: `${key}.${push}.${signature.slice(1)}${signature.slice(0, 1)}`, id, isForged: true };
    }
    // Of a challenge that is over nothing is compared, and nothing follows.
    case 'with the token of another':
      return other && { ...named(newest), token: named(other).token, isForged: false };
    case 'with the name of another':
      return other && { ...named(newest), id: named(other).id, isForged: false };
  }
}
