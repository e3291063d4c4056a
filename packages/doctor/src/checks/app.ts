import { handleCookieName } from '@stepgate/server';
import { allBlocked, type CheckName, type Finding, fail, ok, skipped, warn } from '../finding.ts';
import type { DoctorApp } from '../options.ts';
import { type Answer, createVisitor, type Visitor } from '../visitor.ts';
import { member } from '../wire.ts';
import { isLoopback } from './issuer.ts';

const COOKIE_NAMES = ['https', 'http'].map(handleCookieName);
const REST: readonly CheckName[] = ['app-proxy', 'app-cookie', 'app-stream'];

/** Checks the app from outside, through everything that stands in front of it. */
export async function checkApp(
  app: DoctorApp | undefined,
  { fetch, sends }: { readonly fetch: typeof globalThis.fetch; readonly sends: boolean },
): Promise<readonly Finding[]> {
  if (app === undefined) {
    const fix = 'name the app with APP_URL or in the config file';
    return ['app' as const, ...REST].map((check) => skipped(check, 'no app was named', fix));
  }
  const { basePath = '/step-up', cookie } = app;
  const url = URL.canParse(app.url) ? new URL(app.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return [fail('app', 'no address', 'write it like https://bank.example'), ...allBlocked(REST, 'app')];
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const fix =
      'serve the app over https: otherwise the session cookie and the handle cookie travel unencrypted';
    return [fail('app', 'plain http to another machine', fix), ...allBlocked(REST, 'app')];
  }
  const visitor = createVisitor(app, fetch);
  const knock = await knockFrom(url.origin, visitor);
  const problem = whoAnswers(knock, basePath);
  if (problem !== undefined) return [problem, ...allBlocked(REST, 'app')];
  const found = ok('app', `a gate answers under ${basePath}`);
  const proxy = await checkProxy(knock, url, visitor);
  if (proxy.verdict === 'fail')
    return [found, proxy, ...allBlocked(['app-cookie', 'app-stream'], 'app-proxy')];
  const flow = await startFlow(visitor, { origin: url.origin, cookie, sends });
  if ('reason' in flow) {
    return [found, proxy, skipped('app-cookie', flow.reason, flow.fix), await checkHeaders(visitor)];
  }
  const findings = [found, proxy, checkCookie(flow.started, url), await checkStream(visitor, flow.headers)];
  await visitor.delete('/flow', flow.headers);
  return findings;
}

/** Asks for a flow without any credentials. A gate checks the origin first, and then who is asking. */
function knockFrom(origin: string, visitor: Visitor): Promise<Answer | undefined> {
  return visitor.post(
    '/flow',
    {},
    { origin, accept: 'application/json', 'content-type': 'application/json' },
  );
}

function whoAnswers(answer: Answer | undefined, basePath: string): Finding | undefined {
  if (answer === undefined) {
    return fail('app', 'no answer', 'check the address and the certificate, and that the app runs');
  }
  if (answer.error === 'login_required' || answer.error === 'cross_site_request') return undefined;
  return fail(
    'app',
    `${answer.status} ${word(answer.error ?? '')} under ${basePath}/flow, which is not how a gate answers`,
    'mount the gate (app.use(gate)) after the session and before CSRF checks and body parsers, under the basePath that browsers see',
  );
}

async function checkProxy(knock: Answer | undefined, url: URL, visitor: Visitor): Promise<Finding> {
  if (knock?.error === 'login_required') return ok('app-proxy', `the app knows its address ${url.origin}`);
  const asHttp = await knockFrom(`http://${url.host}`, visitor);
  if (url.protocol === 'https:' && asHttp?.error === 'login_required') {
    return fail(
      'app-proxy',
      'browsers use https, but the app sees http: its cookie would have neither Secure nor the prefix __Host-',
      "make the framework trust the proxy that ends TLS (Express: app.set('trust proxy', 1); Koa: app.proxy = true), and let that proxy set X-Forwarded-Proto",
    );
  }
  return fail(
    'app-proxy',
    `the app sees another host than ${url.host}`,
    'let the proxy pass on the Host header (nginx sends its own upstream by default: proxy_set_header Host $host), or set X-Forwarded-Host if the framework trusts it',
  );
}

