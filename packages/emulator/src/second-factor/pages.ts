import { html, raw } from 'hono/html';
import { renderSVG } from 'uqr';
import { type BrowserRequest, cancelForm, loginForm, loginPage } from '../browser/browser-request.ts';
import type { Html } from '../browser/page.ts';
import type { EmulatorError } from '../lib/emulator-error.ts';
import { allowedFactors } from '../mfa-api/mfa-required.ts';
import type { Factor } from '../settings/factor.ts';
import { type Authenticator, toDisplayName } from '../state/authenticator.ts';
import type { LoginMfa } from '../state/login-state.ts';
import { challengeable } from './begin.ts';

/** How often the page looks whether the phone has answered, in seconds. */
const lookEverySeconds = 1;

const labels: Readonly<Record<Factor, string>> = {
  push: 'Push notification',
  otp: 'One-time password',
  sms: 'Text message',
  voice: 'Phone call',
  email: 'E-mail',
  'recovery-code': 'Recovery code',
};

/** The page of the step at which the second factor stands. */
export function secondFactorPage(request: BrowserRequest, mfa: LoginMfa, error?: EmulatorError): Response {
  const { step } = mfa;
  switch (step.name) {
    case 'choose':
      return choicePage(request, mfa, error);
    case 'choose-enrollment':
      return enrollmentChoicePage(request, error);
    case 'challenge':
      return isPush(step) ? pushPage(request, step.authenticator, error) : codePage(request, step, error);
    case 'enroll':
      return enrollmentPage(request, step, error);
    case 'recovery-code':
      return recoveryCodePage(request, step.code);
  }
}

function isPush({ authenticator }: { readonly authenticator: Authenticator }): boolean {
  return authenticator.factor === 'push';
}

function choicePage(request: BrowserRequest, mfa: LoginMfa, error?: EmulatorError): Response {
  const rows = challengeable(request.tenant, mfa.transaction.grant.user);
  const buttons = rows.map(
    (row) => html`<button class="other" name="authenticator" value="${row.id}">${labelOf(row)}</button>`,
  );
  return loginPage(request, {
    title: 'How do you want to prove that it is you?',
    intro: 'Choose one of your factors.',
    error,
    content: html`${actionForm(request, 'choose', html`${buttons}`)}
${cancelForm(request)}`,
  });
}

function pushPage(request: BrowserRequest, authenticator: Authenticator, error?: EmulatorError): Response {
  const name = toDisplayName(authenticator) ?? 'your phone';
  return loginPage(request, {
    title: 'Approve on your phone',
    intro: `A notification was sent to ${name}.`,
    error,
    refreshSeconds: lookEverySeconds,
    content: html`${actionForm(request, 'look', html`${rememberBox(request)}<button>I have answered</button>`)}
${actionForm(request, 'choose', html`<button class="other" name="authenticator" value="${authenticator.id}">Send again</button>`)}
${others(request)}
${cancelForm(request)}`,
  });
}

function codePage(
  request: BrowserRequest,
  { authenticator }: { readonly authenticator: Authenticator },
  error?: EmulatorError,
): Response {
  const { factor } = authenticator;
  const to = toDisplayName(authenticator);
  const intro =
    to === undefined
      ? `Enter ${factor === 'otp' ? 'the code that your app shows' : 'your recovery code'}.`
      : `A code was sent to ${to}.`;
  return loginPage(request, {
    title: labels[factor],
    intro,
    error,
    content: html`${codeForm(request)}
${
  to === undefined
    ? ''
    : actionForm(
        request,
        'choose',
        html`<button class="other" name="authenticator" value="${authenticator.id}">Send another code</button>`,
      )
}
${others(request)}
${cancelForm(request)}`,
  });
}

function enrollmentChoicePage(request: BrowserRequest, error?: EmulatorError): Response {
  const offered = allowedFactors(request.tenant, 'enroll').filter((factor) => factor !== 'recovery-code');
  const forms = offered.map((factor) =>
    actionForm(
      request,
      'enroll',
      html`${addressField(factor)}<button class="other" name="factor" value="${factor}">${labels[factor]}</button>`,
    ),
  );
  return loginPage(request, {
    title: 'Keep your account safe',
    intro: 'This login needs a second factor: add one.',
    error,
    content: html`${forms}
${cancelForm(request)}`,
  });
}

function addressField(factor: Factor): Html | string {
  if (factor !== 'sms' && factor !== 'voice' && factor !== 'email') return '';
  const id = `address-${factor}`;
  return factor === 'email'
    ? html`<label for="${id}">E-mail address</label>
<input id="${id}" name="address" type="email" autocomplete="email" placeholder="the one of your account">`
    : html`<label for="${id}">Phone number</label>
<input id="${id}" name="address" type="tel" autocomplete="tel" placeholder="+15551234567" required>`;
}

function enrollmentPage(
  request: BrowserRequest,
  step: Extract<LoginMfa['step'], { readonly name: 'enroll' }>,
  error?: EmulatorError,
): Response {
  const { authenticator, barcodeUri } = step;
  const isScanned = authenticator.factor === 'push';
  const qrCode =
    barcodeUri === undefined
      ? ''
      : html`<div class="qr" role="img" aria-label="QR code to scan">${raw(renderSVG(barcodeUri, { border: 2, ecc: 'L' }))}</div>`;
  const next = isScanned
    ? actionForm(request, 'look', html`<button>I have scanned it</button>`)
    : codeForm(request);
  return loginPage(request, {
    title: `Add: ${labels[authenticator.factor]}`,
    intro:
      barcodeUri === undefined
        ? `A code was sent to ${toDisplayName(authenticator)}.`
        : 'Scan this code with your phone.',
    error,
    ...(isScanned && { refreshSeconds: lookEverySeconds }),
    content: html`${qrCode}
${authenticator.secret === undefined || isScanned ? '' : html`<p class="note">Or enter this secret: <code>${authenticator.secret}</code></p>`}
${next}
${others(request)}
${cancelForm(request)}`,
  });
}

function recoveryCodePage(request: BrowserRequest, code: string): Response {
  return loginPage(request, {
    title: 'Keep your recovery code',
    intro: 'It lets you in once, should you lose your phone. It is not shown again.',
    content: html`<p class="code"><code>${code}</code></p>
${actionForm(request, 'kept', html`<button>I have kept it</button>`)}
${cancelForm(request)}`,
  });
}

function codeForm(request: BrowserRequest): Html {
  const fields = html`<label for="code">Code</label>
<input id="code" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="64" required autofocus>
${rememberBox(request)}<button>Continue</button>`;
  return actionForm(request, 'code', fields);
}

function others(request: BrowserRequest): Html {
  return actionForm(request, 'others', html`<button class="quiet">Try another way</button>`);
}

function rememberBox({ tenant }: BrowserRequest): Html | string {
  if (!tenant.settings.rememberBrowser) return '';
  return html`<label class="check"><input type="checkbox" name="remember" value="yes"> Remember this browser for 30 days</label>`;
}

function actionForm(request: BrowserRequest, action: string, fields: Html): Html {
  return loginForm(request, '/u/mfa', html`<input type="hidden" name="action" value="${action}">${fields}`);
}

function labelOf(authenticator: Authenticator): string {
  const name = toDisplayName(authenticator);
  return name === undefined ? labels[authenticator.factor] : `${labels[authenticator.factor]}: ${name}`;
}
