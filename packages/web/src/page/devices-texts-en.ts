import type { DevicesTexts } from './devices-texts.ts';

/** English. */
export const englishDevices: DevicesTexts = {
  heading: 'Your sign-in devices',
  lead: 'What you confirm with when you are asked whether it’s you.',
  locked: 'To see or change them, confirm that it’s you.',
  unlock: 'Show my devices',
  loading: 'Looking up your devices…',
  none: 'You have no device set up.',
  kinds: {
    push: 'Phone with Auth0 Guardian',
    otp: 'Authenticator app',
    sms: 'Text messages',
    voice: 'Phone calls',
    email: 'E-mail',
    'recovery-code': 'Recovery code',
  },
  sameApp: 'The code generator of the same app: {phone}',
  addHeading: 'Add another',
  remove: 'Remove',
  removeDevice: 'Remove {device}',
  keep: 'Keep it',
  confirmRemoval: 'Remove {device}?',
  goesToo: {
    push: 'Approving on the phone with the same app goes too.',
    otp: 'The code generator of the same app goes too.',
    sms: 'Text messages to the same number go too.',
    voice: 'Calls to the same number go too.',
  },
  mayGoToo: {
    push: 'If it belongs to the Guardian app of a phone, approving on that phone goes too.',
    otp: 'The code generator of the same app goes too, which is one of those in your list.',
    sms: 'Text messages to the same number go too.',
    voice: 'Calls to the same number go too.',
  },
  isLast: 'Nothing else is left to confirm with then: you will have to set up a first device again.',
  approvalFollows: 'You are asked to confirm it once more, with one of your devices.',
  removed: 'Removed: {devices}.',
  added: 'Added: {device}.',
  unchanged: 'Nothing has changed.',
  goBack: 'Go back',
  needsScript: 'This page needs JavaScript.',
};
