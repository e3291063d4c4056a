import type { Factor } from '@stepgate/core';
import { type ElementSpec, h } from './element.ts';

const paths = {
  shield: 'M12 3l7 2.6v5.2c0 4.6-2.9 8.2-7 10.2-4.1-2-7-5.6-7-10.2V5.6z M9 11.8l2.2 2.2 4-4.2',
  phone:
    'M8 2.8h8a1.6 1.6 0 0 1 1.6 1.6v15.2a1.6 1.6 0 0 1-1.6 1.6H8a1.6 1.6 0 0 1-1.6-1.6V4.4A1.6 1.6 0 0 1 8 2.8z M10.6 18.2h2.8',
  key: 'M14.8 9.2m-4.4 0a4.4 4.4 0 1 0 8.8 0a4.4 4.4 0 1 0-8.8 0 M11.6 12.4L4.4 19.6 M7.4 16.6l2.2 2.2',
  code: 'M3.6 7.4h16.8v9.2H3.6z M7.6 12h.01 M12 12h.01 M16.4 12h.01',
  message: 'M4 5h16v11H9.6L5.6 19.4V16H4z M8.4 10.5h.01 M12 10.5h.01 M15.6 10.5h.01',
  check: 'M5.2 12.6l4.6 4.6 9-10',
  cross: 'M6.6 6.6l10.8 10.8 M17.4 6.6L6.6 17.4',
  clock: 'M12 12m-8.4 0a8.4 8.4 0 1 0 16.8 0a8.4 8.4 0 1 0-16.8 0 M12 7.2V12l3.2 2',
  alert: 'M12 3.8l9 15.8H3z M12 10v4.2 M12 16.9h.01',
  leave: 'M13.4 4.4h6.2v6.2 M19.6 4.4l-8.4 8.4 M17.4 13.6v6H4.4V6.6h6',
  chevron: 'M9.6 6.4l5.6 5.6-5.6 5.6',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** A line icon. Screen readers skip it. */
export function icon(name: IconName): ElementSpec {
  return h(
    'svg',
    { class: `icon icon-${name}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    h('path', { d: paths[name] }),
  );
}

/** The icon of a factor. */
export const factorIcons: Readonly<Record<Factor, IconName>> = {
  push: 'phone',
  otp: 'code',
  sms: 'message',
  voice: 'phone',
  email: 'message',
  'recovery-code': 'key',
  hosted: 'leave',
};
