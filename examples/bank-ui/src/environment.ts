import type { Policy } from '@stepgate/server';

type Factors = NonNullable<Policy['factors']>;

/** Ends the program with a sentence about a variable of its environment, unless that is right. */
export function insist(name: string, value: string, isRight: boolean, what: string): void {
  if (isRight) return;
  console.error(`${name} is ${what}, and not ${JSON.stringify(value)}.`);
  process.exit(1);
}

/** Whether the text is the address of a page or a service. */
export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** The port in `PORT`. */
export function readPort({ PORT }: NodeJS.ProcessEnv, preset: number): number {
  const value = PORT ?? String(preset);
  insist('PORT', value, /^\d+$/.test(value) && Number(value) <= 65_535, 'a port, a number from 0 to 65535');
  return Number(value);
}

/** The ways of the provider in `STEP_UP_WAYS`, a comma list of some of `choices`. */
export function readWays<Way extends string>(
  { STEP_UP_WAYS }: NodeJS.ProcessEnv,
  { choices, preset }: { readonly choices: readonly Way[]; readonly preset: readonly Way[] },
): readonly Way[] {
  const value = STEP_UP_WAYS ?? preset.join();
  const names = value.split(',').map((name) => name.trim());
  const isKnown = (name: string): name is Way => (choices as readonly string[]).includes(name);
  const list = new Intl.ListFormat('en').format(choices);
  insist('STEP_UP_WAYS', value, names.every(isKnown), `one or more of ${list}, with commas between them`);
  return names.filter(isKnown);
}

/** What the user does with the code on the phone, in `PUSH_CODE`. */
export function readPushCode({ PUSH_CODE = 'typed' }: NodeJS.ProcessEnv): 'typed' | 'compared' {
  insist('PUSH_CODE', PUSH_CODE, /^(typed|compared)$/.test(PUSH_CODE), 'typed or compared');
  return PUSH_CODE === 'compared' ? 'compared' : 'typed';
}

/** The factors that count at these ways. What the sign-in page asks for counts only where it is named. */
export function factorsOf(ways: readonly ('ciba' | 'mfa-api' | 'redirect')[]): Factors {
  const ofPhone: Factors = ways.includes('mfa-api') ? ['push', 'otp'] : ['push'];
  const hosted: Factors = ways.includes('redirect') ? ['hosted'] : [];
  return ways.every((way) => way === 'redirect') ? hosted : [...ofPhone, ...hosted];
}
