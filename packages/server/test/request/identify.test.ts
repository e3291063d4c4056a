import { describe, expect, it } from 'vitest';
import { identifyByBearer, identifyByClaims, identifyByOidc, identifyBySession } from '../../src/index.ts';

interface AppSession {
  user?: { readonly sub: string } | undefined;
}

describe('identifyBySession', () => {
  const identify = identifyBySession({ subject: (session: AppSession) => session.user?.sub });

  it('finds nobody in a session without a user, or without a session', () => {
    expect(identify({ session: {} })).toBeUndefined();
    expect(identify({ session: null })).toBeUndefined();
  });

  it('names the same login as long as it lasts, and every login differently', () => {
    const session: AppSession = { user: { sub: 'auth0|ada' } };
    const first = identify({ session });
    expect(first).toMatchObject({ subject: 'auth0|ada' });
    expect(identify({ session })).toEqual(first);
    expect(identify({ session: JSON.parse(JSON.stringify(session)) as AppSession })).toEqual(first);
    const elsewhere = identify({ session: { user: { sub: 'auth0|ada' } } });
    expect(elsewhere?.sessionId).not.toBe(first?.sessionId);
  });

  it('names another login after a logout that it has seen, in the same session too', () => {
    const session: AppSession = { user: { sub: 'auth0|ada' } };
    const before = identify({ session });
    session.user = undefined;
    expect(identify({ session })).toBeUndefined();
    expect(identify({ session })).toBeUndefined();
    session.user = { sub: 'auth0|ada' };
    expect(identify({ session })?.sessionId).not.toBe(before?.sessionId);
  });

  it('names one login in concurrent requests, each with a copy of the session that has an id', () => {
    const copy = () =>
      identify({ session: { user: { sub: 'auth0|ada' } }, sessionID: 'the id of the session' });
    expect(copy()).toEqual(copy());
    expect(copy()?.sessionId).not.toContain('the id of the session');
  });

  it('names another login in a regenerated session, also when it keeps what the old one held', () => {
    const session: AppSession = { user: { sub: 'auth0|ada' } };
    const before = identify({ session, sessionID: 'old' });
    const after = identify({ session: { ...session }, sessionID: 'new' });
    expect(after?.sessionId).not.toBe(before?.sessionId);
  });

  it('reads the session from its store when it is asked again, and finds nobody if it is gone', async () => {
    const session: AppSession = { user: { sub: 'auth0|ada' } };
    const stored = new Map<string, AppSession>();
    const sessionStore = {
      get: (id: string, done: (error: unknown, session?: AppSession) => void) => done(null, stored.get(id)),
    };
    const request = { session, sessionID: 's', sessionStore };

    const first = identify(request);
    stored.set('s', structuredClone(session));
    const again = await identify(request, { again: true });
    stored.set('s', { user: { sub: 'auth0|grace' } });
    const other = await identify(request, { again: true });
    stored.clear();

    expect(again).toEqual(first);
    expect(other?.subject).toBe('auth0|grace');
    expect(await identify(request, { again: true })).toBeUndefined();
    expect(request.session).toBeNull();
  });

  it('does not say that nobody is signed in when the store cannot be asked again', async () => {
    const sessionStore = { get: (_id: string, done: (error: unknown) => void) => done(new Error('away')) };
    const request = { session: { user: { sub: 'auth0|ada' } }, sessionID: 's', sessionStore };

    await expect(identify(request, { again: true })).rejects.toThrow('away');
    expect(request.session).not.toBeNull();
  });

  it('has nothing to read again in a session without a store', () => {
    const session: AppSession = { user: { sub: 'auth0|ada' } };
    expect(identify({ session }, { again: true })).toEqual(identify({ session }));
  });

  it('names another login after each logout, in a session that keeps its id', () => {
    const session: AppSession = {};
    const logins = [1, 2, 3].map(() => {
      session.user = { sub: 'auth0|ada' };
      const login = identify({ session, sessionID: 'kept' });
      session.user = undefined;
      identify({ session, sessionID: 'kept' });
      return login?.sessionId;
    });
    expect(new Set(logins).size).toBe(3);
  });

  it('names another login when another user takes over the session', () => {
    const session: AppSession = { user: { sub: 'auth0|ada' } };
    const ada = identify({ session });
    session.user = { sub: 'auth0|grace' };
    const grace = identify({ session });
    expect(grace).toMatchObject({ subject: 'auth0|grace' });
    expect(grace?.sessionId).not.toBe(ada?.sessionId);
  });

  it('leaves a session without a user alone, so that none is stored for strangers', () => {
    const session = Object.freeze({});
    expect(identify({ session })).toBeUndefined();
  });

  it('says what to do when there is no session at all', () => {
    expect(() => identify({})).toThrow('Mount the session middleware before the gate');
    expect(() => identifyBySession({} as never)).toThrow('subject: must be a function');
  });
});

