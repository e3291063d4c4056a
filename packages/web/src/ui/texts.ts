import type { Factor, FlowStateName, Notice, ReasonCode } from '@stepgate/core';
import type { RemoteError } from '../endpoints.ts';
import type { Unkept } from './screen.ts';

/** A screen's heading and what it says beneath. */
export interface ScreenText {
  readonly heading: string;
  readonly lead: string;
}

/** Everything that the built-in screens say, in one language. Times come as ready-made "4:05". */
export interface Texts {
  /** BCP 47. */
  readonly language: string;
  readonly confirming: string;
  readonly states: Readonly<Record<Exclude<FlowStateName, 'prompting' | 'failed'>, ScreenText>>;
  /** `authenticating` while the password is asked for. */
  readonly password: ScreenText;
  /** `approved` of a flow that adds a device. */
  readonly added: ScreenText;
  /** `prompting` while a one-time password is added. */
  readonly newOtp: ScreenText;
  readonly failed: string;
  readonly codeHeading: string;
  /** What to type, by factor. */
  readonly codes: Readonly<Record<Exclude<Factor, 'push'>, string>>;
  readonly codeLabel: string;
  readonly factors: Readonly<Record<Factor, string>>;
  readonly addFactors: Readonly<Record<Factor, string>>;
  readonly reasons: Readonly<Record<ReasonCode, string>>;
  readonly errors: Readonly<Partial<Record<RemoteError['code'], string>>>;
  readonly notices: Readonly<Record<Notice, string>>;
  readonly unknownError: string;
  /** Before a code is sent to a new number or address. */
  readonly newAddress: string;
  readonly phoneLabel: string;
  readonly phoneHint: string;
  readonly emailLabel: string;
  readonly passwordLabel: string;
  readonly secretLabel: string;
  readonly start: string;
  readonly continue: string;
  readonly submit: string;
  /** On a button whose work is under way. */
  readonly busy: string;
  readonly cancel: string;
  readonly cancelOther: string;
  readonly back: string;
  readonly goBack: string;
  readonly close: string;
  readonly startAgain: string;
  readonly retry: string;
  readonly startOver: string;
  readonly resend: string;
  readonly otherWay: string;
  readonly chooseWay: ScreenText;
  readonly addDevice: string;
  readonly openHere: string;
  readonly copyLink: string;
  readonly copyCodes: string;
  readonly copied: string;
  readonly qrLabel: string;
  readonly scanSteps: readonly string[];
  readonly waitingForScan: string;
  readonly waitingForAnswer: string;
  readonly savedCodes: string;
  /** What a button says that can be pressed only later. */
  readonly later: (label: string, time: string) => string;
  readonly timeLeft: (time: string) => string;
  readonly oneMinuteLeft: string;
  readonly connectionLost: string;
  readonly connectionBack: string;
  readonly sentTo: (device: string) => string;
  readonly returning: string;
  /** After an approval, before what was refused is sent once more. */
  readonly resending: string;
  /** Before the start, when what was refused is not kept. */
  readonly unkept: Readonly<Record<Unkept, string>>;
  /** On a page that does not go on by itself. */
  readonly checkAgain: string;
  readonly expiredRequirement: ScreenText;
}

