import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { readConfigFile, readExportFile } from '../src/command/config-file.ts';
import { writeExport, writeInitialConfig } from '../src/command/write-files.ts';
import { createEmulator } from '../src/index.ts';
import { createBrowser, exchangeCode } from './desk-browser.ts';
import { createTenantClient, enrollPush, startPush } from './tenant-client.ts';

const folder = await mkdtemp(join(tmpdir(), 'emulator-test-'));
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(text: string, name = 'tenant.yaml'): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const tenant = `
users:
  - username: grace
    password: hopper
    sub: auth0|0042
    email: grace@navy.example
    name: Grace Hopper
    claims:
      https://navy.example/rank: rear admiral
    factors:
      - factor: push
      - factor: sms
        phoneNumber: "+15551234567"
clients:
  - clientId: web
    clientSecret: secret
apis:
  - audience: https://navy.example/
    scopes: [read:log]
mfaPolicy: always
dialect:
  pendingStatus: 200
limits:
  pushes: off
`;

describe('a configuration file', () => {
  it('makes the tenant that it describes', async () => {
    const emulator = createEmulator(await readConfigFile(await fileOf(tenant)));
    expect(emulator.users()).toEqual([{ username: 'grace', sub: 'auth0|0042' }]);
    expect(emulator.clients()).toEqual([{ clientId: 'web', clientSecret: 'secret' }]);
    expect(emulator.settings).toMatchObject({ mfaPolicy: 'always', dialect: { pendingStatus: 200 } });
    expect(emulator.settings.limits).toMatchObject({ pushes: 'off', emails: { burst: 20 } });
    expect(emulator.phone('grace').view().authenticators).toMatchObject([
      { id: expect.stringMatching(/^push\|dev_\w{16}$/), active: true },
      { id: expect.stringMatching(/^totp\|dev_\w{16}$/), active: true },
      { id: expect.stringMatching(/^sms\|dev_\w{16}$/), name: 'XXXXXXXX4567' },
      { id: expect.stringMatching(/^voice\|dev_\w{16}$/) },
    ]);
    emulator.configure({ mfaPolicy: 'never' });
    const client = createTenantClient(emulator);
    const { body } = await client.token({
      grant_type: 'password',
      username: 'grace',
      password: 'hopper',
      scope: 'openid profile read:log fly',
      client_id: 'web',
      client_secret: 'secret',
    });
    expect(body.scope).toBe('openid profile read:log');
    expect(decodeJwt(String(body.id_token))).toMatchObject({
      sub: 'auth0|0042',
      name: 'Grace Hopper',
      'https://navy.example/rank': 'rear admiral',
    });
  });

  it('gives the same ids and secrets in every run', async () => {
    const config = await readConfigFile(await fileOf(tenant));
    const [first, second] = [createEmulator(config), createEmulator(config)];
    const viewOf = (emulator: typeof first) => emulator.phone('grace').view().authenticators;
    expect(viewOf(first)).toEqual(viewOf(second));
  });

  it('can be JSON', async () => {
    const file = await fileOf('{"users": [{"username": "ada", "password": "x"}]}', 'tenant.json');
    expect(await readConfigFile(file)).toEqual({ users: [{ username: 'ada', password: 'x' }] });
  });

  it.each([
    [
      'a misspelt member',
      'clients:\n  - clientId: web\n    secret: x',
      ':3: clients[0].secret is unknown here',
    ],
    ['a misspelt setting', 'mfaPolicy: always\nmfaPolizy: never', ':2: mfaPolizy is unknown here'],
    ['a misspelt dialect', 'dialect:\n  pendingStatuz: 200', ':2: dialect.pendingStatuz is unknown here'],
    ['a missing member', 'users:\n  - email: a@b.c', ':2: users[0].username is missing'],
    ['a user without password', 'users:\n  - username: ada', ':2: users[0] needs a password'],
    ['a wrong value', 'users:\n  - username: ada\n    password: 1', ':3: users[0].password is a string'],
    ['a wrong factor', 'factors: [push, fax]', ':1: factors[1] is one of "push", "otp"'],
    [
      'a name that is there twice',
      'clients:\n  - clientId: a\n  - clientId: a',
      'clients holds a clientId twice',
    ],
    ['audience beside apis', 'audience: a\napis:\n  - audience: b', 'has audience or apis, not both'],
    ['a list', '- a', 'must be an object'],
    ['no YAML', 'users: [', ':1: Flow sequence'],
  ])('is refused by name and line: %s', async (_case, text, message) => {
    const file = await fileOf(text);
    await expect(readConfigFile(file)).rejects.toThrow(message);
    await expect(readConfigFile(file)).rejects.toThrow(file);
  });

  it('that is missing gets a sentence', async () => {
    await expect(readConfigFile(join(folder, 'nowhere.yaml'))).rejects.toThrow('There is no file');
  });

  it('to begin with describes the default tenant, and everything in it can be switched on', async () => {
    const file = join(folder, 'initial.yaml');
    await writeInitialConfig(file);
    await expect(writeInitialConfig(file)).rejects.toThrow('There is a file');
    const text = await readFile(file, 'utf8');
    const emulator = createEmulator(await readConfigFile(file));
    expect(emulator.users().map(({ username }) => username)).toEqual(['ada', 'grace']);
    const everything = await fileOf(text.replace(/^( *)#(?! \S)/gm, '$1'), 'everything.yaml');
    expect(createEmulator(await readConfigFile(everything)).settings).toEqual(createEmulator().settings);
  });
});

describe('an export', () => {
  it('keeps users with their factors, tokens, sessions and the key for the next run', async () => {
    const emulator = createEmulator({ recoveryCodes: false });
    const server = await emulator.listen();
    onTestFinished(() => server.close());
    const client = createTenantClient(emulator);
    await enrollPush(emulator, client);
    emulator.addClient({ clientId: 'late', clientSecret: 'secret' });
    emulator.configure({ mfaPolicy: 'never', messageCodeLength: 8 });
    const browser = createBrowser(client);
    const { body } = await exchangeCode(client, await browser.code());

    const file = join(folder, 'kept.json');
    await writeExport({ file, url: server.url });
    expect((await stat(file)).mode & 0o077).toBe(0);
    const { config, state } = await readExportFile(file);
    const again = createEmulator({ ...config, issuer: server.url, state });
    const next = createTenantClient(again);

    expect(again.clients()).toEqual(emulator.clients());
    expect(again.settings).toEqual(emulator.settings);
    expect(again.phone('ada').view().authenticators).toEqual(emulator.phone('ada').view().authenticators);
    const userinfo = await next.call('GET', '/userinfo', { bearer: String(body.access_token) });
    expect(userinfo.status).toBe(200);
    const renewed = await next.token({
      grant_type: 'refresh_token',
      refresh_token: String(body.refresh_token),
    });
    expect(renewed.status).toBe(200);
    again.configure({ mfaPolicy: 'scope' });
    const { mfaToken, oobCode } = await startPush(next);
    again.phone('ada').approve();
    expect(await next.oob(mfaToken, oobCode)).toMatchObject({ status: 200 });
  });

  it('of another version is refused', async () => {
    const file = await fileOf('{"version": 2}', 'old.json');
    await expect(readExportFile(file)).rejects.toThrow('is not an export of this version');
  });

  it('is not written when no emulator answers', async () => {
    const file = join(folder, 'none.json');
    await expect(writeExport({ file, url: 'http://127.0.0.1:1' })).rejects.toThrow('There is no emulator');
  });
});
