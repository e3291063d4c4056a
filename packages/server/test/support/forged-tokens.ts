import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** An RSA key of a tenant, or of somebody who would like to be one. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The public part, as the tenant publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** What a good token says, and with whose key. */
export interface TokenScene {
  readonly issuer: string;
  readonly clientId: string;
  readonly subject: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** The tenant's own key. */
  readonly tenant: SigningKey;
}

/** One way to forge a token, and what it is refused with. */
export interface Forgery {
  /** Goes after "a token". */
  readonly title: string;
  readonly code: 'identity_refused' | 'subject_mismatch';
  readonly make: (scene: TokenScene) => string;
}

type Members = Readonly<Record<string, unknown>>;

/** The address that a forger would like keys to be fetched from. */
export const EVIL_KEYS = 'https://evil.example/.well-known/jwks.json';

/** Makes a key. */
export function createSigningKey(kid: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
  return { privateKey, publicKey, jwk };
}

/** The claims of a good token, with differences; `undefined` leaves one out. */
function claimsOf({ issuer, clientId, subject, now }: TokenScene, differences: Members = {}): Members {
  return { iss: issuer, aud: clientId, sub: subject, iat: now, exp: now + 3_600, ...differences };
}

const encoded = (part: Members | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** A token of these parts, as they are, signed by RS256. */
function compact(header: Members | string, payload: Members | string, key: KeyObject): string {
  const content = `${encoded(header)}.${encoded(payload)}`;
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
}

const GOOD_HEADER = { alg: 'RS256', typ: 'JWT', kid: 'k1' };

/** A token of the tenant's own key. */
export function tenantToken(scene: TokenScene, claims: Members = {}, header: Members = {}): string {
  return compact({ ...GOOD_HEADER, ...header }, claimsOf(scene, claims), scene.tenant.privateKey);
}

/** The same by the forger's key, under the name of the tenant's. */
function strangerToken(scene: TokenScene, header: Members = {}): string {
  return compact({ ...GOOD_HEADER, ...header }, claimsOf(scene), STRANGER.privateKey);
}

function macToken(scene: TokenScene, secret: string | Buffer, header: Members = {}): string {
  const content = `${encoded({ ...GOOD_HEADER, alg: 'HS256', ...header })}.${encoded(claimsOf(scene))}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

function unsigned(scene: TokenScene, alg: string): string {
  return `${encoded({ ...GOOD_HEADER, alg })}.${encoded(claimsOf(scene))}.`;
}

const STRANGER = createSigningKey('k1');
const pem = ({ publicKey }: SigningKey): Buffer =>
  Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));

function claim(title: string, differences: (scene: TokenScene) => Members): Forgery {
  return { title, code: 'identity_refused', make: (scene) => tenantToken(scene, differences(scene)) };
}

function forged(title: string, make: (scene: TokenScene) => string): Forgery {
  return { title, code: 'identity_refused', make };
}

/** The classic ways to forge a token (RFC 8725 has most of them). */
export const FORGERIES: readonly Forgery[] = [
  forged('with alg none', (scene) => unsigned(scene, 'none')),
  forged('with alg None', (scene) => unsigned(scene, 'None')),
  forged('with no alg', (scene) => unsigned(scene, '')),
  forged('with alg none and a signature', (scene) => strangerToken(scene, { alg: 'none' })),
  forged('signed with the public key as the secret, as PEM', (scene) => macToken(scene, pem(scene.tenant))),
  forged('signed with the public key as the secret, as JWK', (scene) =>
    macToken(scene, JSON.stringify(scene.tenant.jwk)),
  ),
  forged('signed with the application’s secret', (scene) => macToken(scene, 'stepgate-demo-secret')),
  forged('signed with an empty secret', (scene) => macToken(scene, '')),
  forged('signed with another key under the same kid', (scene) => strangerToken(scene)),
  forged('signed with another key, without a kid', (scene) => strangerToken(scene, { kid: undefined })),
  forged('with a kid that nobody has', (scene) => tenantToken(scene, {}, { kid: 'k2' })),
  forged('with a kid that is a path', (scene) => macToken(scene, '', { kid: '../../../../dev/null' })),
  forged('with a kid that is no text', (scene) => tenantToken(scene, {}, { kid: { $ne: '' } })),
  forged('that brings its own key (jwk)', (scene) => strangerToken(scene, { jwk: STRANGER.jwk })),
  forged('that tells where its key is (jku)', (scene) =>
    strangerToken(scene, { jku: EVIL_KEYS, kid: 'evil' }),
  ),
  forged('that tells where its certificate is (x5u)', (scene) =>
    strangerToken(scene, { x5u: EVIL_KEYS, kid: 'evil' }),
  ),
  forged('that brings its own certificate (x5c)', (scene) => strangerToken(scene, { x5c: ['MIIB'] })),
  forged('with a critical header that nobody knows', (scene) =>
    tenantToken(scene, {}, { crit: ['x'], x: 1 }),
  ),
  forged(
    'with a signature of zeros for another curve',
    (scene) =>
      `${encoded({ ...GOOD_HEADER, alg: 'ES256' })}.${encoded(claimsOf(scene))}.${Buffer.alloc(64).toString('base64url')}`,
  ),
  forged('under another algorithm than its key has', (scene) => tenantToken(scene, {}, { alg: 'PS256' })),
  forged('whose signature was cut off', (scene) => `${tenantToken(scene).split('.').slice(0, 2).join('.')}.`),
  forged('whose claims were changed', (scene) => {
    const [header, , signature] = tenantToken(scene, { sub: 'grace' }).split('.');
    return `${header}.${encoded(claimsOf(scene))}.${signature}`;
  }),
  forged('whose header says alg twice', (scene) => {
    const header = '{"alg":"RS256","kid":"k1","alg":"none"}';
    return `${encoded(header)}.${encoded(claimsOf(scene))}.`;
  }),
  forged('whose claims are no object', (scene) => compact(GOOD_HEADER, '[]', scene.tenant.privateKey)),
  forged('that is encrypted', (scene) => `${tenantToken(scene)}.AAAA.AAAA`),
  forged('that is no token', () => 'nonsense'),
  forged('of dots', () => '..'),
  forged('that is empty', () => ''),
  forged('that is far too long', (scene) => tenantToken(scene, { padding: 'x'.repeat(100_000) })),
  claim('of another tenant', () => ({ iss: 'https://evil.test/' })),
  claim('of the issuer without its slash', ({ issuer }) => ({ iss: issuer.replace(/\/$/, '') })),
  claim('of the issuer as one of several', ({ issuer }) => ({ iss: [issuer] })),
  claim('of no issuer', () => ({ iss: undefined })),
  claim('for another application', () => ({ aud: 'other' })),
  claim('for an API', () => ({ aud: 'https://bank.example/' })),
  claim('for nobody', () => ({ aud: [] })),
  claim('without an audience', () => ({ aud: undefined })),
  claim('for several, used by none of them', ({ clientId }) => ({ aud: [clientId, 'other'] })),
  claim('for several, used by another', ({ clientId }) => ({ aud: [clientId, 'other'], azp: 'other' })),
  claim('that another application was given', () => ({ azp: 'other' })),
  claim('that is expired', ({ now }) => ({ exp: now - 61 })),
  claim('that never expires', () => ({ exp: undefined })),
  claim('that expires in words', () => ({ exp: 'tomorrow' })),
  claim('that is not yet valid', ({ now }) => ({ nbf: now + 61 })),
  claim('that was issued in the far future', ({ now }) => ({ iat: now + 3_601 })),
  claim('that was issued for another occasion, long ago', ({ now }) => ({ iat: now - 3_601 })),
  claim('that was issued at no time', () => ({ iat: undefined })),
  claim('of nobody', () => ({ sub: undefined })),
  {
    title: 'of another subject',
    code: 'subject_mismatch',
    make: (scene) => tenantToken(scene, { sub: 'auth0|grace' }),
  },
  {
    title: 'of a subject that differs in case',
    code: 'subject_mismatch',
    make: (scene) => tenantToken(scene, { sub: scene.subject.toUpperCase() }),
  },
  {
    title: 'of several subjects',
    code: 'subject_mismatch',
    make: (scene) => tenantToken(scene, { sub: [scene.subject] }),
  },
  {
    title: 'that says two subjects, the right one first',
    code: 'subject_mismatch',
    make: (scene) => {
      const claims = JSON.stringify(claimsOf(scene)).replace(/}$/, ',"sub":"auth0|grace"}');
      return compact(GOOD_HEADER, claims, scene.tenant.privateKey);
    },
  },
];
