import { styleText } from 'node:util';
import type { Report } from './examine.ts';
import type { Finding, Verdict } from './finding.ts';

const LABELS = { ok: 'ok', warn: 'warn', fail: 'FAIL', skipped: '-' } as const satisfies Record<
  Verdict,
  string
>;
const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red', skipped: 'gray' } as const satisfies Record<
  Verdict,
  string
>;

/** For people. In colour if the terminal supports it. */
export function toText({ findings }: Report): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap((finding) => toLines(finding, width));
  return `${[...lines, '', sumOf(findings)].join('\n')}\n`;
}

function toLines({ check, verdict, seen, why, fix }: Finding, width: number): readonly string[] {
  const label = styleText(COLOURS[verdict], LABELS[verdict].padEnd(5));
  const line = `${label} ${check.padEnd(width)}  ${seen}`;
  if (verdict === 'ok') return [line];
  const indent = ' '.repeat(width + 8);
  if (verdict === 'skipped') return [`${line}; ${fix ?? ''}`];
  return [line, `${indent}why: ${why}`, `${indent}fix: ${fix ?? ''}`];
}

function sumOf(findings: readonly Finding[]): string {
  const count = (verdict: Verdict): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  return `${count('ok')} ok, ${count('warn')} to be better, ${count('fail')} failed, ${count('skipped')} not checked`;
}

/** For programs. */
export function toJson({ findings, isHealthy }: Report): string {
  return `${JSON.stringify({ healthy: isHealthy, findings }, null, 2)}\n`;
}