/** English. */
export const english: Texts = {
  language: 'en',
  confirming: 'You are confirming',
  states: {
    idle: {
      heading: 'Confirm it’s you',
      lead: 'To go on, approve a request on your phone. Nothing is sent until you press the button.',
    },
    authenticating: { heading: 'One moment', lead: 'Getting your confirmation ready…' },
    listing: { heading: 'One moment', lead: 'Looking up your devices…' },
    choosing: { heading: 'How do you want to confirm?', lead: 'Choose one of the ways below.' },
    enrolling: { heading: 'One moment', lead: 'Preparing the set-up of your device…' },
    confirming: {
      heading: 'Set up your phone',
      lead: 'Link the Auth0 Guardian app to your account, so that you can approve requests on your phone.',
    },
    challenging: { heading: 'One moment', lead: 'Sending the request…' },
    polling: {
      heading: 'Check your phone',
      lead: 'Open the notification and approve the request. This page goes on by itself.',
    },
    verifying: { heading: 'One moment', lead: 'Checking your code…' },
    identifying: { heading: 'Almost done', lead: 'Checking the approval…' },
    acknowledging: {
      heading: 'Save your recovery code',
      lead: 'It lets you in when your phone is lost. Keep it somewhere safe: it is shown only once.',
    },
    approved: { heading: 'Confirmed', lead: 'Thank you, it’s you.' },
    rejected: { heading: 'Request denied', lead: 'The request was denied on your phone.' },
    expired: { heading: 'Time’s up', lead: 'Nobody answered in time.' },
    cancelled: { heading: 'Cancelled', lead: 'Nothing was confirmed and nothing has changed.' },
  },
  password: { heading: 'Enter your password', lead: 'First, make sure that it is really you.' },
  added: { heading: 'Device added', lead: 'From now on you can confirm with it.' },
  newOtp: {
    heading: 'Set up an authenticator app',
    lead: 'Scan this with your authenticator app, then type the code that it shows.',
  },
  failed: 'That didn’t work',
  codeHeading: 'Enter the code',
  codes: {
    otp: 'Open your authenticator app and type the code that it shows.',
    sms: 'We sent you a text message with a code.',
    voice: 'We are calling you. Type the code that you hear.',
    email: 'We sent you an e-mail with a code.',
    'recovery-code': 'Type the recovery code that you saved when you set up your phone.',
  },
  codeLabel: 'Code',
  factors: {
    push: 'Approve on your phone',
    otp: 'Code from an authenticator app',
    sms: 'Code by text message',
    voice: 'Code by phone call',
    email: 'Code by e-mail',
    'recovery-code': 'Recovery code',
  },
  addFactors: {
    push: 'Set up your phone with Auth0 Guardian',
    otp: 'Set up an authenticator app',
    sms: 'Add a phone number for text messages',
    voice: 'Add a phone number for calls',
    email: 'Add an e-mail address',
    'recovery-code': 'Add a recovery code',
  },
  reasons: {
    already_enrolled: 'You have a device already. Confirm with that one.',
    cancelled: 'The request was cancelled.',
    challenge_expired: 'Nobody answered in time. You can send the request again.',
    code_refused: 'That code is not right, or was used already. Check it and try again.',
    credentials_refused: 'That password is not right. Try again.',
    delivery_unknown: 'The request may not have reached your phone. Look there first, or send it again.',
    authenticator_too_new:
      'Your device was added only recently, and this needs one that has been set up for longer. Try again later.',
    enrollment_refused: 'You have no device set up yet. Add one in your account settings, then come back.',
    factor_unavailable: 'This way of confirming is not available now. Choose another one.',
    flow_expired: 'This has been waiting for too long. Start over to go on.',
    identity_refused: 'The approval could not be verified. Please contact support.',
    input_invalid: 'That was not accepted. Check what you typed.',
    input_lost: 'What you typed got lost on the way. Please type it again.',
    login_required: 'Please sign in again, then come back.',
    mfa_not_required: 'Confirming is not set up correctly here. Please contact support.',
    mfa_token_expired: 'This took too long. Start over to go on.',
    no_usable_factor: 'None of your devices can be used for this. Add one in your account settings.',
    not_enrolled: 'This device is not set up any more. Choose another one.',
    password_needed: 'Before a device is added, enter your password.',
    provider_error: 'Something unexpected happened. Try again.',
    provider_misconfigured: 'Confirming is not set up correctly here. Please contact support.',
    provider_unavailable: 'The sign-in service does not answer at the moment. Try again.',
    push_in_progress: 'Another window of yours is waiting for your phone. Finish or cancel that one first.',
    rate_limited: 'Too many requests for now. Wait a little.',
    rejected: 'If that was a mistake, send it again.',
    result_lost: 'The answer got lost on the way. Please do it once more.',
    subject_mismatch: 'Somebody else’s device approved this. Use your own.',
    too_many_attempts: 'Too many attempts. Wait a little before you try again.',
  },
  errors: {
    flow_in_progress: 'You are already confirming something else in this browser.',
    flow_not_found: 'This confirmation has ended. Start again.',
    record_full: 'You have confirmed too much at once. Wait a little.',
    too_many_flows: 'You are confirming too many things at once. Finish or cancel one, or wait a little.',
    requirement_expired: 'This request is too old.',
    requirement_invalid: 'This request does not belong to your session.',
    event_not_allowed: 'That is not possible right now.',
    version_stale: 'That is not possible right now.',
    invalid_request: 'That was not accepted. Check what you typed.',
    cross_site_request: 'This was not sent from the page itself. Go back and try again.',
    insecure_transport: 'This needs a secure connection.',
    store_unavailable: 'The service does not answer at the moment. Try again.',
    unreachable: 'No connection. Check your network and try again.',
  },
  notices: {
    push_requested_elsewhere:
      'Another browser wanted to send you a request too. If that was not you, deny it and change your password.',
  },
  unknownError: 'Something went wrong. Try again.',
  newAddress: 'You will get a code there, to make sure that it is yours.',
  phoneLabel: 'Phone number',
  phoneHint: 'With the country code, for example +1 555 123 4567.',
  emailLabel: 'E-mail address',
  passwordLabel: 'Password',
  secretLabel: 'Or type this key into the app',
  start: 'Send approval request',
  continue: 'Continue',
  submit: 'Confirm',
  busy: 'One moment…',
  cancel: 'Cancel',
  cancelOther: 'Cancel the other and continue',
  back: 'Back',
  goBack: 'Go back',
  close: 'Close',
  startAgain: 'Start again',
  retry: 'Try again',
  startOver: 'Start over',
  resend: 'Send again',
  otherWay: 'Use another way',
  chooseWay: { heading: 'Use another way', lead: 'Choose how you want to confirm.' },
  addDevice: 'Add a device',
  openHere: 'Open on this device',
  copyLink: 'Copy link',
  copyCodes: 'Copy',
  copied: 'Copied',
  qrLabel: 'QR code to scan with the Auth0 Guardian app',
  scanSteps: ['Install Auth0 Guardian on your phone.', 'In the app, add an account and scan this code.'],
  waitingForScan: 'Waiting for your phone…',
  waitingForAnswer: 'Waiting for your answer…',
  savedCodes: 'I have saved it',
  later: (label, time) => `${label} in ${time}`,
  timeLeft: (time) => `${time} left`,
  oneMinuteLeft: 'One minute left.',
  connectionLost: 'Connection lost. Trying again…',
  connectionBack: 'Connected again.',
  sentTo: (device) => `Sent to ${device}`,
  returning: 'Taking you back…',
  resending: 'Press Continue to finish what you have begun.',
  unkept: {
    file: 'A form with a file cannot be kept here. Confirm first, then send it once more.',
    size: 'Your form is too large to be kept here. Confirm first, then send it once more.',
  },
  checkAgain: 'Check again',
  expiredRequirement: {
    heading: 'This request has expired',
    lead: 'Go back to where you came from and try again from there.',
  },
};
