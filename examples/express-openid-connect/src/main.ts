import { randomBytes } from 'node:crypto';
import { auth0, createGate, identifyByOidc } from '@stepgate/express';
import { publicFolder, readSettings, serveBank } from 'example-bank-ui';
import express from 'express';
import oidc from 'express-openid-connect';
import { accountPage } from './account-page.ts';

const { port, issuer, clientId, clientSecret, maxAge } = readSettings(process.env, { port: 3000 });
const baseURL = `http://127.0.0.1:${port}`;
const audience = 'https://bank.example/';
// A real app keeps it in its configuration, the same for all of its processes.
const secret = randomBytes(32).toString('hex');

/** Refresh tokens that the tenant has rotated since the sign-in, by login. A table, in a real app. */
const rotated = new Map<string, string>();

const gate = createGate({
  // The emulator on this machine speaks plain http. A real tenant never does.
  provider: auth0({
    issuer,
    clientId,
    clientSecret,
    mfaApi: { audience, scope: 'transfer:funds' },
    allowInsecureIssuer: true,
  }),
  secret,
  identify: identifyByOidc(),
  firstLeg: {
    refreshToken: ({ request, identity }) => rotated.get(identity.sessionId) ?? request.oidc.refreshToken,
    saveRefreshToken: ({ identity }, token) => void rotated.set(identity.sessionId, token),
    password: { username: ({ request }) => String(request.oidc.user?.nickname) },
  },
  loginUrl: () => '/login',
});

const app = express();
app.disable('x-powered-by');
app.use('/public', express.static(publicFolder));
app.use(
  oidc.auth({
    issuerBaseURL: issuer,
    baseURL,
    clientID: clientId,
    clientSecret,
    // As an application at Auth0 must be set up for the MFA API. The default is Basic.
    clientAuthMethod: 'client_secret_post',
    secret,
    // The refresh token is what a step-up begins with.
    authorizationParams: { response_type: 'code', scope: 'openid profile offline_access', audience },
    authRequired: false,
    idpLogout: true,
  }),
);
app.use(gate);
app.use(express.urlencoded({ extended: false }));

/** By user. A table, in a real app. */
const transfers = new Map<string, number[]>();

app.get('/', oidc.requiresAuth(), ({ oidc: { user } }, res) => {
  res.type('html').send(accountPage(String(user?.name), transfers.get(String(user?.sub)) ?? []));
});

// A form that was refused is kept, and offered to be sent once more after the approval.
app.post('/transfers', gate.require({ maxAge }, { replay: true }), ({ oidc: { user }, body }, res) => {
  const { amount } = (body ?? {}) as { amount?: string };
  const sub = String(user?.sub);
  transfers.set(sub, [...(transfers.get(sub) ?? []), Number(amount)]);
  res.redirect(303, '/');
});

serveBank(app, { port, gate });
