import { bankPage, escapeHtml } from 'example-bank-ui';

/** The page of everybody who is not signed in. `sub`: who is suggested. */
export function signInPage(sub = ''): string {
  return bankPage(`
<p class="demo">A demo: anybody you name is signed in, without a password.</p>
<h1>Sign in</h1>
<form class="sign-in" method="post" action="/login">
  <label><span>Subject: the <code>sub</code> of a user of your provider</span> <input name="sub" value="${escapeHtml(sub)}" required autofocus></label>
  <button>Sign in</button>
</form>`);
}
