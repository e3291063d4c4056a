import type { Authenticator, FlowStateName, FlowView } from '@stepgate/core';

export const phone: Authenticator = { id: 'push|1', factor: 'push', active: true, name: 'Pixel' };
export const app: Authenticator = { id: 'totp|1', factor: 'otp', active: true };
export const texts: Authenticator = { id: 'sms|1', factor: 'sms', active: true, name: 'XXXX4567' };

/** A view as the server would send it. */
export function viewOf(state: FlowStateName, members: Partial<FlowView> = {}): FlowView {
  const isFinal = state === 'approved' || state === 'cancelled';
  return {
    version: 1,
    now: 1_000_000,
    state,
    factors: ['push', 'otp', 'sms'],
    enrollable: [],
    authenticators: [],
    allowedEvents: isFinal ? [] : ['flow.cancel'],
    ...members,
  };
}

/** Waiting for the phone. */
export function pollingView(members: Partial<FlowView> = {}): FlowView {
  return viewOf('polling', {
    factor: 'push',
    authenticatorId: phone.id,
    authenticators: [phone, app],
    allowedEvents: ['challenge.resend', 'factor.choose', 'flow.cancel'],
    expiresAt: 1_300_000,
    resendAllowedAt: 1_015_000,
    ...members,
  });
}

/** Waiting for a code. */
export function promptingView(members: Partial<FlowView> = {}): FlowView {
  return viewOf('prompting', {
    factor: 'otp',
    authenticatorId: app.id,
    authenticators: [phone, app],
    allowedEvents: ['code.submit', 'factor.choose', 'flow.cancel'],
    ...members,
  });
}
