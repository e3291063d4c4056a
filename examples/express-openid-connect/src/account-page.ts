import { escapeHtml } from 'example-bank-ui';

/** The page of a signed-in customer: forms and links, no script. */
export function accountPage(username: string, amounts: readonly number[]): string {
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
<main>
<h1>Hello ${escapeHtml(username)}</h1>
<form method="post" action="/transfers">
  <label>Amount (EUR) <input name="amount" type="number" min="1" value="250" required></label>
  <button>Transfer</button>
</form>
<h2>Transfers</h2>
<ul>${amounts.map((amount) => `<li>${amount} EUR to Grace</li>`).join('')}</ul>
<p><a href="/logout">Sign out</a></p>
</main>
</body>
</html>
`;
}
