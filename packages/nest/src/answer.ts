import type { AbstractHttpAdapter } from '@nestjs/core';
import { type GateResponse, mergedHeaders, toNodeStream } from '@stepgate/server/node';

/** Answers by the platform's own reply, which keeps the headers that the app has set. */
export function answer(
  platform: AbstractHttpAdapter,
  reply: unknown,
  { status, headers, body }: GateResponse,
): void {
  const merged = mergedHeaders(headers, (name) => platform.getHeader(reply, name) as string | undefined);
  for (const [name, value] of Object.entries(merged)) {
    if (Array.isArray(value)) for (const one of value) platform.appendHeader(reply, name, one);
    else platform.setHeader(reply, name, value);
  }
  platform.reply(reply, body instanceof ReadableStream ? toNodeStream(body) : body || undefined, status);
}
