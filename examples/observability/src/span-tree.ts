import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

const SHOWN = ['status', 'code', 'fact', 'factor'] as const;

/**
 * Prints the spans of a request as a tree, when it is over; what ends later is printed by itself. What is inside of a
 * request and took less than `fromMs` is left out.
 */
export function createTreePrinter(options: {
  readonly fromMs: number;
  readonly print: (text: string) => void;
}): SpanProcessor {
  const { fromMs, print } = options;
  const open = new Map<string, ReadableSpan[]>();

  function lineOf(span: ReadableSpan): string {
    const outcome = SHOWN.filter((key) => key in span.attributes)
      .map((key) => String(span.attributes[key] as string | number))
      .join(' ');
    return `${span.name}${outcome && ` -> ${outcome}`} (${milliseconds(span).toFixed(1)} ms)`;
  }

  function treeOf(span: ReadableSpan, all: readonly ReadableSpan[], depth = 0): readonly string[] {
    const { spanId } = span.spanContext();
    const children = all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId);
    return ['  '.repeat(depth) + lineOf(span), ...children.flatMap((child) => treeOf(child, all, depth + 1))];
  }

  return {
    onStart(span) {
      if (span.parentSpanContext === undefined) open.set(span.spanContext().traceId, []);
    },
    onEnd(span) {
      const { traceId } = span.spanContext();
      if (span.parentSpanContext !== undefined && milliseconds(span) < fromMs) return;
      const ended = open.get(traceId);
      if (ended !== undefined && span.parentSpanContext !== undefined) {
        ended.push(span);
        return;
      }
      open.delete(traceId);
      print(treeOf(span, ended ?? []).join('\n'));
    },
    forceFlush: async () => {},
    shutdown: async () => open.clear(),
  };
}

function milliseconds({ duration: [seconds, nanoseconds] }: ReadableSpan): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
