import type { FlowStateName } from '@stepgate/core';
import { isHosted } from '@stepgate/core/ui';
import type { Texts } from '../texts/texts.ts';
import { cancelButton } from './buttons.ts';
import { choosing, hasWays, newAddress, ways } from './choice-screens.ts';
import { acknowledging, code, password } from './code-screens.ts';
import { approved, atRest, cancelled } from './end-screens.ts';
import { type Screen, type ScreenModel, takes } from './screen.ts';
import { outdated, ready } from './start-screens.ts';
import { confirming, polling, redirecting } from './waiting-screens.ts';

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
  choosing,
  enrolling: (model) => working(model, 'enrolling'),
  confirming,
  challenging: (model) =>
    working(model, 'challenging', isOnPage(model) ? model.texts.hosted.opening : undefined),
  polling,
  prompting: code,
  redirecting,
  verifying(model) {
    if (isOnPage(model)) return working(model, 'verifying', model.texts.hosted.checking);
    return model.shown?.startsWith('code-') ? code(model) : working(model, 'verifying');
  },
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

/** Whether the flow is about the provider's page. */
function isOnPage({ view: { factor } }: ScreenModel): boolean {
  return factor !== undefined && isHosted(factor);
}

/** The server is at work, and the user has nothing to do. */
function working(model: ScreenModel, state: keyof Texts['states'], what?: string): Screen {
  const { heading, lead } = model.texts.states[state];
  return {
    name: 'working',
    icon: 'shield',
    tone: 'busy',
    heading,
    lead: what ?? lead,
    buttons: [cancelButton(model)],
  };
}
