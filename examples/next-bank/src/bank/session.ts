import { createHash, randomUUID } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { cookies } from 'next/headers';

/** Who is signed in. It travels in an encrypted cookie. */
export interface Session {
  readonly sub: string;
  readonly username: string;
  /** Random for each login: approvals end with it. */
  readonly loginId: string;
  readonly refreshToken?: string;
}

const NAME = 'session';

function key(): Uint8Array {
  const { SESSION_SECRET = '' } = process.env;
  if (SESSION_SECRET.length < 32) throw new Error('SESSION_SECRET must have at least 32 characters');
  return createHash('sha256').update(SESSION_SECRET).digest();
}

/** The session of the request; `undefined` when nobody is signed in. */
export async function readSession(): Promise<Session | undefined> {
  const token = (await cookies()).get(NAME)?.value;
  return token === undefined ? undefined : open(token);
}

/** The session in the headers of a request, where `cookies()` of Next.js is out of reach. */
export async function sessionOf(request: Request): Promise<Session | undefined> {
  const token = /(?:^|; )session=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1];
  return token === undefined ? undefined : open(token);
}

async function open(token: string): Promise<Session | undefined> {
  try {
    return (await jwtDecrypt<Session>(token, key())).payload;
  } catch {
    return undefined;
  }
}

/** Begins a session, in a Server Action. */
export async function beginSession(user: Omit<Session, 'loginId'>): Promise<void> {
  const token = await new EncryptJWT({ ...user, loginId: randomUUID() })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setExpirationTime('8h')
    .encrypt(key());
  (await cookies()).set(NAME, token, { httpOnly: true, sameSite: 'lax' });
}

/** Ends it. */
export async function endSession(): Promise<void> {
  (await cookies()).delete(NAME);
}
