// An emulated tenant without limits, as a separate process (with `limited`: with those of exchanges). It pings the address
// in the environment variable PING, if there is one. It obeys messages of its parent, and answers each when it is done:
// {users: n} adds users with phones, {approve: username} approves on a phone, {count} returns the number of requests,
// {challenges: n} sends n pushes to the users in turn.

import { subscribe } from 'node:diagnostics_channel';
import { createEmulator } from '@stepgate/emulator';

const DAY_MS = 86_400_000;
const client = { client_id: 'stepgate-demo', client_secret: 'stepgate-demo-secret' };
const isLimited = process.argv.includes('limited');
const limits = Object.fromEntries(
  ['authenticationApi', 'pushes', 'wrongPasswords', ...(isLimited ? [] : ['oobExchange'])].map((name) => [
    name,
    'off',
  ]),
);
const { PING: notificationEndpoint } = process.env;
const emulator = createEmulator({
  limits,
  ...(notificationEndpoint !== undefined && {
    clients: [{ clientId: client.client_id, clientSecret: client.client_secret, notificationEndpoint }],
    dialect: { cibaDelivery: 'ping', cibaLoginHint: 'any' },
  }),
  ...(!isLimited && { lifetimes: { mfaTokenMs: DAY_MS, oobCodeMs: DAY_MS, enrollmentMs: DAY_MS } }),
});
const { url } = await emulator.listen();
const users = [];
// The emulator's own log is bounded.
let requests = 0;
let refusals = 0;
subscribe('http.server.request.start', () => {
  requests += 1;
});
subscribe('http.server.response.finish', ({ response }) => {
  if (response.statusCode === 429) refusals += 1;
});

async function call(path, body, bearer) {
  const response = await emulator.handle(
    new Request(new URL(path, url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify({ ...client, ...body }),
    }),
  );
  return response.json();
}

async function firstLeg({ username, password }) {
  const { mfa_token } = await call('oauth/token', {
    grant_type: 'password',
    username,
    password,
    audience: 'https://bank.example/',
    scope: 'openid transfer:funds',
  });
  return mfa_token;
}

async function addUser(username) {
  const user = { username, password: 'correct-horse' };
  users.push({ ...user, sub: emulator.addUser(user).sub });
  const mfa_token = await firstLeg(user);
  await call('mfa/associate', { authenticator_types: ['oob'], oob_channels: ['auth0'] }, mfa_token);
  emulator.phone(username).scan();
}

const answers = {
  async users(count) {
    while (users.length < count) await addUser(`user-${users.length}`);
    return users;
  },
  async challenges(count) {
    const challenges = [];
    for (let place = 0; place < count; place += 1) {
      const mfa_token = await firstLeg(users[place % users.length]);
      const { oob_code } = await call('mfa/challenge', { mfa_token, challenge_type: 'oob' });
      challenges.push({ mfa_token, oob_code });
    }
    return challenges;
  },
  async approve(username) {
    emulator.phone(username).approve();
    return Date.now();
  },
  async refusals() {
    return refusals;
  },
  async count() {
    return requests;
  },
};

process.on('message', async ({ id, ask, about }) => process.send({ id, answer: await answers[ask](about) }));
process.once('disconnect', () => process.exit());
process.send({ url });
