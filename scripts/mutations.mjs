// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of source
// The defences of docs/concepts/threat-model.md: for each the edits that take it away, and the tests that must then fail.
// `npm run mutate` makes the edits in turn; test/threat-model.test.mjs checks that this list, the page and the sources agree.

const server = (file) => `packages/server/src/${file}.ts`;
const core = (file) => `packages/core/src/${file}.ts`;
const web = (file) => `packages/web/src/${file}.ts`;
const shared = (name, title) => [`suites/adapters/describe-${name}.ts`, title];
const own = (name, title) => [`packages/server/test/${name}.test.ts`, title];
const ofCore = (name, title) => [`packages/core/test/${name}.test.ts`, title];
const ofPackage = (name, title) => [`packages/${name.replace('/', '/test/')}.test.ts`, title];
const ofWeb = (name, title) => [`packages/web/test/${name}.test.ts`, title];

/** @type {readonly { defence: string, edits: readonly (readonly [string, string, string])[], shownBy: readonly (readonly string[])[] }[]} */
export const MUTATIONS = [
  // A stolen session
  {
    defence: "an approval belongs to a browser's handle, not to the session alone",
    edits: [
      [
        server('request/handle-cookie'),
        'return recurringDigest(`${handle}.${session}`);',
        'return recurringDigest(session);',
      ],
      [
        server('guard/guard'),
        'const handle = handles.read(request);\n    if (handle',
        "const handle = handles.read(request) ?? '';\n    if (handle",
      ],
    ],
    shownBy: [
      shared('guard', 'accepts no approval from a session alone: the browser must show its handle too'),
    ],
  },
  {
    defence: 'adding a first factor takes the password',
    edits: [
      [
        server('gate/parse-options'),
        "return enroll ?? (hasPassword ? 'password' : 'refuse');",
        "return 'session';",
      ],
    ],
    shownBy: [
      shared('flow', 'asks for the password before it adds a factor, whichever mfa_token it began with'),
      shared('flow', 'adds no factor when the gate refuses it'),
    ],
  },
  {
    defence: 'a user with a factor cannot add another one in a step-up',
    edits: [
      [
        core('machine/context'),
        "if (!isListed || isEnrolled(context) || enrollmentClosed || settings.enroll === 'refuse') return [];",
        "if (!isListed || enrollmentClosed || settings.enroll === 'refuse') return [];",
      ],
    ],
    shownBy: [
      ofCore(
        'machine/machine',
        'adds nothing for a user who has a factor, even one that does not count here',
      ),
    ],
  },
  {
    defence: 'there is no way around the password',
    edits: [[core('machine/setup'), "context.settings.enroll === 'password' &&", 'false &&']],
    shownBy: [ofCore('machine/machine', 'cannot get around the password by any request, in any order')],
  },
  {
    defence: 'an approval adds one factor at most',
    edits: [
      [
        server('endpoints/authenticators'),
        "if (!isStepUpError(error, 'store_unavailable')) await stepUp.release();",
        'await stepUp.release();',
      ],
    ],
    shownBy: [own('flow/faults', 'starts one addition per approval: %s')],
  },
  {
    defence: 'viewing, adding and removing authenticators takes an approval',
    edits: [
      [
        server('endpoints/authenticators'),
        '      if (!decision.isAllowed) return decision.response;\n',
        "      if (!decision.isAllowed) return use('at', { approval: { id: '' }, tokens: () => undefined, release: async () => {} });\n",
      ],
    ],
    shownBy: [shared('authenticators', 'cannot be listed, added or removed by a session alone')],
  },
  {
    defence: 'a subject has one live push, and both browsers show it',
    edits: [
      [
        server('flow/admission'),
        'const other = isPush(effect) ? await lockOrAsk(owner, waiting) : undefined;',
        'const other = undefined;',
      ],
    ],
    shownBy: [shared('flow', 'sends one push at a time, and tells both browsers when a second one asks')],
  },
  {
    defence: 'the limit on pushes',
    edits: [
      [
        server('limits/limits'),
        '  pushes: {\n    perSession: { count: 3, windowMs: 5 * MINUTE_MS },\n',
        '  pushes: {\n',
      ],
    ],
    shownBy: [
      own('limits/limits-in-flows', 'shows in the view of the push that is not sent, with the time to wait'),
    ],
  },
  {
    defence: 'the limit on pushes that are not approved',
    edits: [
      [
        server('limits/limits'),
        '  unapprovedPushes: {\n    perSession: { count: 5, windowMs: HOUR_MS },\n',
        '  unapprovedPushes: {\n',
      ],
    ],
    shownBy: [
      own(
        'limits/limits-in-flows',
        'shows in the view of a push that is not sent after many were denied or cancelled, while other ways stay open',
      ),
    ],
  },
  {
    defence: 'a limit counts what the provider may have done, not only what it reported',
    edits: [[server('limits/attempts'), '  if (isIndefinite(fact.code)) return [];\n', '']],
    shownBy: [
      own('flow/counting', 'counts as a push: the phone rings five times an hour, whatever is cancelled'),
      own('flow/counting', 'counts as a code: the tenant judges five an hour'),
      own('flow/counting', 'counts as a password: the tenant judges five per quarter of an hour'),
    ],
  },
  {
    defence: 'two pushes to one device keep their distance, even from different flows',
    edits: [
      [
        server('limits/attempts'),
        "['unapprovedPushes', 'pushes', 'resends']",
        "['unapprovedPushes', 'pushes']",
      ],
    ],
    shownBy: [own('flow/counting', 'are 15 seconds apart, whichever flow sends them')],
  },
  {
    defence: 'pushes of different ways keep their distance',
    edits: [
      [server('limits/limits'), "      { window: distance(1), whose: 'apartFrom', onlyLooks: true },\n", ''],
    ],
    shownBy: [own('ciba/flow', 'keeps the pushes of different ways 15 seconds apart')],
  },
  {
    defence: "a phone that has answered does not block its owner's other browsers",
    edits: [[server('flow/admission'), '    await checkHolder(other.holder);\n', '']],
    shownBy: [own('flow/counting', 'blocks no other browser once the phone has answered')],
  },
  {
    defence: "a push that is worth nothing any more does not block its owner's other browsers",
    edits: [
      [
        server('flow/runner'),
        'if (awaitsPush(flow) && dueTime(key, flow) <= clock.now()) {',
        'if (awaitsPush(flow) && isPoll(flow) && dueTime(key, flow) <= clock.now()) {',
      ],
    ],
    shownBy: [
      own('flow/counting', 'blocks no other browser once its flow can do nothing with an answer any more'),
    ],
  },
  {
    defence: 'the waiting time between two pushes',
    edits: [
      [
        core('machine/context'),
        'return at >= (context.resendAllowedAt[addressee(target)] ?? 0);',
        'return at >= 0 || addressee(target) === undefined;',
      ],
    ],
    shownBy: [
      ofCore('machine/waiting', 'is not sent again before the waiting time is over, whatever the request'),
    ],
  },
  {
    defence: 'a ticket belongs to one user and login',
    edits: [
      [
        server('policy/requirement'),
        'if (ticket.success && ticket.output.subject === subject && ticket.output.session === session) {',
        'if (ticket.success && subject !== session) {',
      ],
      [
        server('policy/requirement'),
        '(session: string): string => `requirement:${session}`',
        "(_session: string): string => 'requirement'",
      ],
    ],
    shownBy: [
      own('endpoints/hostile-input', 'starts no flow when it was changed or belongs to another user'),
      own(
        'endpoints/hostile-input',
        'is reported on the page when it was changed or belongs to another user',
      ),
    ],
  },
  {
    defence: 'a link opens for the same user, tenant and application alone',
    edits: [
      [
        server('policy/links'),
        '`link:${digest(`${namespace}${subject}`)}`',
        '`link:${digest(`${namespace.length * 0 + subject.length * 0}`)}`',
      ],
      [
        server('flow/starts'),
        'if (known === undefined || record?.flow === undefined || record.subject !== caller.subject) {',
        'if (known === undefined || record?.flow === undefined || caller.subject === undefined) {',
      ],
    ],
    shownBy: [own('gate/links', 'opens for the same user alone, and not in another tenant or application')],
  },
  {
    defence: 'a link is opened once, in one browser',
    edits: [
      [
        server('flow/starts'),
        'if (known.openedBy !== undefined || isDone(record.flow.state)) throw linkInvalid();',
        '',
      ],
    ],
    shownBy: [
      own('gate/links', 'works once: the second browser, and the same one afterwards, are refused'),
      own('gate/links', 'lets one of two browsers begin that open it at the same time'),
    ],
  },
  {
    defence: 'an approval by another login serves one request',
    edits: [
      [
        server('records/approval'),
        'singleUse: policy.singleUse || link !== undefined,',
        'singleUse: policy.singleUse,',
      ],
    ],
    shownBy: [
      own('gate/links', 'gives the approval to the login that has asked, for one request, and to no other'),
    ],
  },
  {
    defence: 'a route takes no approval of another login unless its policy says so',
    edits: [[server('flow/driver'), 'if (!policy.allowOtherLogin) throw noLinks();', '']],
    shownBy: [own('gate/links', 'is only made where the policy allows it, and the policy names an action')],
  },
  {
    defence: 'the login that has asked for a link neither sees nor steers the flow',
    edits: [
      [
        server('flow/rules'),
        'return flow.link?.id === link?.id;',
        'return link === undefined || flow.link?.id === link.id;',
      ],
    ],
    shownBy: [
      own('gate/links', 'keeps the secrets of the flow, and its steps, from the login that has asked'),
      own('gate/links', 'drives nothing for the login that has asked: hooks get requests of the other one'),
      shared('links', 'shows what the flow discloses to the browser that runs it alone'),
    ],
  },
  {
    defence: 'signing out ends the flow that a browser runs for another login',
    edits: [[server('gate/status-and-revocation'), 'await leaveOthers(own);', '']],
    shownBy: [own('gate/links', 'the browser ends the flow that it runs, and leaves the asker what it has')],
  },
  {
    defence: 'a ticket is valid for minutes',
    edits: [
      [
        server('policy/requirement'),
        'if (requirement.expiresAt > now()) return requirement;',
        'return requirement;',
      ],
    ],
    shownBy: [shared('bad-input', 'starts no flow without a valid requirement of this user and session')],
  },
  {
    defence: 'facts come from the server alone',
    edits: [
      [
        core('machine/events'),
        "    case 'flow.cancel':\n      return { type };",
        "    case 'flow.cancel':\n    case 'identity.verified':\n      return { type };",
      ],
    ],
    shownBy: [ofCore('machine/parse-request', 'is never a fact: $type is refused, with or without a stamp')],
  },
  {
    defence: 'a fact that no effect asked for is ignored',
    edits: [
      [
        core('machine/context'),
        "'seq' in event && event.seq === context.seq;",
        "'seq' in event && context.seq >= 0;",
      ],
    ],
    shownBy: [ofCore('machine/machine', 'a late fact changes nothing')],
  },
  {
    defence: 'loading a page sends no push',
    edits: [
      [
        server('endpoints/page/page-endpoints'),
        "    const since = searchParams.get('since');\n",
        "    const since = searchParams.get('since');\n    const given = searchParams.get('requirement');\n    const held = handles.read(request);\n    if (given && held) await driver.start(targetOf(request, known, held), requirements.open(known.caller, given), {});\n",
      ],
    ],
    shownBy: [shared('plain-page', 'sends nothing when it loads, however often')],
  },
  {
    defence: 'the budget of wrong codes',
    edits: [
      [
        server('limits/limits'),
        '    perFlow: { count: 5, windowMs: 15 * MINUTE_MS },\n    perSession: { count: 5, windowMs: HOUR_MS },\n',
        '',
      ],
    ],
    shownBy: [own('limits/bursts', 'try five wrong codes per flow')],
  },
  {
    defence: 'the budget of wrong codes per subject',
    edits: [
      [server('limits/limits'), '    perSubject: { count: 8, windowMs: HOUR_MS },\n  },\n};', '  },\n};'],
    ],
    shownBy: [own('limits/bursts', 'try eight wrong codes per user over ten logins, and five per login')],
  },
  {
    defence: 'one session cannot use up the budget of its subject',
    edits: [
      [server('limits/limits'), 'const count = Math.max(1, limit.count - 1);', 'const count = limit.count;'],
    ],
    shownBy: [
      own(
        'limits/limits',
        'keep one session from the last attempt of the subject when the options give a session more',
      ),
    ],
  },

  // A stolen session and handle
  {
    defence: 'a single-use approval is used up in one write',
    edits: [
      [server('guard/guard'), 'found.singleUse && terms.usesUp', 'found.singleUse && key === undefined'],
    ],
    shownBy: [
      shared('guard', 'uses a single-use approval once, however many requests come at once'),
      own('limits/bursts', 'use a shared single-use approval once'),
    ],
  },
  {
    defence: 'an approval that a handler has used is not given back by a later guard',
    edits: [[server('guard/used-approvals'), 'uses.settled = uses.used.length;', 'uses.settled = 0;']],
    shownBy: [shared('policy', 'restores nothing that the handler has run with, whatever it refuses')],
  },
  {
    defence: 'an approval of an action is valid for that action only',
    edits: [
      [
        server('records/approval'),
        '(isBound || approval.singleUse || approval.isForAction ? approval.requirement === hash : true)',
        '(isBound ? hash.length > 0 : true)',
      ],
    ],
    shownBy: [shared('guard', 'refuses an approval on a route that names another factor or an action')],
  },
  {
    defence: 'an approval counts only if the policy names its factor',
    edits: [[server('records/approval'), 'policy.factors.includes(approval.factor) &&', '']],
    shownBy: [shared('guard', 'refuses an approval on a route that names another factor or an action')],
  },
  {
    defence: 'an approval expires',
    edits: [[server('records/approval'), 'age <= window &&', 'age <= Number.MAX_VALUE * (window + 1) &&']],
    shownBy: [shared('guard', 'lets a request through only while its approval is fresh')],
  },
  {
    defence: 'approvals end with the login',
    edits: [
      [
        server('request/handle-cookie'),
        'return recurringDigest(`${handle}.${session}`);',
        'return recurringDigest(`${handle}.${session.length}`);',
      ],
      [
        server('guard/guard'),
        'if (session !== caller.session) return undefined;',
        'if (session === undefined) return undefined;',
      ],
    ],
    shownBy: [
      shared('guard', 'ends approvals with their login'),
      shared('handle', 'gives the next login in the same browser nothing of the previous one'),
    ],
  },
  {
    defence: 'a revocation ends all flows and approvals of a subject',
    edits: [
      [
        server('gate/status-and-revocation'),
        "await Promise.all(keys.map((key) => end(key, { subject, session: '' })));",
        'await Promise.resolve(keys);',
      ],
    ],
    shownBy: [shared('oversight', 'ends the approvals of all browsers, once and for good')],
  },
  {
    defence: 'a revocation invalidates tickets too',
    edits: [[server('flow/starts'), 'if (issuedAt <= revokedAt) throw requirementExpired();', '']],
    shownBy: [shared('oversight', 'ends requirements that were issued before')],
  },
  {
    defence: 'scripts cannot read the handle',
    edits: [[server('request/handle-cookie'), '; Path=/; HttpOnly;', '; Path=/;']],
    shownBy: [shared('handle', 'travels in an HttpOnly cookie on loopback http')],
  },
  {
    defence: 'other hosts cannot set the handle',
    edits: [
      [
        server('request/handle-cookie'),
        "protocol === 'https' ? '__Host-stepgate' : 'stepgate'",
        "protocol === '' ? '' : 'stepgate'",
      ],
    ],
    shownBy: [
      shared('handle', 'travels in a __Host- cookie behind a trusted proxy that ends TLS'),
      own('request/handle-cookie', 'reads no handle in %s'),
    ],
  },
  {
    defence: 'a handle of one gate is worth nothing at a gate of another tenant or application',
    edits: [
      [
        server('request/caller'),
        'recurringDigest(`${namespace}${subject.length}:',
        'digest(`${namespace.length}${subject.length}:',
      ],
    ],
    shownBy: [
      own(
        'gate/several-gates',
        'a gate of another %s, with the same store and secret, reads and changes nothing of this one',
      ),
    ],
  },
  {
    defence: 'gates of different tenants or applications share nothing in their store',
    edits: [
      [server('gate/parts'), 'tracedStore(scopedStore(store, namespaceOf(provider)))', 'tracedStore(store)'],
    ],
    shownBy: [
      own('gate/several-gates', 'of different %s send a push each'),
      own('gate/several-gates', 'of different %s count separately'),
      own('gate/several-gates', 'of different %s revoke the subject separately'),
      own('gate/several-gates', 'of different %s learn the age of a device separately'),
    ],
  },
  {
    defence: 'other hosts cannot set a cookie that is read as the handle',
    edits: [
      [
        server('request/handle-cookie'),
        "header[start] === ' ' ? start + 1 : start",
        'header.length - header.slice(start).trimStart().length',
      ],
    ],
    shownBy: [own('request/handle-cookie', 'reads no handle in %s')],
  },
  {
    defence: 'a tap alone is no approval where the phone shows a code',
    edits: [
      [
        core('machine/context'),
        "return context.shown !== undefined && !context.isCodeEntered && currentWay(context).pushCode === 'typed';",
        'return context.shown === undefined && context.isCodeEntered && context.isListed === undefined;',
      ],
    ],
    shownBy: [own('ciba/flow', 'is no approval when the owner taps on a push that somebody else has caused')],
  },
  {
    defence: 'a gate that refuses to add factors sends nobody to a page that adds them',
    edits: [
      [
        server('gate/parse-options'),
        "if (enroll === 'refuse' && provider.ways.some(",
        "if (enroll === 'session' && provider.ways.some(",
      ],
    ],
    shownBy: [
      own(
        'redirect/flow',
        'is refused beside `enroll: refuse` if the page may add a factor, which the gate would not see',
      ),
    ],
  },
  {
    defence: 'a push without a code is no way around the code of another way',
    edits: [
      [
        core('machine/context'),
        '(!isTapped(factor) || currentWay(context).refusesTaps !== true) &&',
        '(!isTapped(factor) || currentWay(context).name !== undefined) &&',
      ],
    ],
    shownBy: [
      own('ciba/flow', 'sends no push without a code, which would be the way around the code'),
      own('ciba/flow', 'lets no tap without a code add a phone, on the devices page, which CIBA cannot open'),
    ],
  },
  {
    defence: 'a push code can be guessed three times',
    edits: [
      [
        core('machine/setup'),
        'isLastTry: ({ context }) => context.codeTries + 1 >= PUSH_CODE_TRIES,',
        'isLastTry: ({ context }) => context.codeTries + 1 >= 1_000 * PUSH_CODE_TRIES,',
      ],
    ],
    shownBy: [own('ciba/flow', 'takes no right code after three wrong ones')],
  },
  {
    defence: 'a push code counts where it is compared, whatever was known when it arrived',
    edits: [
      [
        server('flow/driver'),
        'if (comparesCode && !isCounted) return',
        "if (comparesCode && request.type !== 'code.submit') return",
      ],
    ],
    shownBy: [
      own(
        'ciba/counted-codes',
        'counts when it arrives while the push is being sent, and nobody knows yet that a code is awaited',
      ),
    ],
  },
  {
    defence: 'a push code counts if the store did not tell whether it was compared',
    edits: [
      [
        server('flow/driver'),
        "if (!isStepUpError(error, 'store_unavailable')) await takeBack()",
        'if (isStepUpError(error)) await takeBack()',
      ],
    ],
    shownBy: [own('ciba/counted-codes', 'counts when the store did not tell that it was compared')],
  },
  {
    defence: 'a ping counts only with the token that the provider was given for the push',
    edits: [
      [
        server('provider/notification-token'),
        'return sealer.isSigned(`${key}.${push}`, signature, PURPOSE) ? { key, push } : undefined;',
        'return signature === undefined ? undefined : { key, push };',
      ],
    ],
    shownBy: [
      own('ciba/ping', '%s is refused, and changes nothing'),
      own('ciba/ping', 'of another app is refused'),
    ],
  },
  {
    defence: 'a ping for one push does not count for another',
    edits: [
      [
        server('flow/driver'),
        'if (record === undefined || flow?.pushes?.at(-1) !== push) return { result: true };',
        'if (record === undefined || flow === undefined) return { result: push !== undefined };',
      ],
      [
        server('flow/steps'),
        'return oobCode === undefined || isSameSecret(oobCode, authReqId);',
        'return isSameSecret(oobCode ?? authReqId, oobCode ?? authReqId);',
      ],
    ],
    shownBy: [
      own('ciba/ping', '%s is refused, and changes nothing'),
      own('ciba/ping', 'of a flow that %s changes nothing'),
    ],
  },
  {
    defence: 'a ping makes one poll due',
    edits: [
      [
        core('machine/setup'),
        'currentWay(context).pings === true && context.pingedAt === undefined,',
        'currentWay(context).pings === true,',
      ],
    ],
    shownBy: [own('ciba/ping', 'makes no second poll due, in this process and in another one')],
  },
  {
    defence: 'forged and repeated pings do not reach the store',
    edits: [
      [server('endpoints/ping-endpoint'), 'if (!known.has(ping)) {', 'if (ping !== undefined) {'],
      [
        server('endpoints/ping-endpoint'),
        'if (challenge === undefined) throw',
        "if (!(await driver.ping(challenge ?? { key: '', push: '' }, '')) || challenge === undefined) throw",
      ],
    ],
    shownBy: [
      own('ciba/ping', 'asks the store once'),
      own('ciba/ping', 'costs the store nothing, however many there are'),
    ],
  },
  {
    defence: "a ping does not make a poll come before the provider's interval",
    edits: [
      [
        core('machine/next-poll'),
        'const soonest = polledAt === undefined ? at : Math.max(at, polledAt + pace.intervalMs);',
        'const soonest = polledAt === undefined ? at : Math.max(at, polledAt + 1_000);',
      ],
      [core('machine/next-poll'), 'if (pace.failures > 0) return { nextPollAt };', ''],
    ],
    shownBy: [
      own('ciba/ping', 'keeps to the interval of the provider'),
      own('ciba/ping', 'does not shorten the time that the provider asks for'),
    ],
  },
  {
    defence: 'no process forgets a wrong push code that another one took',
    edits: [[server('flow/waits'), 'state: withNewsOf(flow.state, state),', 'state,']],
    shownBy: [
      own('ciba/code-during-poll', 'is not forgotten for what a process knows that polls for a watcher'),
    ],
  },
  {
    defence: 'a policy that asks what the phone shows sends nothing less',
    edits: [
      [
        core('ciba/way'),
        "if (mustShow === undefined || shown === 'details' || shown === mustShow) return shown;",
        'if (mustShow !== shown) return shown;',
      ],
    ],
    shownBy: [own('ciba/flow', 'sends nothing where the title does not fit')],
  },
  {
    defence: 'what the provider says was approved is compared with what was asked for',
    edits: [
      [
        core('ciba/way'),
        'if (approval !== undefined && approvesDetails(details(approval), approved)) return;',
        'if (approval !== undefined && details(approval) !== approved) return;',
      ],
    ],
    shownBy: [own('ciba/details', 'approve nothing when the provider says that %s were approved')],
  },
  {
    defence: 'a planted handle is replaced',
    edits: [
      [
        server('request/handle-cookie'),
        'return shown === undefined\n        ? handles',
        'return handles.mint !== undefined\n        ? handles',
      ],
    ],
    shownBy: [shared('handle', 'is never overwritten while the browser shows one')],
  },
  {
    defence: 'responses do not show which handles exist',
    edits: [
      [
        server('endpoints/call/owner'),
        'if (handle === undefined) throw notFound(basePath);',
        "if (handle === undefined) throw notFound('');",
      ],
    ],
    shownBy: [
      own(
        'endpoints/hostile-input',
        'owns nothing when it is unknown, malformed, changed or from another user, and all get the same response',
      ),
    ],
  },
  {
    defence: 'names that would be the same bytes are no two logins',
    edits: [
      [
        server('request/caller'),
        'if (!subject.isWellFormed() || !sessionId.isWellFormed()) {',
        "if (subject === '' || sessionId === '') {",
      ],
    ],
    shownBy: [
      own(
        'endpoints/hostile-input',
        'takes no %s with half a surrogate pair, which would be taken for another',
      ),
    ],
  },
  {
    defence: 'a record belongs to one login',
    edits: [
      [
        server('request/handle-cookie'),
        'return recurringDigest(`${handle}.${session}`);',
        'return recurringDigest(handle + session.length);',
      ],
      [
        server('flow/rules'),
        'return record?.session === caller.session ? record : undefined;',
        'return caller.session === undefined ? undefined : record;',
      ],
    ],
    shownBy: [own('endpoints/hostile-input', 'owns nothing for another user or login')],
  },

  // Access to a mailbox, a password or a phone
  {
    defence: 'a policy that names no factor accepts push and otp',
    edits: [[server('policy/policy'), 'factors = defaults,', 'factors = FACTORS,']],
    shownBy: [
      own(
        'policy/policy',
        'asks for push or a one-time password within five minutes, when nothing else is said',
      ),
    ],
  },
  {
    defence: 'tokens from a password are not an approval',
    edits: [
      [
        server('provider/first-leg'),
        "if (result.status === 'mfa_required') return result;",
        'if (result.status) return result;',
      ],
    ],
    shownBy: [own('provider/first-leg', 'does not count tokens for the password alone as an approval')],
  },
  {
    defence: 'the limit on passwords',
    edits: [
      [
        server('limits/limits'),
        '  passwords: {\n    perSession: { count: 5, windowMs: 15 * MINUTE_MS },\n',
        '  passwords: {\n',
      ],
    ],
    shownBy: [own('limits/limits', 'allow a session this many of a kind (%s: %i) by default')],
  },
  {
    defence: 'a new phone does not count if the policy asks for an age',
    edits: [
      [
        server('flow/starts'),
        "return { factors, enroll: 'refuse', minAuthenticatorAgeMs: minAuthenticatorAgeSeconds * 1_000 };",
        'return { factors };',
      ],
    ],
    shownBy: [
      own(
        'policy/authenticator-age',
        'accepts no phone that is not known for long enough: no push is sent, and the user is told why',
      ),
      own('policy/authenticator-age', 'adds no phone in a flow that would not accept it'),
    ],
  },
  {
    defence: 'a signed-out user cannot start a flow',
    edits: [[server('endpoints/call/owner'), 'throw signInFirst();', 'return known as unknown as Known;']],
    shownBy: [shared('bad-input', 'requires a signed-in user for everything except assets')],
  },

  // The store
  {
    defence: 'secrets are sealed at rest',
    edits: [
      [
        server('lib/seal'),
        '    seal(value, purpose) {\n',
        '    seal(value, purpose) {\n      if (purpose) return JSON.stringify(value);\n',
      ],
      [
        server('lib/seal'),
        '    open(text, purpose) {\n',
        '    open(text, purpose) {\n      if (purpose) return JSON.parse(text);\n',
      ],
    ],
    shownBy: [
      own('gate/secrets', 'of a flow that is approved, denied or answered with a code never show'),
      own('gate/secrets', 'that are kept for a handler, or open the MFA API, never show'),
      shared('replay', 'shows nothing of a form before the approval, and stores it sealed'),
    ],
  },
  {
    defence: 'the store holds only the digest of a handle',
    edits: [
      [
        server('request/handle-cookie'),
        'return recurringDigest(`${handle}.${session}`);',
        'return `${handle}.${session}`;',
      ],
    ],
    shownBy: [
      own('gate/secrets', 'of a flow that adds a phone show only in the disclosure of their own state'),
    ],
  },
  {
    defence: 'a record is signed',
    edits: [
      [
        server('records/records'),
        'if (!sealer.isSigned(text, signature, purposeOf(key))) return undefined;',
        '',
      ],
    ],
    shownBy: [
      own(
        'records/hostile-store',
        'grants no approval, shows no flow and causes no fault when it was changed or made of parts of others',
      ),
      own('records/hostile-store', 'counts for nothing when it was signed with a removed key'),
    ],
  },
  {
    defence: 'a record is signed for its key',
    edits: [
      [
        server('records/records'),
        'const purposeOf = (key: string): string => `record:${key}`;',
        "const purposeOf = (_: string): string => 'record';",
      ],
    ],
    shownBy: [
      own('records/hostile-store', 'counts for nobody in the place of another browser in the same login'),
    ],
  },
  {
    defence: 'a value that is not a counter, lock or form is not read as one',
    edits: [
      [
        server('limits/sliding-window'),
        'return parsed.success ? parsed.output.points.filter',
        'return stored !== undefined ? (stored.value as any).points.filter',
      ],
    ],
    shownBy: [
      own('records/hostile-store', 'no other value in the store grants an approval or causes a fault'),
    ],
  },
  {
    defence: 'sealed text can only be opened for its purpose',
    edits: [
      [server('lib/seal'), '.setAAD(Buffer.from(purpose));\n      const sealed', ';\n      const sealed'],
      [server('lib/seal'), '.setAAD(Buffer.from(purpose))\n          .setAuthTag', '.setAuthTag'],
      [server('lib/seal'), "'sha256', sealingKey).update(purpose)", "'sha256', sealingKey)"],
    ],
    shownBy: [own('lib/seal', 'opens nothing for another purpose')],
  },
  {
    defence: 'changed sealed text cannot be opened',
    edits: [
      [
        server('lib/seal'),
        "return bytes.toString('base64url') === text ? bytes : undefined;",
        'return bytes;',
      ],
    ],
    shownBy: [own('lib/seal', 'opens nothing that was changed, cut off or never sealed')],
  },
  {
    defence: 'signatures are compared in constant time, for their purpose',
    edits: [[server('lib/seal'), 'update(`${purpose.length}:${purpose}`)', "update('')"]],
    shownBy: [own('lib/seal', 'accepts its signature of a text for its purpose only')],
  },
  {
    defence: 'a store that does not answer stops every request',
    edits: [
      [
        server('store/compare-and-set'),
        '  return answer.catch(() => {\n    throw unavailable();\n  });',
        '  return answer.catch(() => undefined as T);',
      ],
    ],
    shownBy: [own('flow/faults', 'of the store get a 503 without its text, from guards and endpoints')],
  },

  {
    defence: 'a stream ends with the login',
    edits: [
      [server('endpoints/event-stream'), 'const ASK_AGAIN_MS = 5_000;', 'const ASK_AGAIN_MS = 60_000;'],
    ],
    shownBy: [
      shared('watching', 'ends a stream within a few seconds of the logout, even if nothing happens'),
    ],
  },
  {
    defence: 'requests that stay open read the session again from its store',
    edits: [
      [
        server('request/identify'),
        'const reading = asked?.again === true ? readAgain(request) : undefined;',
        'const reading = undefined as ReturnType<typeof readAgain>;',
      ],
    ],
    shownBy: [
      own(
        'request/identify',
        'reads the session from its store when it is asked again, and finds nobody if it is gone',
      ),
    ],
  },

  {
    defence: 'an approval runs no handler for a page of another origin',
    edits: [
      [
        server('guard/guard'),
        'if (options.checksOrigin && mayBeForged(request, origins))',
        'if (mayBeForged === undefined)',
      ],
    ],
    shownBy: [shared('origins', 'does not run for %s with an approval of the owner')],
  },
  {
    defence: 'a guard checks the origin whatever its policy asks for',
    edits: [
      [
        server('guard/guard'),
        '    if (options.checksOrigin && mayBeForged(request, origins)) throw forged(request);\n',
        '',
      ],
      [
        server('guard/guard'),
        'if (demand === undefined) return Promise.resolve({ isAllowed: true });',
        'if (demand === undefined) return Promise.resolve({ isAllowed: true });\n    if (options.checksOrigin && mayBeForged(visit.request, origins)) throw forged(visit.request);',
      ],
    ],
    shownBy: [shared('origins', 'does not run for another origin where the policy asks for no approval')],
  },
  // The network, and the provider
  {
    defence: 'the handle is not sent over plain http',
    edits: [
      [
        server('request/handle-cookie'),
        'if (isSafe(request)) return;',
        'if (isSafe(request) || !isLoopback(request)) return;',
      ],
    ],
    shownBy: [
      shared('handle', 'is refused over plain http on another host, and when the proxy is not trusted'),
    ],
  },
  {
    defence: 'a public site that looks local gets no cookie without Secure',
    edits: [
      [
        server('request/handle-cookie'),
        '(isLoopback(request) && !cameByProxy(request))',
        'isLoopback(request)',
      ],
    ],
    shownBy: [shared('handle', 'is refused when a proxy makes a public site look like this machine, by %s')],
  },
  {
    defence: 'the issuer must be https',
    edits: [
      [
        core('oauth/issuer'),
        "if (url.protocol === 'http:' && allowInsecureIssuer !== true) {",
        'if (allowInsecureIssuer === undefined && url.port === issuer) {',
      ],
    ],
    shownBy: [ofCore('auth0/client', 'throw a TypeError that names %s when it is wrong: %j')],
  },
  {
    defence: 'the id_token is signed with an algorithm of the list',
    edits: [
      [
        server('provider/id-token-check'),
        'if (algorithm === undefined || !ID_TOKEN_ALGORITHMS.includes(algorithm)) {',
        'if (algorithm === undefined) {',
      ],
    ],
    shownBy: [
      own(
        'provider/id-token-check',
        'says how to set up an application whose tokens are signed with its secret',
      ),
    ],
  },
  {
    defence: 'the id_token is from this issuer',
    edits: [[server('provider/id-token-check'), '        issuer,\n        audience', '        audience']],
    shownBy: [
      own('provider/id-token-check', 'refuses a token $title'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'the id_token is for this application',
    edits: [[server('provider/id-token-check'), '        audience: clientId,\n', '']],
    shownBy: [
      own('provider/id-token-check', 'refuses a token $title'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'the id_token was issued to this application',
    edits: [
      [
        server('provider/id-token-check'),
        'if (!isGivenTo(clientId, payload)) {',
        'if (!isGivenTo(clientId, {})) {',
      ],
    ],
    shownBy: [
      own('provider/id-token-check', 'refuses a token $title'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'the id_token is current',
    edits: [
      [
        server('provider/id-token-check'),
        '> FARTHEST_ISSUE_SECONDS) {',
        '> Number.MAX_VALUE + FARTHEST_ISSUE_SECONDS) {',
      ],
    ],
    shownBy: [
      own('provider/id-token-check', 'refuses a token $title'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'the id_token has an expiry, which is not past',
    edits: [
      [server('provider/id-token-check'), 'currentDate: new Date(now()),', 'currentDate: new Date(0),'],
    ],
    shownBy: [
      own('provider/id-token-check', 'refuses a token $title'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'the id_token is not oversized',
    edits: [
      [
        server('provider/id-token-check'),
        'if (idToken.length > LONGEST_TOKEN) {',
        'if (idToken.length > LONGEST_TOKEN ** 9) {',
      ],
    ],
    shownBy: [
      own('provider/id-token-check', 'refuses a token $title'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'the id_token belongs to the signed-in user',
    edits: [
      [server('provider/id-token-check'), 'if (payload.sub !== subject) {', 'if (subject === undefined) {'],
    ],
    shownBy: [
      own('provider/id-token-check', 'refuses a token $title'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'the id_token is verified at all',
    edits: [
      [
        server('flow/effect-performer'),
        'const told = await identityCheck.check(tokens, target.caller.subject, { signal, departed });',
        'const told = undefined;',
      ],
    ],
    shownBy: [
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
      own('flow/faults', 'differ from an approval by another user, which never counts'),
      own('flow/faults', 'only delay the check of whose approval it is until the keys are there again'),
    ],
  },

  // Another site, a sibling domain, a script
  {
    defence: 'the endpoints accept requests from this site only',
    edits: [
      [
        server('endpoints/router'),
        "if (siteOf(call.request) === 'other' && !parts.callers.origins.areCalling(call.request))",
        "if (siteOf(call.request) === ('' as string))",
      ],
    ],
    shownBy: [shared('bad-input', 'accepts nothing from another site')],
  },
  {
    defence: 'a handle is created for requests from this site only',
    edits: [
      [
        server('request/handle-cookie'),
        "const isOurs = siteOf(request) === 'same-origin' || origins.areCalling(request);",
        'const isOurs = true;',
      ],
    ],
    shownBy: [shared('handle', 'is not set for a request of another site')],
  },
  {
    defence: 'the page creates a handle for this site only',
    edits: [
      [
        server('endpoints/page/flow-page'),
        "shown === undefined && siteOf(request) === 'same-origin' ? handles.mint(request) : undefined;",
        "shown === undefined && siteOf(request) !== 'unknown' ? handles.mint(request) : undefined;",
      ],
    ],
    shownBy: [shared('handle', 'is not set for a request of another site')],
  },
  {
    defence: 'a form without an origin needs a token from the page',
    edits: [
      [
        server('endpoints/page/page-form'),
        'isOf: (key, token) => sealer.open(token, purpose(key)) === true,',
        "isOf: (_, token) => token !== '',",
      ],
    ],
    shownBy: [
      own(
        'endpoints/hostile-input',
        'a form token that was changed, or belongs to another page, lets no form in',
      ),
    ],
  },
  {
    defence: 'with SameSite=None, a handle in other sites’ requests is ignored',
    edits: [
      [
        server('request/allowed-origins'),
        'return origins.size > 0 && isCrossSite(request) && !isLink && !areCalling(request);',
        'return false;',
      ],
    ],
    shownBy: [shared('origins', 'replaces SameSite=Lax: approvals do not serve requests of other sites')],
  },
  {
    defence: 'the page cannot be framed, and runs only its own script',
    edits: [[server('endpoints/page/page-shell'), '  "frame-ancestors \'none\'",\n', '']],
    shownBy: [
      own('endpoints/page/page-shell', 'runs no script from its texts, and cannot be framed or stored'),
    ],
  },
  {
    defence: 'the page escapes what it shows',
    edits: [
      [
        server('endpoints/page/page-shell'),
        '<p class="site">${escapeHtml(site)}</p>',
        '<p class="site">${site}</p>',
      ],
    ],
    shownBy: [own('endpoints/page/page-shell', 'shows what it gets as text, never as markup')],
  },
  {
    defence: 'the way back stays on this site',
    edits: [
      [
        server('request/same-origin'),
        "if (found !== new URL(origin).origin || pathname.startsWith('//')) return undefined;",
        '',
      ],
    ],
    shownBy: [own('request/same-origin', 'lets nothing through that leads elsewhere: %j')],
  },
  {
    defence: 'a form from another site is not kept',
    edits: [
      [
        server('guard/replay'),
        "return request.header('sec-fetch-site') !== 'none' && siteOf(request) === 'same-origin';",
        "return request.header('x') !== 'none';",
      ],
    ],
    shownBy: [shared('replay', 'keeps only what provably comes from this site')],
  },

  {
    defence: 'a tab accepts no view of another flow from other tabs',
    edits: [[web('remote/shared-turn'), 'else if (data.flowId === flowId) hear', 'else hear']],
    shownBy: [
      ofWeb(
        'remote/shared-turn',
        'ignores the flow of another login, and accepts no view of one on its own channel',
      ),
    ],
  },
  {
    defence: 'control characters in a title or a name do not change the order in which it is read',
    edits: [[web('elements/foreign-text'), "text.replace(/\\p{Bidi_Control}/gu, '')", 'text']],
    shownBy: [
      ofWeb('html', 'lets no text reorder what the user reads, in $state'),
      ofWeb('page/authenticators-page', 'lets no name reorder what the user reads'),
    ],
  },
  {
    defence: 'actions and device names cannot hold control characters that reorder them',
    edits: [
      [server('policy/policy'), 'if (found === undefined) return;', 'if (found !== undefined) return;'],
      [core('auth0/mfa-api'), "?.replace(/[\\p{Bidi_Control}\\p{Cc}]/gu, '')", ''],
    ],
    shownBy: [
      own('policy/policy', 'refuses an action whose %s holds %j, which reorders what the user reads'),
      ofCore('auth0/mfa-api', 'lists the name %j as %j: nothing in it reorders or hides what the user reads'),
    ],
  },
  {
    defence: 'a page that calls without a click sends no push',
    edits: [
      [
        web('fetch/approver'),
        "if (hasGesture) stepUp.send({ type: 'flow.start' });",
        "stepUp.send({ type: 'flow.start' });",
      ],
    ],
    shownBy: [
      ofWeb(
        'fetch/step-up-fetch',
        'waits for a click before anything is sent to a phone, when the page calls by itself',
      ),
    ],
  },
  {
    defence: 'tabs of a flow find each other by a name that only it has',
    edits: [
      [server('flow/steps'), 'return { flowId: flow.id, ...view };', "return { flowId: 'flow', ...view };"],
    ],
    shownBy: [
      own(
        'flow/flow-id',
        'differs for the next flow, for another browser, and for another login in the same browser',
      ),
    ],
  },
  // Mistakes of the app
  {
    defence: 'a policy function must return a policy',
    edits: [
      [
        server('policy/policy-reader'),
        'if (chosen === false) return undefined;',
        'if (!chosen) return undefined;',
      ],
    ],
    shownBy: [shared('policy', 'refuses when it returns %j')],
  },
  {
    defence: 'a body that no parser has filled is not used',
    edits: [
      [
        server('hosts/guarded-body'),
        'if (body !== undefined && !isLeftEmpty) return holder;',
        'return holder;',
      ],
    ],
    shownBy: [shared('policy', 'refuses when no parser has filled the body that it reads')],
  },
  {
    defence: 'bytes, streams and collections are no parsed body',
    edits: [
      [
        server('hosts/guarded-body'),
        "if (typeof name === 'string' && !(name in target)) throw notParsed(name);\n      const value",
        'const value',
      ],
    ],
    shownBy: [own('hosts/guarded-body', 'lets no policy take %s for a parsed body')],
  },
  {
    defence: 'a body that a later parser reads is not used',
    edits: [[server('hosts/guarded-body'), 'req?.readableDidRead === false && isEmpty(body)', 'false']],
    shownBy: [
      own('hosts/guarded-body', 'accepts an empty body that nobody has read, which a later parser may fill'),
    ],
  },

  // What was approved is what runs
  {
    defence: 'an approval is bound to the members of the request that its action names',
    edits: [[server('policy/requirement'), 'action.details ?? null, action.bound ?? null]', "'', '']"]],
    shownBy: [
      shared('binding', 'need another approval when one is %s'),
      shared('binding', 'need another approval when one is added'),
      shared('binding', 'need another approval when a form repeats one'),
      shared('binding', 'run once, exactly as approved'),
      shared('binding', 'stay the same when the handler gives the approval back'),
      shared('binding', 'run when the form is sent again unchanged, and not when it was changed'),
      shared(
        'binding',
        'need two approvals: the second tab does not join the flow of the first or use its approval',
      ),
    ],
  },
  {
    defence: 'members are bound that a parser has filled, and no others',
    edits: [
      [
        server('hosts/node-gate'),
        'withGuardedBody(this.#host.parsed(this.native), this.#req) as',
        '(this.#host.parsed(this.native)) as',
      ],
      [server('policy/binding'), 'if (found.length > 0) return', 'if (found.length >= 0) return'],
    ],
    shownBy: [
      shared('binding', 'answer 500 until a parser has filled the body'),
      shared('binding', 'refuse a request with none of them in the body: %s'),
    ],
  },
  {
    defence: 'a bound value is JSON, the whole of it',
    edits: [[server('policy/binding'), '  assertJson(value, 0);\n', '']],
    shownBy: [
      shared('binding', 'let nobody through when the function returns something that JSON cannot hold'),
      own('policy/binding', 'refuses %s, which JSON would leave out or change'),
    ],
  },
  {
    defence: 'a bound body brings no prototype along',
    edits: [[server('policy/binding'), 'if (Object.hasOwn(value, PROTO)) throw', 'if (false) throw']],
    shownBy: [
      shared('binding', 'accept no prototype from a body'),
      own('policy/binding', 'treats %s as the fault of the request'),
    ],
  },
  {
    defence: 'a form that is JSON too is refused',
    edits: [
      [
        server('hosts/web-body'),
        "const isBoth = isForm && typeof json === 'object'",
        "const isBoth = false && typeof json === 'object'",
      ],
    ],
    shownBy: [own('hosts/web-body', 'refuses a form that a handler can read as JSON: %s')],
  },
  {
    defence: 'no bound value looks like another member',
    edits: [
      [server('policy/binding'), '&& PLAIN.test(value);', ';'],
      [server('policy/binding'), '  return text.replace(BREAKS,', '  return text.replace(/(?!)/g,'],
    ],
    shownBy: [
      shared('binding', 'are shown on the page and told to the client, one per line'),
      own('policy/binding', 'has a line for each member, and none that a value could add'),
    ],
  },
  {
    defence: 'a receipt is for one service and for what was approved',
    edits: [
      [server('receipts/receipts'), '.setAudience(audience)', ".setAudience('any')"],
      [server('receipts/verify-receipt'), '    issuer,\n      audience,\n', ''],
      [
        server('receipts/verify-receipt'),
        'if (expected !== undefined && receipt.bound !== expected) {',
        'if (expected === receipt.id) {',
      ],
    ],
    shownBy: [
      shared('binding', 'is verified with the keys of the gate, by the service that acts on it'),
      own('receipts/receipts', 'says who approved what, when and how, to a service that has jose alone'),
      own('receipts/receipts', 'refuses a receipt for %s'),
    ],
  },
  {
    defence: 'a receipt is no other token',
    edits: [[server('receipts/verify-receipt'), '      typ: RECEIPT_TYPE,\n', '']],
    shownBy: [own('receipts/receipts', 'refuses another kind of token that the same key has signed')],
  },
  {
    defence: 'a receipt does not outlive its approval',
    edits: [
      [server('receipts/receipts'), 'Math.min(now() + lifetimeMs, until)', 'now() + lifetimeMs'],
      [server('receipts/receipts'), 'if (now() >= until) {', 'if (now() < 0) {'],
    ],
    shownBy: [
      own('receipts/receipts', 'does not outlive the approval'),
      own('receipts/receipts', 'is refused once the approval is too old, however long the handler runs'),
    ],
  },
  {
    defence: 'a revoked approval gives no more receipts',
    edits: [
      [
        server('guard/guard'),
        'if (now() >= approval.keepUntil) return false;',
        'if (now() >= 0) return false;',
      ],
    ],
    shownBy: [
      own('receipts/receipts', 'is not given any more: revoked $by, with maxAge $maxAge'),
      own('receipts/receipts', 'is not given by another process either'),
    ],
  },
  {
    defence: 'an approval for a single use gives receipts to the request that has used it',
    edits: [[server('guard/granted-step-up'), '      assertHeld(use, uses);\n', '']],
    shownBy: [
      own('receipts/receipts', 'is refused when the request has given the approval back'),
      own('receipts/receipts', 'is refused where `check` has left it unused'),
    ],
  },
  {
    defence: 'an approval that has a receipt stays used',
    edits: [
      [
        server('guard/used-approvals'),
        'filter(({ firstReceiptAt }) => firstReceiptAt === undefined)',
        'filter(() => true)',
      ],
    ],
    shownBy: [
      own(
        'receipts/receipts',
        'is not given back with a receipt out, on which a service acts that forgets it a minute later',
      ),
    ],
  },
  {
    defence: 'no receipt of a single use outlives the first one',
    edits: [
      [
        server('receipts/receipts'),
        'approval.singleUse && firstReceiptAt !== undefined',
        'approval.singleUse && decidedAt < 0',
      ],
    ],
    shownBy: [own('receipts/receipts', 'does not outlive the first receipt of the same single use')],
  },
  {
    defence: 'a receipt says until when it is taken',
    edits: [
      [
        server('receipts/verify-receipt'),
        'expiresAt: (exp + TOLERANCE_SECONDS) * 1_000,',
        'expiresAt: exp * 1_000,',
      ],
    ],
    shownBy: [own('receipts/receipts', 'says until when it is taken, clocks that differ included')],
  },
  {
    defence: 'the private keys of receipts stay private',
    edits: [
      [server('receipts/receipt-keys'), "use: 'sig', ...members }", "use: 'sig', ...members, ...key }"],
    ],
    shownBy: [own('receipts/receipts', 'are published without their private parts, for everybody')],
  },

  // Load, and what the operator is told
  {
    defence: 'a browser can hold a limited number of requests open',
    edits: [
      [
        server('limits/watchers'),
        '(perKey.get(key) ?? 0) >= watchersPerHandle;',
        '(perKey.get(key) ?? 0) >= watchersPerProcess;',
      ],
    ],
    shownBy: [
      own('limits/watchers', 'have a limit per browser, and those beyond it are told when to try again'),
    ],
  },
  {
    defence: 'a session can have a limited number of flows',
    edits: [
      [
        server('records/flow-slots'),
        'if (own.length >= Math.min(flowsPerSession, Math.max(1, flowsPerSubject - 1))) return own;',
        'if (own.length >= flowsPerSubject) return own;',
      ],
    ],
    shownBy: [
      own('flow/flows-at-once', 'stay within the limit of a session, in any number of browsers'),
      own('flow/flows-at-once', 'of a stolen session leave the owner a slot after signing in again'),
    ],
  },
  {
    defence: 'a request with the effect of a start counts as one',
    edits: [
      [
        server('flow/driver'),
        'if (!isCounted && countsAsStart(request, step)) {',
        'if (!isCounted && !step.accepted) {',
      ],
    ],
    shownBy: [
      own('flow/flows-at-once', 'keep their slots when they begin again'),
      own('flow/flows-at-once', 'keep their slots when they go back to the start'),
      own(
        'limits/limits-in-flows',
        'counts as one when it is a retry: beyond the limit it asks the tenant nothing and changes nothing',
      ),
      own('limits/limits-in-flows', 'counts as one when it adds a factor without a message'),
    ],
  },
  {
    defence: 'a flow that may not restart yet keeps its place',
    edits: [
      [
        server('records/flow-slots'),
        'return state === undefined || isDone(state) || state.context.expiresAt <= now;',
        'return true;',
      ],
    ],
    shownBy: [own('flow/flows-at-once', 'keep their slots when they are kept from beginning again')],
  },
  {
    defence: 'a full record accepts no further flow',
    edits: [
      [
        server('records/record-size'),
        'if (fits(record as unknown as Json, recordBytes * (1 - SHARE_FOR_ANSWERS))) return;',
        'if (recordBytes > 0) return;',
      ],
    ],
    shownBy: [
      own(
        'records/record-size',
        'accepts no other flow, says when something in it ends, and keeps what it has',
      ),
    ],
  },
  {
    defence: 'an approval to view the devices allows a limited number of requests to the tenant',
    edits: [
      [
        server('endpoints/authenticators'),
        '    await admission.admitList(await owners.mustOwn(request));\n    return management.list',
        '    return management.list',
      ],
    ],
    shownBy: [
      own('limits/limits-in-flows', 'has a limit on requests to the tenant, for one approval to see it'),
    ],
  },
  {
    defence: 'a process that polls looks before each poll whether the flow is still waited for',
    edits: [
      [
        server('flow/waits'),
        'version !== undefined && !(await records.hasChanged(key, version))',
        'version !== undefined',
      ],
    ],
    shownBy: [
      own(
        'flow/waits',
        'sends no poll after a cancel at another process, even if the store does not tell of it',
      ),
    ],
  },
  {
    defence: 'a process that takes a wait over counts what the other one may have polled',
    edits: [
      [
        core('machine/poll-schedule'),
        'return { level: Math.min(level, left), at: until };',
        'return { level, at: until };',
      ],
    ],
    shownBy: [
      own(
        'flow/waits',
        'leaves the next process within the limit of the provider, whatever dead ones polled: %s',
      ),
    ],
  },
  {
    defence: 'a poll counts as late as its answer comes',
    edits: [
      [
        core('machine/poll-schedule'),
        '.level > most ? { level: most, at } : budget;',
        '.level > limit.burst ? { level: most, at } : budget;',
      ],
    ],
    shownBy: [
      ofCore(
        'machine/poll-schedule',
        'stays below the limit as the provider counts it, however late each poll arrives',
      ),
    ],
  },
  {
    defence: "the tenant's responses are read up to a limit",
    edits: [[server('gate/parts'), 'tracedFetch(boundedFetch(own))', 'tracedFetch(own ?? globalThis.fetch)']],
    shownBy: [own('flow/faults', 'do not end a wait for the phone: %s')],
  },
  {
    defence: "the pool's responses of the tenant are read up to a limit",
    edits: [[server('lib/pooled-transport'), 'if (size > MOST_BYTES) fail(tooLarge());\n      else ', '']],
    shownBy: [own('lib/pooled-transport', 'cuts off a response that is too large')],
  },
  {
    defence: 'no redirect takes the credentials to another address',
    edits: [[core('oauth/transport'), 'return REDIRECTS.includes(status);', 'return false;']],
    shownBy: [
      own('lib/pooled-transport', 'refuses a redirect: %i'),
      ofCore('oauth/transport', 'rejects a redirect (%i), and does not follow it'),
    ],
  },
  {
    defence: 'a login keeps one form, even with several handles',
    edits: [
      [
        server('records/kept-forms'),
        '({ caller }: Owner): string => `form:${caller.session}`',
        '({ key }: Owner): string => `form:${key}`',
      ],
    ],
    shownBy: [
      own(
        'records/record-size',
        'keeps a session from filling the store with forms, through a new handle for each',
      ),
    ],
  },
  {
    defence: 'the size of bodies is limited',
    edits: [
      [
        server('request/body'),
        'const LARGEST_BODY_BYTES = 65_536;',
        'const LARGEST_BODY_BYTES = 65_536_000;',
      ],
    ],
    shownBy: [shared('bad-input', 'accepts JSON only (and forms of the page), up to 64 KB')],
  },
  {
    defence: 'invalid input gets a 4xx',
    edits: [
      [
        server('request/body'),
        "  } catch {\n    throw new StepUpError('invalid_request', 'The body is not valid JSON.'",
        "  } catch (error) {\n    if (error) throw error as Error;\n    throw new StepUpError('invalid_request', 'The body is not valid JSON.'",
      ],
      [
        server('request/same-origin'),
        'if (URL.canParse(originOf(request))) return;',
        "if (originOf(request) !== '') return;",
      ],
    ],
    shownBy: [
      own('endpoints/hostile-input', 'makes no endpoint fail, approve, or change anything that it refuses'),
    ],
  },
  {
    defence: 'a hook that guards a whole Fastify app leaves out nothing but what the gate answers',
    edits: [
      [
        'packages/fastify/src/index.ts',
        'return ownRoutes.includes(url) && isUnder(path, gate.basePath);',
        "return ownRoutes.includes(url) && isUnder(path, '');",
      ],
    ],
    shownBy: [
      ofPackage(
        'fastify/register',
        'guards the fallback of the app by a hook on %s, also for a path that only looks like the page',
      ),
    ],
  },
  {
    defence: 'the policy of a resolver reads the arguments of the resolver',
    edits: [
      [
        'packages/nest/src/step-up.ts',
        'this.#gate.inHandlers.assert(withArguments(request, context), policyOf(args));',
        'this.#gate.inHandlers.assert(Object.create(withArguments(request, context), { body: { value: request.body } }), policyOf(args));',
      ],
    ],
    shownBy: [
      ofPackage('nest/graphql', 'binds the arguments of the resolver, not what else the request brings'),
      ofPackage('nest/graphql', 'shows policies the arguments of the resolver as the body'),
    ],
  },
  {
    defence: 'a resolver sees no approval of another one',
    edits: [
      [
        'packages/nest/src/nest-request.ts',
        'return context.getArgByIndex<object>(3);',
        'return context.getArgByIndex<{ readonly req: object }>(2).req;',
      ],
    ],
    shownBy: [ofPackage('nest/graphql', 'gives each resolver of an operation its own approval')],
  },
  {
    defence: 'a Nest app has one gate',
    edits: [
      ['packages/nest/src/step-up-module.ts', 'served.add(httpAdapter);', 'served.delete(httpAdapter);'],
    ],
    shownBy: [ofPackage('nest/module', 'does not start beside another one, since @StepUp could take either')],
  },
  {
    defence: 'gates of other tenants and applications sign receipts with other keys',
    edits: [
      [
        server('receipts/receipt-keys'),
        'deriveBytes(secret, `receipt key of ${namespace}`, 32);',
        'deriveBytes(secret, `receipt key of ${typeof namespace}`, 32);',
      ],
    ],
    shownBy: [own('receipts/receipts', 'are others for a gate of another %s that has the same secret')],
  },
  {
    defence: 'a clock that goes back brings no deleted record back',
    edits: [
      ['packages/sqlite/src/sqlite-store.ts', 'expires > :now AND value IS NOT NULL', 'expires > :now'],
    ],
    shownBy: [ofPackage('sqlite/sqlite-store', 'brings no deleted record back when the clock goes back')],
  },
  // The provider's own pages
  {
    defence: "a return ends or approves nothing but this browser's own departure",
    edits: [
      [
        server('flow/returns'),
        'return departure !== undefined && belongsTo(returned, departure);',
        'return departure !== undefined;',
      ],
    ],
    shownBy: [
      own('redirect/callback', 'changes nothing, and ends nothing: %s'),
      own('redirect/callback', 'is one of a departure that another tab has replaced'),
    ],
  },
  {
    defence: 'a return that comes late approves nothing',
    edits: [
      [
        core('machine/machine'),
        "guard: and(['isCurrent', 'isReturnLate']),",
        "guard: and(['isCurrent', 'isTargetEntered']),",
      ],
    ],
    shownBy: [own('redirect/flow', 'comes too late')],
  },
  {
    defence: "another provider's answer is not used",
    edits: [
      [
        core('redirect/return'),
        '        issuer,\n        authorization_response',
        "        issuer: parameters.get('iss') ?? issuer,\n        authorization_response",
      ],
    ],
    shownBy: [own('redirect/callback', 'is not used if it names %s')],
  },
  {
    defence: 'only a page load brings a return',
    edits: [
      [
        server('endpoints/page/return-endpoints'),
        "if (mode === 'navigate' && destination === 'document' && !isAhead) return;",
        "if (mode !== '' && destination !== '' && isAhead !== undefined) return;",
      ],
    ],
    shownBy: [own('redirect/callback', 'does nothing for %s')],
  },
  {
    defence: 'a return has each of its members once',
    edits: [
      [
        core('redirect/return'),
        'MEMBERS.some((name) => parameters.getAll(name).length > 1)',
        'MEMBERS.some((name) => parameters.getAll(name).length > 9)',
      ],
    ],
    shownBy: [own('redirect/callback', 'refuses %s twice')],
  },
  {
    defence: 'who signed in on the provider’s page is compared with the user of the flow',
    edits: [
      [core('redirect/proof'), 'if (sub !== expected.subject) {', 'if (sub === undefined) {'],
      [
        server('provider/id-token-check'),
        'if (payload.sub !== subject) {',
        'if (payload.sub === undefined) {',
      ],
    ],
    shownBy: [
      own('redirect/flow', 'is somebody else'),
      own('redirect/oidc-provider', 'grants none to another user, though the provider lets them through'),
    ],
  },
  {
    defence: 'a sign-in from before the departure does not count',
    edits: [
      [
        core('redirect/proof'),
        'if (age >= -SLACK_SECONDS && age <= away + SLACK_SECONDS) return;',
        'if (age >= -SLACK_SECONDS && away >= 0) return;',
      ],
    ],
    shownBy: [
      own('redirect/flow', 'had passed it before, and was not asked again'),
      own('redirect/callback', 'is no approval: %s'),
      own('redirect/callback', 'holds no return back to make an older sign-in count'),
    ],
  },
  {
    defence: 'a sign-in without a second factor does not count',
    edits: [
      [
        core('redirect/proof'),
        'if (!isRightClass && !hasMethods) {',
        'if (!isRightClass && !hasMethods && methods.length > 9) {',
      ],
    ],
    shownBy: [
      own('redirect/flow', 'was not asked for a second factor'),
      own('redirect/oidc-provider', 'grants none for one factor'),
    ],
  },
  {
    defence: 'the provider’s page counts only where it is named',
    edits: [
      [
        core('terms/factor'),
        "    provedBy: 'page',\n    code: 'none',\n    enrollment: 'never',\n    countsByDefault: false,",
        "    provedBy: 'page',\n    code: 'none',\n    enrollment: 'never',\n    countsByDefault: true,",
      ],
    ],
    shownBy: [own('redirect/ways', 'counts only where it is named, by the policy or by the gate')],
  },
  {
    defence: 'what the provider’s page may have added counts as new',
    edits: [
      [
        core('machine/setup'),
        'enrolledInFlow: context.enrolledInFlow || currentWay(context).enrollsElsewhere === true,',
        'enrolledInFlow: context.enrolledInFlow,',
      ],
    ],
    shownBy: [
      own(
        'redirect/ways',
        'makes a later push count as enrolled in the flow, since the page may have enrolled its phone',
      ),
    ],
  },
  {
    defence: 'a limit on departures',
    edits: [
      [
        server('limits/attempts'),
        "if (isHosted(effect.params.factor)) return ['starts'];",
        'if (isHosted(effect.params.factor)) return [];',
      ],
    ],
    shownBy: [own('redirect/flow', 'counts each departure, and lets nobody be sent away without end')],
  },
  {
    defence: 'the window for the provider’s page cannot reach the page behind it',
    edits: [[web('ui/leave'), 'opened.opener = null;', '']],
    shownBy: [ofWeb('ui/leave', 'is opened in a window by the click itself, and led to its address later')],
  },
  {
    defence: 'a signed-out user is not let through',
    edits: [
      [
        server('guard/guard'),
        'return { isAllowed: false, ...signedOut(',
        'return { isAllowed: true, ...signedOut(',
      ],
    ],
    shownBy: [own('endpoints/hostile-input', 'gets nothing past the guard')],
  },
  {
    defence: 'the signature of the id_token is verified',
    edits: [
      [
        server('provider/id-token-check'),
        'await jwtVerify(idToken, keys, {',
        "await (async (..._: unknown[]) => ({ payload: JSON.parse(`${Buffer.from(idToken.split('.')[1] ?? '', 'base64url')}`) }))(idToken, keys, {",
      ],
    ],
    shownBy: [
      own('provider/id-token-check', 'refuses a token that was cut off, changed or combined from two'),
      own('auth0/forged-identity', 'counts for nothing with a token $title'),
    ],
  },
  {
    defence: 'a denied push is reported',
    edits: [
      [
        server('flow/step-events'),
        "return isAddition(effect) ? [] : ofTarget('push.rejected', before);",
        'return [];',
      ],
    ],
    shownBy: [
      own('events/audit', 'record a denied push, which also calls its own hook, and a user who goes on'),
    ],
  },
  {
    defence: 'events hold no query strings',
    edits: [
      [
        server('events/audit-event'),
        'pathOf(request).slice(0, LONGEST_PATH);',
        'request.url.slice(0, LONGEST_PATH);',
      ],
    ],
    shownBy: [own('events/audit', 'hold neither the session id nor the handle, and no query of a path')],
  },
  {
    defence: 'an approval and its event keep nothing of a token but how the user authenticated',
    edits: [
      [
        core('provider/authentication'),
        'const found: Authentication = {',
        'const found: Authentication = {\n    ...told,',
      ],
    ],
    shownBy: [
      own('ciba/flow', 'takes only acr, amr and the time from an app’s own check, and drops the rest'),
    ],
  },
];
