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
/** What a page needs. */
interface Page {
  readonly request: BrowserRequest;
  readonly mfa: LoginMfa;
  readonly error?: EmulatorError | undefined;
}

export function secondFactorPage(request: BrowserRequest, mfa: LoginMfa, error?: EmulatorError): Response {
  const page: Page = { request, mfa, error };
  const { step } = mfa;
  switch (step.name) {
    case 'choose':
      return choicePage(page);
    case 'choose-enrollment':
      return enrollmentChoicePage(page);
    case 'challenge':
      return isPush(step) ? pushPage(page, step.authenticator) : codePage(page, step);
    case 'enroll':
      return enrollmentPage(page, step);
    case 'recovery-code':
      return recoveryCodePage(page, step.code);
  }
}

function isPush({ authenticator }: { readonly authenticator: Authenticator }): boolean {
  return authenticator.factor === 'push';
}

function choicePage(page: Page): Response {
  const { request, mfa, error } = page;
  const rows = challengeable(request.tenant, mfa.transaction.grant.user);
  const buttons = rows.map(
    (row) => html`<button class="other" name="authenticator" value="${row.id}">${labelOf(row)}</button>`,
  );
  return loginPage(request, {
    title: 'How do you want to prove that it is you?',
    intro: 'Choose one of your factors.',
    error,
    content: html`${actionForm(page, 'choose', html`${buttons}`)}
${cancel(page)}`,
  });
}

function pushPage(page: Page, authenticator: Authenticator): Response {
  const { request, error } = page;
  const name = toDisplayName(authenticator) ?? 'your phone';
  return loginPage(request, {
    title: 'Approve on your phone',
    intro: `A notification was sent to ${name}.`,
    error,
    refreshSeconds: lookEverySeconds,
    content: html`${actionForm(page, 'look', html`${rememberBox(page)}<button>I have answered</button>`)}
${actionForm(page, 'choose', html`<button class="other" name="authenticator" value="${authenticator.id}">Send again</button>`)}
${others(page)}
${cancel(page)}`,
  });
}

function codePage(page: Page, { authenticator }: { readonly authenticator: Authenticator }): Response {
  const { request, error } = page;
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
    content: html`${codeForm(page)}
${
  to === undefined
    ? ''
    : actionForm(
        page,
        'choose',
        html`<button class="other" name="authenticator" value="${authenticator.id}">Send another code</button>`,
      )
}
${others(page)}
${cancel(page)}`,
  });
}

function enrollmentChoicePage(page: Page): Response {
  const { request, error } = page;
  const offered = allowedFactors(request.tenant, 'enroll').filter((factor) => factor !== 'recovery-code');
  const forms = offered.map((factor) =>
    actionForm(
      page,
      'enroll',
      html`${addressField(factor)}<button class="other" name="factor" value="${factor}">${labels[factor]}</button>`,
    ),
  );
  return loginPage(request, {
    title: 'Keep your account safe',
    intro: 'This login needs a second factor: add one.',
    error,
    content: html`${forms}
${cancel(page)}`,
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

function enrollmentPage(page: Page, step: Extract<LoginMfa['step'], { readonly name: 'enroll' }>): Response {
  const { request, error } = page;
  const { authenticator, barcodeUri } = step;
  const isScanned = authenticator.factor === 'push';
  const qrCode =
    barcodeUri === undefined
      ? ''
      : html`<div class="qr" role="img" aria-label="QR code to scan">${raw(renderSVG(barcodeUri, { border: 2, ecc: 'L' }))}</div>`;
  const next = isScanned
    ? actionForm(page, 'look', html`<button>I have scanned it</button>`)
    : codeForm(page);
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
${others(page)}
${cancel(page)}`,
  });
}

function recoveryCodePage(page: Page, code: string): Response {
  return loginPage(page.request, {
    title: 'Keep your recovery code',
    intro: 'It lets you in once, should you lose your phone. It is not shown again.',
    content: html`<p class="code"><code>${code}</code></p>
${actionForm(page, 'kept', html`<button>I have kept it</button>`)}
${cancel(page)}`,
  });
}

function codeForm(page: Page): Html {
  const fields = html`<label for="code">Code</label>
<input id="code" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="64" required autofocus>
${rememberBox(page)}<button>Continue</button>`;
  return actionForm(page, 'code', fields);
}

function others(page: Page): Html {
  return actionForm(page, 'others', html`<button class="quiet">Try another way</button>`);
}

function rememberBox({ request, mfa }: Page): Html | string {
  if (mfa.path === '/u/enroll' || !request.tenant.settings.rememberBrowser) return '';
  return html`<label class="check"><input type="checkbox" name="remember" value="yes"> Remember this browser for 30 days</label>`;
}

function actionForm(page: Page, action: string, fields: Html): Html {
  return loginForm(
    page.request,
    page.mfa.path,
    html`<input type="hidden" name="action" value="${action}">${fields}`,
  );
}

function labelOf(authenticator: Authenticator): string {
  const name = toDisplayName(authenticator);
  return name === undefined ? labels[authenticator.factor] : `${labels[authenticator.factor]}: ${name}`;
}

/** A login can be cancelled. A ticket has no cancel button. */
function cancel({ request, mfa }: Page): Html | string {
  return mfa.path === '/u/mfa' ? cancelForm(request) : '';
}
