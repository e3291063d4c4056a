import { type Finding, fail, ok, skipped, warn } from '../finding.ts';

const SHORTEST = 32;
/** 32 random hexadecimal digits, the shortest acceptable random secret, have at least this much entropy. */
const ENOUGH_BITS = 90;
const PLACEHOLDER = /secret|password|passw0rd|change.?me|example|stepgate|default|test|qwert|12345|abcdef/i;
const FIX =
  'make one with `openssl rand -base64 32`, and rotate it: [new, old] until the records of the old one are gone';

/** Checks the strength of the gate's secrets, without showing anything of them. */
export function checkSecret(secret: string | readonly string[] | undefined): Finding {
  if (secret === undefined) {
    return skipped(
      'secret',
      'none was given',
      "give the gate's secret, in STEPGATE_SECRET or in the config file",
    );
  }
  const secrets = [secret].flat();
  if (secrets.length === 0) return fail('secret', 'an empty list', FIX);
  const complaints = secrets.map(complaintOf);
  const worst = complaints.find((complaint) => complaint.isFatal) ?? complaints.find(({ seen }) => seen);
  if (worst?.seen === undefined) {
    const many = secrets.length === 1 ? 'one secret' : `${secrets.length} secrets`;
    return ok('secret', `${many}, apparently random`);
  }
  return (worst.isFatal ? fail : warn)('secret', worst.seen, FIX);
}

function complaintOf(secret: string): { readonly seen?: string; readonly isFatal: boolean } {
  if (secret.length < SHORTEST) return { seen: `shorter than ${SHORTEST} characters`, isFatal: true };
  if (PLACEHOLDER.test(secret)) return { seen: 'it contains a common word', isFatal: true };
  const bits = entropyOf(secret) * secret.length;
  if (bits < ENOUGH_BITS) return { seen: 'it repeats few different characters', isFatal: true };
  if (/\s/.test(secret)) return { seen: 'it reads like words', isFatal: false };
  return { isFatal: false };
}

/** Shannon entropy in bits per character, from the frequencies in this text. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}
