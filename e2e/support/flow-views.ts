import type { Authenticator } from '@stepgate/core';
import type { ScriptedView } from './scripted-app.ts';

const phone: Authenticator = { id: 'push|1', factor: 'push', active: true, name: 'Ada’s Pixel' };
const app: Authenticator = { id: 'totp|1', factor: 'otp', active: true };
const number: Authenticator = { id: 'sms|1', factor: 'sms', active: true, name: 'XXXXXXXX0123' };
const calls: Authenticator = { id: 'voice|1', factor: 'voice', active: true, name: 'XXXXXXXX0123' };
const address: Authenticator = { id: 'email|1', factor: 'email', active: true, name: 'ada@b****.example' };
const recovery: Authenticator = { id: 'recovery-code|1', factor: 'recovery-code', active: true };
const authenticators = [phone, app, number, calls, address, recovery];
const barcodeUri =
  'otpauth://totp/Example%20Bank:ada?enrollment_tx_id=4Bk0mP7Y2N8sQ&base_url=https%3A%2F%2Fbank.eu.auth0.com%2Fappliance-mfa&secret=JBSWY3DPEHPK3PXP';
const waits = ['challenge.resend', 'factor.choose', 'flow.cancel'] as const;
const types = ['code.submit', 'factor.choose', 'flow.cancel'] as const;
const rests = ['challenge.resend', 'factor.choose', 'flow.retry', 'flow.cancel'] as const;
const fails = ['flow.retry', 'flow.cancel'] as const;

const soon = (seconds: number): number => Date.now() + seconds * 1_000;
const pushed = { factor: 'push', authenticatorId: phone.id, authenticators } as const;

/** One moment of each kind, by name, roughly in the order of a flow. */
export const moments = {
  'getting ready': () => ({ state: 'authenticating' }),
  'a password': () => ({ state: 'authenticating', allowedEvents: ['password.submit', 'flow.cancel'] }),
  'a wrong password': () => ({
    state: 'authenticating',
    reason: 'credentials_refused',
    allowedEvents: ['password.submit', 'flow.cancel'],
  }),
  'looking up devices': () => ({ state: 'listing' }),
  'a choice': () => ({
    state: 'choosing',
    authenticators,
    enrollable: ['push', 'sms'],
    allowedEvents: ['factor.choose', 'enrollment.begin', 'flow.cancel'],
    messageAllowedAt: { [number.id]: soon(15) },
  }),
  'preparing a device': () => ({ state: 'enrolling', factor: 'push' }),
  'a phone to set up': () => ({
    state: 'confirming',
    factor: 'push',
    enrollable: ['otp'],
    allowedEvents: ['enrollment.begin', 'flow.cancel'],
    disclosure: { barcodeUri },
    expiresAt: soon(300),
  }),
  'an app to set up': () => ({
    state: 'prompting',
    factor: 'otp',
    allowedEvents: ['code.submit', 'flow.cancel'],
    disclosure: { barcodeUri, otpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
    expiresAt: soon(300),
  }),
  'sending a push': () => ({ state: 'challenging', ...pushed }),
  'a push': () => ({
    state: 'polling',
    ...pushed,
    allowedEvents: waits,
    expiresAt: soon(300),
    resendAllowedAt: soon(15),
  }),
  'a push, while another browser wanted one': () => ({
    state: 'polling',
    ...pushed,
    allowedEvents: waits,
    expiresAt: soon(200),
    notice: 'push_requested_elsewhere',
  }),
  'a code from an app': () => ({
    state: 'prompting',
    factor: 'otp',
    authenticatorId: app.id,
    authenticators,
    allowedEvents: types,
  }),
  'a wrong code': () => ({
    state: 'prompting',
    factor: 'otp',
    authenticatorId: app.id,
    authenticators,
    allowedEvents: types,
    reason: 'code_refused',
  }),
  'too many wrong codes': () => ({
    state: 'prompting',
    factor: 'otp',
    authenticatorId: app.id,
    authenticators,
    allowedEvents: types,
    reason: 'too_many_attempts',
    retryAllowedAt: soon(240),
  }),
  'checking a code': () => ({ state: 'verifying', factor: 'otp', authenticatorId: app.id, authenticators }),
  'a code by text message': () => ({
    state: 'prompting',
    factor: 'sms',
    authenticatorId: number.id,
    authenticators,
    allowedEvents: [...types, 'challenge.resend'],
    expiresAt: soon(300),
    resendAllowedAt: soon(15),
  }),
  'a code by phone call': () => ({
    state: 'prompting',
    factor: 'voice',
    authenticatorId: calls.id,
    authenticators,
    allowedEvents: types,
  }),
  'a code by e-mail': () => ({
    state: 'prompting',
    factor: 'email',
    authenticatorId: address.id,
    authenticators,
    allowedEvents: types,
  }),
  'a recovery code': () => ({
    state: 'prompting',
    factor: 'recovery-code',
    authenticatorId: recovery.id,
    authenticators,
    allowedEvents: types,
  }),
  'checking the approval': () => ({ state: 'identifying', ...pushed }),
  'a recovery code to save': () => ({
    state: 'acknowledging',
    disclosure: { recoveryCodes: ['B7MQ2XKD9TLPF4WZ8CNVH3RA'] },
    allowedEvents: ['codes.acknowledge'],
  }),
  'recovery codes to save': () => ({
    state: 'acknowledging',
    disclosure: { recoveryCodes: ['B7MQ2XKD9TLP', 'F4WZ8CNVH3RA', 'K2VX7QMD4TLZ'] },
    allowedEvents: ['codes.acknowledge'],
  }),
  'a denial': () => ({ state: 'rejected', reason: 'rejected', ...pushed, allowedEvents: rests }),
  'no answer': () => ({
    state: 'expired',
    reason: 'challenge_expired',
    ...pushed,
    allowedEvents: rests,
    resendAllowedAt: soon(10),
  }),
  'a fault': () => ({
    state: 'failed',
    reason: 'provider_unavailable',
    allowedEvents: fails,
    retryAllowedAt: soon(60),
  }),
  'a push for another window': () => ({
    state: 'failed',
    reason: 'push_in_progress',
    ...pushed,
    allowedEvents: rests,
    retryAllowedAt: soon(200),
    resendAllowedAt: soon(200),
  }),
  'no device that would do': () => ({ state: 'failed', reason: 'no_usable_factor', allowedEvents: fails }),
} satisfies Readonly<Record<string, () => ScriptedView>>;
