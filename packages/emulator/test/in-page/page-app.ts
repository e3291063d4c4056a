// Bundled into a page that holds the tenant and the phone, and tells its server what came of it.
import { createEmulator, mountPhone } from '../../src/browser.ts';

const emulator = createEmulator({
  issuer: 'https://tenant.example/',
  users: [{ username: 'ada', password: 'correct-horse', factors: [{ factor: 'push' }] }],
});
const secret = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };
const host = document.body.appendChild(document.createElement('div'));
mountPhone(host, emulator.phone('ada'));

async function post(path: string, form: Record<string, string>): Promise<Record<string, string>> {
  const url = `${emulator.issuer}${path}`;
  const request = new Request(url, { method: 'POST', body: new URLSearchParams({ ...secret, ...form }) });
  return (await emulator.handle(request)).json() as Promise<Record<string, string>>;
}

/** Presses the button of the newest push, once the phone on the page shows it; the text of its card. */
async function approve(): Promise<string> {
  for (;;) {
    const card = host.shadowRoot?.querySelector('.push');
    const button = card?.querySelector<HTMLButtonElement>('button.yes');
    if (card !== null && card !== undefined && button !== null && button !== undefined) {
      button.click();
      return card.textContent;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stepUp(): Promise<string | undefined> {
  const ada = { username: 'ada', password: 'correct-horse', scope: 'openid transfer:funds' };
  const { mfa_token = '' } = await post('oauth/token', { grant_type: 'password', ...ada });
  const { oob_code = '' } = await post('mfa/challenge', { mfa_token });
  await approve();
  const grant_type = 'http://auth0.com/oauth/grant-type/mfa-oob';
  return (await post('oauth/token', { grant_type, mfa_token, oob_code })).scope;
}

async function askByCiba(): Promise<{ card: string; scope: string | undefined }> {
  const login_hint = JSON.stringify({
    format: 'iss_sub',
    iss: emulator.issuer,
    sub: emulator.users()[0]?.sub,
  });
  const asked = { scope: 'openid', binding_message: 'K7QM-Transfer', login_hint };
  const { auth_req_id = '' } = await post('bc-authorize', asked);
  const card = await approve();
  const grant_type = 'urn:openid:params:grant-type:ciba';
  return { card, scope: (await post('oauth/token', { grant_type, auth_req_id })).scope };
}

async function run(): Promise<unknown> {
  try {
    return { stepUp: await stepUp(), ciba: await askByCiba() };
  } catch (error) {
    return { error: String(error) };
  }
}

void run().then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
