import { stepUpFetch } from '/step-up/assets/stepgate.js';

const form = document.querySelector('#transfer');
const status = document.querySelector('#status');
const button = form.querySelector('button');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  // A disabled button would lose the focus, and the dialog could not give it back.
  if (button.ariaDisabled === 'true') return;
  button.ariaDisabled = 'true';
  status.textContent = '';
  const to = form.elements.to.value;
  const amount = Number(form.elements.amount.value);
  try {
    const response = await stepUpFetch('/transfers', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ to, amount }),
    });
    if (!response.ok) throw new Error(`the bank answered ${response.status}`);
    const row = document.createElement('li');
    row.textContent = `${amount} EUR to ${to}`;
    document.querySelector('#transfers').append(row);
    status.textContent = `Transferred ${amount} EUR to ${to}.`;
  } catch (error) {
    status.textContent =
      error.code === 'cancelled' ? 'Nothing was transferred.' : `Not transferred: ${error.message}`;
  } finally {
    button.ariaDisabled = 'false';
  }
});
