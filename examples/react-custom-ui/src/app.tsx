import { createStepUpFetch, StepUpCancelled, type StepUpPrompt } from '@stepgate/web';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { StepUp } from './step-up.tsx';

interface Account {
  readonly username: string;
  readonly phone: string | null;
  readonly notes: readonly string[];
}

async function loadAccount(): Promise<Account> {
  const response = await fetch('/account');
  return (await response.json()) as Account;
}

function messageFor({ ok, status }: Response): string {
  if (ok) return 'All notes are deleted.';
  // An approval is for one call, and there may be another tab that waited for the same one.
  return status === 401 ? 'The approval has been used already. Please start again.' : 'That did not work.';
}

/** An app with one thing to protect: its notes are deleted only after an approval. */
export function App(): ReactNode {
  const [account, setAccount] = useState<Account>();
  const [prompt, setPrompt] = useState<StepUpPrompt>();
  const [message, setMessage] = useState('');

  const stepUpFetch = useMemo(
    () =>
      createStepUpFetch({
        onStepUp: (shown) => {
          setPrompt(shown);
          shown.signal.addEventListener('abort', () => setPrompt(undefined));
        },
      }),
    [],
  );

  useEffect(() => {
    void loadAccount().then(setAccount);
  }, []);

  async function deleteNotes(): Promise<void> {
    setMessage('');
    try {
      const response = await stepUpFetch('/notes', { method: 'DELETE' });
      setMessage(messageFor(response));
    } catch (error) {
      if (!(error instanceof StepUpCancelled)) throw error;
      setMessage('Nothing was deleted.');
    } finally {
      setPrompt(undefined);
    }
    setAccount(await loadAccount());
  }

  if (account === undefined) return <main aria-busy="true" />;
  return (
    <div className="desk">
      <main>
        <h1>Notes of {account.username}</h1>
        <ul>
          {account.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
        {prompt === undefined ? (
          <button type="button" onClick={() => void deleteNotes()}>
            Delete all notes
          </button>
        ) : (
          <StepUp stepUp={prompt.stepUp} action={prompt.action} />
        )}
        <p role="status">{message}</p>
      </main>
      {account.phone !== null && <iframe title="The phone" src={account.phone} />}
    </div>
  );
}
