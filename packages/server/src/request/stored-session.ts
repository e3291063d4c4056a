/** What express-session and @fastify/session put on a request. */
interface CallbackStored {
  session?: { readonly sessionId?: string } | null;
  readonly sessionID?: string;
  readonly sessionStore: {
    get(id: string, callback: (error: unknown, session?: unknown) => void): void;
  };
}

/** What koa-session puts on a context, where it keeps sessions in a store. */
interface KoaStored {
  session?: { readonly externalKey?: string } | null;
  readonly sessionOptions: {
    readonly maxAge?: number;
    readonly rolling?: boolean;
    readonly store: { get(key: string, maxAge: unknown, context: object): Promise<unknown> };
  };
}

/**
 * Reads a request's session from its store again, because the copy in a long request does not know of a logout.
 * Resolves to `undefined` if the store no longer has it. Returns `undefined` if no store can be asked: the session is
 * in a cookie.
 */
export function readAgain(request: object): Promise<object | undefined> | undefined {
  if (isCallbackStored(request)) {
    const id = request.sessionID ?? request.session?.sessionId;
    return id === undefined ? undefined : fromCallbackStore(request, id);
  }
  if (!isKoaStored(request)) return undefined;
  const key = request.session?.externalKey;
  return key === undefined ? undefined : fromKoaStore(request, key);
}

async function fromCallbackStore(request: CallbackStored, id: string): Promise<object | undefined> {
  const found = await new Promise<unknown>((resolve, reject) => {
    request.sessionStore.get(id, (error, session) => {
      if (error) reject(error as Error);
      else resolve(session);
    });
  });
  if (isObject(found)) return found;
  // When the response ends, the middleware would store the request's copy, and so bring back a session after its
  // logout.
  request.session = null;
  return undefined;
}

async function fromKoaStore(ctx: KoaStored, key: string): Promise<object | undefined> {
  const { store, maxAge, rolling } = ctx.sessionOptions;
  const found = await store.get(key, maxAge, { ctx, rolling });
  return isObject(found) ? found : undefined;
}

function isCallbackStored(request: object): request is CallbackStored {
  return hasGet((request as Partial<CallbackStored>).sessionStore);
}

function isKoaStored(request: object): request is KoaStored {
  return hasGet((request as Partial<KoaStored>).sessionOptions?.store);
}

function hasGet(store: unknown): boolean {
  return isObject(store) && typeof (store as { readonly get?: unknown }).get === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
