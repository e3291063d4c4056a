import type { LogStreamOptions } from '../directory/log-stream.ts';

/** How a log stream is doing. */
export interface LogStreamState {
  readonly name: string;
  readonly endpoint: string;
  readonly contentFormat: 'JSONARRAY' | 'JSONLINES' | 'JSONOBJECT';
  readonly types: readonly string[] | undefined;
  /** How many events wait to be sent. */
  readonly waiting: number;
  readonly sent: number;
  /** How many were given up: after every try failed, or because too many waited. */
  readonly lost: number;
  /** Why the last try failed; missing when it did not. */
  readonly lastError?: string;
}

/** The log streams of a tenant. */
export interface LogStreams {
  /** How each is doing, in the order they were added. */
  logStreams(): LogStreamState[];
  /** Adds a log stream, or replaces the one with this name. A `TypeError` names a member that is wrong. */
  addLogStream(options: LogStreamOptions): void;
  removeLogStream(name: string): void;
}