/** A flow that was begun to be inspected, and is then cancelled. */
interface StartedFlow {
  readonly started: Answer;
  /** The headers that the browser that began it would send. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Begins the flow that lists the user's devices, because a gate sets its cookie when a flow begins. */
async function startFlow(
  visitor: Visitor,
  {
    origin,
    cookie,
    sends,
  }: { readonly origin: string; readonly cookie: string | undefined; readonly sends: boolean },
): Promise<StartedFlow | { readonly reason: string; readonly fix: string }> {
  if (cookie === undefined || !sends) {
    const fix =
      'pass the Cookie header of a signed-in session in APP_COOKIE, and add --send: this begins a flow, which may send a push, and cancels it';
    return { reason: 'a gate sets its cookie only when a signed-in user begins a flow', fix };
  }
  const session = { origin, cookie, accept: 'application/json' };
  const listed = await visitor.read('/authenticators', { ...session, 'sec-fetch-site': 'same-origin' });
  const requirement = member(memberOf(listed?.body, 'step_up'), 'requirement');
  if (requirement === undefined) {
    const fix = 'pass a session that is signed in; with authenticators: false this cannot be checked';
    return { reason: `${seenOf(listed)} for the list of devices`, fix };
  }
  const json = { ...session, 'content-type': 'application/json' };
  const started = await visitor.post('/flow', { requirement }, json);
  if (started === undefined || started.status > 201) {
    return { reason: `${seenOf(started)} for a flow`, fix: 'look up the error code, wait, then try again' };
  }
  const handed = started.headers.getSetCookie().map((one) => one.split(';')[0]);
  return { started, headers: { ...session, cookie: [cookie, ...handed].join('; ') } };
}

function checkCookie({ headers }: Answer, url: URL): Finding {
  const isHttps = url.protocol === 'https:';
  const name = handleCookieName(isHttps ? 'https' : 'http');
  const isHandle = (cookie: string): boolean => COOKIE_NAMES.some((one) => cookie.startsWith(`${one}=`));
  const handed = headers.getSetCookie().find(isHandle) ?? '';
  const wanted = ['Path=/', 'HttpOnly', 'SameSite', ...(isHttps ? ['Secure'] : [])];
  const missing = wanted.filter((attribute) => !new RegExp(`; *${attribute}`, 'i').test(handed));
  const complaints = [
    ...(handed.startsWith(`${name}=`) ? [] : [`it is not named ${name}`]),
    ...missing.map((attribute) => `it lacks ${attribute}`),
    ...(/; *domain=/i.test(handed) ? ['it has a Domain'] : []),
  ];
  if (complaints.length === 0) return ok('app-cookie', `${name}, with ${wanted.join(', ')}`);
  return fail(
    'app-cookie',
    handed === '' ? 'no cookie arrives' : complaints.join(', '),
    'leave Set-Cookie unchanged between app and browser (nginx: proxy_cookie_domain, proxy_cookie_path, proxy_cookie_flags)',
  );
}

const LEAVE_ALONE =
  'do not compress, cache or buffer anything under the basePath (nginx: gzip off, proxy_cache off, proxy_buffering off; compression: honour no-transform)';
const AS_STREAM = {
  accept: 'text/event-stream',
  'accept-encoding': 'gzip, br',
  'sec-fetch-site': 'same-origin',
};

/** Checks that the first event of the flow's stream arrives while the stream is open. */
async function checkStream(visitor: Visitor, headers: Readonly<Record<string, string>>): Promise<Finding> {
  const stream = await visitor.listen('/flow', { ...headers, ...AS_STREAM });
  const complaint = complaintOf(stream?.headers);
  if (complaint !== undefined) return complaint;
  if (stream?.firstEvent?.includes('event: view') === true) {
    return ok('app-stream', 'the first event of a stream arrives while it is open');
  }
  return fail('app-stream', 'the first event of a stream does not arrive while it is open', LEAVE_ALONE);
}

/** Without a flow: the response to a signed-out request has the same headers as a stream. */
async function checkHeaders(visitor: Visitor): Promise<Finding> {
  const answer = await visitor.read('/flow', AS_STREAM);
  return (
    complaintOf(answer?.headers) ??
    ok('app-stream', 'Cache-Control: no-store, no-transform arrives, and nothing is compressed')
  );
}

function complaintOf(headers: Headers | undefined): Finding | undefined {
  const caching = headers?.get('cache-control') ?? '';
  const encoding = headers?.get('content-encoding') ?? '';
  if (encoding !== '') {
    return fail('app-stream', `responses of the gate arrive compressed (${word(encoding)})`, LEAVE_ALONE);
  }
  if (headers?.has('age') === true) {
    return fail('app-stream', 'responses of the gate come from a cache', LEAVE_ALONE);
  }
  if (headers === undefined || (/no-store/.test(caching) && /no-transform/.test(caching))) return undefined;
  return warn('app-stream', `Cache-Control arrives as "${word(caching)}"`, LEAVE_ALONE);
}

function seenOf(answer: Answer | undefined): string {
  return answer === undefined ? 'no answer' : `${answer.status} ${word(answer.error ?? '')}`.trim();
}

function word(text: string): string {
  return text.replace(/[^\w ,=-]/g, '?').slice(0, 60);
}

function memberOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? (body as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
