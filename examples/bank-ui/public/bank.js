import { stepUpFetch } from '/step-up/assets/stepgate.js';

const status = document.querySelector('#status');

/** What a form does: `send` gives the body to send, `done` shows what came of it. */
function act(form, { send, done, cancelled, failed }) {
  const button = form.querySelector('button');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    // A disabled button would lose the focus, and the dialog could not give it back.
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    status.textContent = '';
    const body = send();
    try {
      const response = await stepUpFetch(form.getAttribute('action'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`the bank answered ${response.status}`);
      done(body);
    } catch (error) {
      status.textContent = error.code === 'cancelled' ? cancelled : `${failed}: ${error.message}`;
    } finally {
      button.ariaDisabled = 'false';
    }
  });
}

const transfer = document.querySelector('#transfer');
act(transfer, {
  send: () => ({ to: transfer.elements.to.value, amount: Number(transfer.elements.amount.value) }),
  done({ to, amount }) {
    const row = document.createElement('li');
    row.textContent = `${amount} EUR to ${to}`;
    document.querySelector('#transfers').append(row);
    const balance = document.querySelector('#balance');
    balance.value = String(Number(balance.value) - amount);
    balance.textContent = Number(balance.value).toLocaleString('en', { minimumFractionDigits: 2 });
    status.textContent = `Transferred ${amount} EUR to ${to}.`;
  },
  cancelled: 'Nothing was transferred.',
  failed: 'Not transferred',
});

const closing = document.querySelector('#closing');
if (closing)
  act(closing, {
    send: () => ({}),
    // Nobody is signed in any more.
    done: () => location.assign('/'),
    cancelled: 'Your account stays open.',
    failed: 'Not closed',
  });
