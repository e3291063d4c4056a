import { fileURLToPath } from 'node:url';
import type { Transfer } from './transfer.ts';

/** The folder of the pages' script and style sheet, to be served under `/public`. */
export const publicFolder = fileURLToPath(new URL('../public', import.meta.url));

interface Account {
  readonly username: string;
  readonly transfers: readonly Transfer[];
  /** The page of the phones that customers play with. */
  readonly phoneUrl?: string | undefined;
  /** Whether devices can be managed and the account can be closed. Default `true`. */
  readonly hasAccountSection?: boolean;
}

const OPENING_BALANCE = 12_480.5;

function inEuro(amount: number): string {
  return amount.toLocaleString('en', { minimumFractionDigits: 2 });
}

/** The page of a signed-in customer. The forms work without its script too: the browser then steps up on a page. */
export function accountPage({ username, transfers, phoneUrl, hasAccountSection = true }: Account): string {
  const balance = transfers.reduce((left, { amount }) => left - amount, OPENING_BALANCE);
  const rows = transfers.map(({ to, amount }) => `<li>${amount} EUR to ${escapeHtml(to)}</li>`).join('');
  const account = hasAccountSection
    ? `<p><a href="/step-up/authenticators">Your devices</a></p>
<form id="closing" method="post" action="/closing"><button class="danger">Close account</button></form>`
    : '';
  const phone =
    phoneUrl === undefined
      ? ''
      : `<p class="demo">Pushes, calls, texts and e-mails arrive on the demo phone. <a href="${escapeHtml(phoneOf(username, phoneUrl))}" target="phone">Open the demo phone</a> beside this window.${hasAccountSection ? ' Without a phone yet, you enter your password again and add one by its QR code.' : ''}</p>`;
  return bankPage(`${phone}
<h1>Hello ${escapeHtml(username)}</h1>
<p class="balance"><data id="balance" value="${balance}">${inEuro(balance)}</data> EUR</p>
<form id="transfer" method="post" action="/transfers">
  <label>To <input name="to" value="Grace" required></label>
  <label>Amount (EUR) <input name="amount" type="number" min="1" value="250" required></label>
  <button>Transfer</button>
</form>
<p id="status" role="status"></p>
<h2>Transfers</h2>
<ul id="transfers">${rows}</ul>
<h2>Account</h2>
${account}
<form method="post" action="/logout"><button class="quiet">Sign out</button></form>
<script type="module" src="/public/bank.js"></script>`);
}

function phoneOf(username: string, phoneUrl: string): string {
  const url = new URL(phoneUrl);
  url.searchParams.set('user', username);
  return url.href;
}

/** The page of everybody else. */
export function loginPage(problem = ''): string {
  return bankPage(`
<h1>Sign in</h1>
<form class="sign-in" method="post" action="/login">
  ${problem === '' ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
  <label>Username <input name="username" autocomplete="username" required autofocus></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Sign in</button>
</form>`);
}

/** A page of the bank. */
export function bankPage(content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Example Bank</title>
<link rel="stylesheet" href="/public/bank.css">
</head>
<body>
<header>Example Bank</header>
<main>${content}</main>
</body>
</html>
`;
}

/** The text with every character that HTML could read as its own replaced. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
