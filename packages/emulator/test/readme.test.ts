import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { dialectChoices } from '../src/settings/dialect.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const { settings } = createEmulator();

/** The cells of the section's table row whose first cell begins with this name. */
function row(section: string, name: string): string[] {
  const text = readme.split(/^#+ /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const line = text.split('\n').find((each) => each.startsWith(`| \`${name}\``));
  return (line ?? '')
    .slice(2)
    .split(' | ')
    .map((cell) => cell.replaceAll('`', '').trim());
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  days: 86_400_000,
};

function toMs(text = ''): number {
  const [count, unit = ''] = text.split(' ');
  return Number(count) * (units[unit] ?? Number.NaN);
}

describe('the README', () => {
  it.each(Object.entries(dialectChoices))('lists the choices of the dialect %s', (name, choices) => {
    expect(row('Dialect', name)[1]).toBe(choices.join(', '));
  });

  it.each(Object.entries(settings.limits))('states the limit %s', (name, limit) => {
    const [, burst, refill] = row('Limits', name);
    expect(burst === 'off' ? burst : { burst: Number(burst), refillMs: toMs(refill) }).toEqual(limit);
  });

  it.each(Object.entries(settings.lifetimes))('states the lifetime %s', (name, lifetimeMs) => {
    expect(toMs(row('Lifetimes', name)[1])).toBe(lifetimeMs);
  });

  it.each([
    'mfaPolicy',
    'stepUpScopes',
    'recoveryCodes',
    'offlineAccess',
    'refreshScopes',
    'requiredFactors',
    'messageCodeLength',
  ] as const)('states the default of %s', (name) => {
    expect(row('Settings', name)[1]).toBe(JSON.stringify(settings[name]));
  });

  it.each(Object.keys(settings))('names the setting %s', (name) => {
    expect(readme).toContain(`\`${name}\``);
  });
});
