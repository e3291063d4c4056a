import { base } from '../phone-page/control-client.ts';

/** A request of the timeline, as the control API spells it. */
export interface WireRequest {
  readonly id: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly grant_type?: string;
  readonly username?: string;
  readonly client_id?: string;
  readonly flow?: number;
  readonly status?: number;
  readonly dropped?: 'before' | 'after';
  readonly is_fault?: true;
  readonly duration_ms?: number;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer?: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly claims?: Readonly<Record<string, unknown>>;
  };
}

/** A push or a QR code that waits on a user's phone. */
export interface WaitingOnPhone {
  readonly kind: 'push' | 'scan';
  readonly id: string;
  readonly client: string;
  /** What the phone shows of a CIBA request. */
  readonly message?: string;
}

/** A user with what is enrolled and what waits. */
export interface DeskUser {
  readonly username: string;
  readonly sub: string;
  readonly factors: readonly string[];
  readonly waiting: readonly WaitingOnPhone[];
}

/** A client, without its secret. */
export interface DeskClient {
  readonly client_id: string;
  readonly name: string;
  readonly authentication: string;
  readonly grant_types: readonly string[] | null;
  readonly callback_urls: readonly string[] | null;
}

/** The settings of one group, each with its value and default. */
export interface DeskSetting {
  readonly group: string;
  readonly name: string;
  readonly value: unknown;
  readonly initial: unknown;
  /** The only values it can have, or `null` if it takes any. */
  readonly choices: readonly unknown[] | null;
}

/** A fault that waits for its requests. */
export interface DeskFault {
  readonly left: number;
  readonly match?: Readonly<Record<string, string>>;
  readonly respond?: { readonly status: number };
  readonly drop?: 'before' | 'after';
  readonly delay_ms?: number;
}

/** An event of the tenant's log. */
export interface DeskEvent {
  readonly id: string;
  readonly date: string;
  readonly type: string;
  readonly description: string;
  readonly user?: string;
}

/** A webhook that the log is sent to. */
export interface DeskLogStream {
  readonly name: string;
  readonly endpoint: string;
  readonly waiting: number;
  readonly sent: number;
  readonly lost: number;
  readonly last_error?: string;
}

/** Everything on the desk but the requests. */
export interface Desk {
  readonly issuer: string;
  readonly now: number;
  readonly users: readonly DeskUser[];
  readonly clients: readonly DeskClient[];
  readonly audiences: readonly string[];
  readonly settings: readonly DeskSetting[];
  readonly faults: readonly DeskFault[];
  readonly log_streams: readonly DeskLogStream[];
  readonly log_events: readonly DeskEvent[];
  readonly tenants: readonly { readonly name: string; readonly issuer: string }[];
}

/** `GET /_emulator/desk`. */
export async function loadDesk(): Promise<Desk> {
  return (await call('GET', 'desk')) as Desk;
}

/** Calls the control API; what it refuses is an `Error` with its sentence. */
export async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${base}_emulator/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const { error_description: sentence } = answer as { error_description?: string };
  throw new Error(sentence ?? `The emulator answered ${response.status}`);
}
