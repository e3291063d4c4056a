import { readSession } from '../bank/session.ts';
import { transfersOf } from '../bank/transfers.ts';
import { logIn, logOut } from './actions.ts';
import { TransferForm } from './transfer-form.tsx';

export default async function Home() {
  const session = await readSession();
  if (session === undefined) {
    return (
      <>
        <h1>Sign in</h1>
        <form action={logIn}>
          <label>
            Username <input name="username" autoComplete="username" required />
          </label>
          <label>
            Password <input name="password" type="password" autoComplete="current-password" required />
          </label>
          <button type="submit">Sign in</button>
        </form>
      </>
    );
  }
  const { DEMO_PHONE_URL } = process.env;
  return (
    <>
      {DEMO_PHONE_URL && (
        <p className="demo">
          Pushes arrive on the demo phone. <a href={DEMO_PHONE_URL}>Open the demo phone</a> beside this
          window.
        </p>
      )}
      <h1>Hello {session.username}</h1>
      <TransferForm />
      <h2>Transfers</h2>
      <ul>
        {transfersOf(session.sub).map(({ to, amount }, nth) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows.
          <li key={nth}>{`${amount} EUR to ${to}`}</li>
        ))}
      </ul>
      <p>
        <a href="/limits">Your limits</a>
      </p>
      <form action={logOut}>
        <button type="submit" className="quiet">
          Sign out
        </button>
      </form>
    </>
  );
}
