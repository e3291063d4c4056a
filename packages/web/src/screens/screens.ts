import type { FlowStateName } from '@stepgate/core';
import type { Texts } from '../texts/texts.ts';
import { cancelButton } from './buttons.ts';
import { hasWays, newAddress, ways } from './choice-screens.ts';
import { acknowledging, code, password } from './code-screens.ts';
import { approved, atRest, cancelled } from './end-screens.ts';
import { type Screen, type ScreenModel, takes } from './screen.ts';
import { outdated, ready } from './start-screens.ts';
import { confirming, polling } from './waiting-screens.ts';

/** The screen for one moment of a flow. Everything that it offers comes from `allowedEvents`. */
export function screenOf(model: ScreenModel): Screen {
  const { detail, view } = model;
  if (detail === 'ways' && hasWays(model)) return ways(model, 'ways');
  if (detail !== 'none' && detail !== 'ways' && takes(model, 'enrollment.begin'))
    return newAddress(model, detail);
  // A newer server may know a state that this code does not.
  return screens[view.state]?.(model) ?? working(model, 'authenticating');
}

const screens: Readonly<Record<FlowStateName, (model: ScreenModel) => Screen>> = {
  idle,
  authenticating: (model) =>
    takes(model, 'password.submit') || model.shown === 'password'
      ? password(model)
      : working(model, 'authenticating'),
  listing: (model) => working(model, 'listing'),
  choosing: (model) => ways(model, 'choosing'),
  enrolling: (model) => working(model, 'enrolling'),
  confirming,
  challenging: (model) => working(model, 'challenging'),
  polling,
  prompting: code,
  verifying: (model) => (model.shown?.startsWith('code-') ? code(model) : working(model, 'verifying')),
  identifying: (model) => working(model, 'identifying'),
  acknowledging,
  approved,
  rejected: (model) => atRest(model, 'rejected'),
  expired: (model) => atRest(model, 'expired'),
  failed: (model) => atRest(model, 'failed'),
  cancelled,
};

function idle(model: ScreenModel): Screen {
  const { error, pending, shown } = model;
  if (error?.code === 'requirement_expired' || error?.code === 'requirement_invalid') return outdated(model);
  return pending === 'flow.start' && shown !== 'ready' ? working(model, 'authenticating') : ready(model);
}

/** The server is at work, and the user has nothing to do. */
function working(model: ScreenModel, state: keyof Texts['states']): Screen {
  const { heading, lead } = model.texts.states[state];
  return { name: 'working', icon: 'shield', tone: 'busy', heading, lead, buttons: [cancelButton(model)] };
}
