import { setBounded } from '../lib/bounded.ts';

/** What a flow is recognized by: the tokens that lead from one of its requests to the next. */
export type FlowKeys = readonly string[];

/** Numbers the flows by the tokens that their requests share. */
export interface Flows {
  /** The number of the flow that one of the tokens belongs to, or of a new one; none without tokens. */
  numberOf(keys: FlowKeys): number | undefined;
  /** What is known of a flow so far, to which `more` is added. */
  learn(flow: number, more: FlowFacts): FlowFacts;
  clear(): void;
}

/** What one request tells about all of its flow. */
export interface FlowFacts {
  readonly username?: string;
  readonly clientId?: string;
}

/** How many tokens are remembered, and facts of flows: the oldest are forgotten. */
const mostKeys = 20_000;

/** No flows yet. */
export function createFlows(): Flows {
  let numbers = new Map<string, number>();
  let facts = new Map<number, FlowFacts>();
  let last = 0;
  return {
    numberOf(keys) {
      if (keys.length === 0) return undefined;
      const known = keys.map((key) => numbers.get(key)).find((number) => number !== undefined);
      if (known === undefined) last += 1;
      const number = known ?? last;
      for (const key of keys) setBounded(numbers, key, number, mostKeys);
      return number;
    },
    learn(flow, more) {
      const all = { ...facts.get(flow), ...more };
      setBounded(facts, flow, all, mostKeys);
      return all;
    },
    clear() {
      numbers = new Map();
      facts = new Map();
    },
  };
}

type Members = Readonly<Record<string, unknown>>;

/** The tokens in a request that name its flow. */
export function keysOfRequest(path: string, params: Members, bearer: string | undefined): FlowKeys {
  const names = ['mfa_token', 'oob_code', 'auth_req_id', 'request_uri', 'code'];
  return toKeys([
    ...names.map((name) => [name, params[name]] as const),
    ['mfa_token', bearer],
    ['login', path.startsWith('/u/') ? params.state : undefined],
  ]);
}

/** The tokens in an answer that name its flow. */
export function keysOfAnswer(body: unknown, location: string | null): FlowKeys {
  const members = typeof body === 'object' && body !== null ? (body as Members) : {};
  const url = location === null ? null : URL.parse(location, 'http://tenant.invalid/');
  const query = url?.searchParams;
  const fragment = new URLSearchParams(url?.hash.slice(1));
  return toKeys([
    ...['mfa_token', 'oob_code', 'auth_req_id', 'request_uri', 'code'].map(
      (name) => [name, members[name]] as const,
    ),
    ['code', query?.get('code') ?? fragment.get('code')],
    ['login', url?.pathname.includes('/u/') ? query?.get('state') : undefined],
  ]);
}

function toKeys(pairs: readonly (readonly [string, unknown])[]): FlowKeys {
  return pairs.flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' ? `${name} ${value}` : [],
  );
}
