import { createAuth0SignIn } from '@stepgate/core';
import { createEmulator, type EnrolledFactor, type LoggedRequest } from '@stepgate/emulator/browser';

/** What the page shows of one request to the tenant. */
export interface TimelineEntry {
  readonly method: string;
  readonly path: string;
  readonly note: string;
  /** Missing if the network was down. */
  readonly status?: number | undefined;
}

/** The tenant is in this page, and so is the bank: there is nobody to keep it from. */
const SECRET = 'not a secret, in a page';
const ada = { username: 'ada', password: 'correct-horse' };

/** A tenant with one user, in this page, and the network between it and the bank. */
export function createTenant(onRequest: (entry: TimelineEntry) => void) {
  let isOnline = true;
  const emulator = createEmulator({
    issuer: 'https://bank.eu.auth0.example/',
    clients: [{ clientId: 'bank', clientSecret: SECRET, name: 'Bank', rotatesRefreshTokens: false }],
    users: [ada],
    onRequest: (request) => onRequest(entryOf(request)),
  });
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    if (isOnline) return emulator.handle(request);
    onRequest({ method: request.method, path: new URL(request.url).pathname, note: '' });
    throw new TypeError('The network is down.');
  };
  const client = {
    issuer: emulator.issuer,
    clientId: 'bank',
    clientSecret: SECRET,
    fetch: send,
    now: () => emulator.clock.now(),
  };

  const subject = emulator.users()[0]?.sub ?? '';

  return {
    client,
    subject,
    phone: emulator.phone(ada.username),
    clock: {
      now: () => emulator.clock.now(),
      setTimeout: (callback: () => void, ms: number) => globalThis.setTimeout(callback, ms),
      clearTimeout: (timer: unknown) => globalThis.clearTimeout(timer as number),
    },
    setOnline(value: boolean) {
      isOnline = value;
    },
    passTime: (ms: number) => emulator.clock.advance(ms),
    /** Gives the user these factors instead of those that they have. */
    enrol(factors: readonly EnrolledFactor[]) {
      emulator.resetUser(ada.username);
      emulator.updateUser(ada.username, { factors });
    },
    /** Signs the user in, as the bank does in the morning, without MFA. */
    async signIn(): Promise<string> {
      const signIn = createAuth0SignIn({
        ...client,
        audience: 'https://bank.example/',
        scope: 'offline_access',
      });
      const result = await signIn.password(ada);
      const token = result.status === 'signed_in' ? result.tokens.refreshToken : undefined;
      if (token === undefined) throw new Error('The tenant gave no refresh token.');
      return token;
    },
  };
}

function entryOf({ method, path, grantType, status, answer }: LoggedRequest): TimelineEntry {
  const { error } = (answer?.body ?? {}) as { readonly error?: string };
  return { method, path, note: [grantType?.split(/[:/]/).at(-1), error].filter(Boolean).join(', '), status };
}