describe('identifyByOidc', () => {
  const signedIn = (idTokenClaims: object) => ({ oidc: { isAuthenticated: () => true, idTokenClaims } });

  it('takes subject and login from the id_token', () => {
    const identify = identifyByOidc();
    expect(identify({ oidc: { isAuthenticated: () => false } })).toBeUndefined();
    expect(identify(signedIn({ sub: 'auth0|ada', sid: 's1' }))).toEqual({
      subject: 'auth0|ada',
      sessionId: 'sid:s1',
    });
  });

  it('says what to do without auth(), without sid and without sub', () => {
    expect(() => identifyByOidc()({})).toThrow('Mount auth() before the gate');
    expect(() => identifyByOidc()(signedIn({ sub: 'auth0|ada' }))).toThrow('unboundSession: true');
    expect(() => identifyByOidc()(signedIn({ sid: 's1' }))).toThrow('no sub');
    expect(() => identifyByOidc()({ oidc: { isAuthenticated: () => true } })).toThrow('no sub');
  });

  it('accepts a login without a name only if the app allows it', () => {
    expect(identifyByOidc({ unboundSession: true })(signedIn({ sub: 'auth0|ada' }))).toMatchObject({
      subject: 'auth0|ada',
    });
  });
});

describe('identifyByBearer', () => {
  const identify = identifyByBearer();

  it('reads the claims of both libraries', () => {
    const expected = { subject: 'auth0|ada', sessionId: 'jti:t1' };
    expect(identify({ auth: { payload: { sub: 'auth0|ada', jti: 't1' } } })).toEqual(expected);
    expect(identify({ state: { user: { sub: 'auth0|ada', jti: 't1' } } })).toEqual(expected);
    expect(identify({})).toBeUndefined();
    expect(identify({ state: {} })).toBeUndefined();
  });

  it('prefers the login to the token id, and never confuses them', () => {
    expect(identify({ auth: { payload: { sub: 'a', sid: 'x', jti: 't1' } } })?.sessionId).toBe('sid:x');
    expect(identify({ auth: { payload: { sub: 'a', jti: 'x' } } })?.sessionId).toBe('jti:x');
  });

  it.each([{}, { sid: '' }, { sid: 7, jti: null }])('refuses a token that names no login: %j', (claims) => {
    expect(() => identify({ auth: { payload: { sub: 'auth0|ada', ...claims } } })).toThrow(
      'no sid or jti claim, which changes with the login',
    );
  });
});

describe('identifyByClaims', () => {
  interface Request {
    readonly user?: object | null | undefined;
  }
  const asked = { again: false };
  const identify = identifyByClaims(({ user }: Request) => user);

  it('takes subject and login from the claims that the app finds', () => {
    expect(identify({}, asked)).toBeUndefined();
    expect(identify({ user: null }, asked)).toBeUndefined();
    expect(identify({ user: { sub: 'auth0|ada', sid: 's1', jti: 'j1' } }, asked)).toEqual({
      subject: 'auth0|ada',
      sessionId: 'sid:s1',
    });
  });

  it('waits for claims that are fetched, and says when to fetch them again', async () => {
    const questions: boolean[] = [];
    const fetched = identifyByClaims(async (_request: Request, { again }) => {
      questions.push(again);
      return { sub: 'auth0|ada', jti: 'j1' };
    });

    expect(await fetched({}, asked)).toEqual({ subject: 'auth0|ada', sessionId: 'jti:j1' });
    await fetched({}, { again: true });
    expect(questions).toEqual([false, true]);
  });

  it('says what to do about claims that name no user or no login', () => {
    expect(() => identify({ user: { sid: 's1' } }, asked)).toThrow('no sub');
    expect(() => identify({ user: { sub: 'auth0|ada' } }, asked)).toThrow('unboundSession: true');
    expect(() => identifyByClaims(undefined as never)).toThrow('claimsOf: must be a function');
  });
});
