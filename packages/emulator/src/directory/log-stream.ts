import * as v from 'valibot';
import { listOfTexts, oneOf, optional, shape, text, url } from '../lib/shape.ts';

/** Where the tenant's log events are sent as they happen: a custom webhook. */
export interface LogStreamOptions {
  /** What it is called, and removed by. */
  readonly name: string;
  /** Where batches of events are posted to. */
  readonly endpoint: string;
  /** The value of the `authorization` header, word for word. */
  readonly authorization?: string | undefined;
  /** A list, one JSON text for each line, or one request for each event. Default `JSONARRAY`. */
  readonly contentFormat?: 'JSONARRAY' | 'JSONLINES' | 'JSONOBJECT' | undefined;
  /** The types of events that it gets, such as `gd_send_pn`. Default: all. */
  readonly types?: readonly string[] | undefined;
}

/** What a log stream looks like. */
export const logStreamShape = shape('LogStreamOptions', {
  name: text(128),
  endpoint: v.pipe(url, v.regex(/^https?:/, 'is an http or https URL')),
  authorization: optional(text()),
  contentFormat: optional(oneOf(['JSONARRAY', 'JSONLINES', 'JSONOBJECT'])),
  types: optional(listOfTexts),
}) satisfies v.GenericSchema<unknown, LogStreamOptions>;
