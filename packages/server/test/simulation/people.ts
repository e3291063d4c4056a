import type { FlowView } from '@stepgate/core';
import type { JSONWebKeySet } from 'jose';
import type { StepUp } from '../../src/guard/decision.ts';
import { verifyReceipt } from '../../src/receipt.ts';
import { deriveReceiptKeys } from '../../src/receipts/receipt-keys.ts';
import { type GateAnswer, SECRET } from '../support/gate-client.ts';
import {
  type Browser,
  boundOfErrand,
  type Deed,
  ERRANDS,
  type Errand,
  type ErrandName,
  type Guest,
  isLinked,
  isOwn,
  recordOf,
  sessionOf,
} from './deeds.ts';
import { linkOf } from './phones.ts';
import { sendPing } from './pings.ts';
import { NAMESPACE, nativeOf, type Process, seatOf, type World } from './process.ts';
import { FOREIGN, PASSWORD, RIGHT_CODE } from './tenant.ts';
import { type Push, recoveryCode } from './truth.ts';

/** What people do with their browsers and phones, one request each. */
export interface People {
  /** Starts the deed; `undefined` where there is nothing to wait for. */
  act(deed: Deed, at: Process): Promise<unknown> | undefined;
  start(by: Browser, at: Process, errand: ErrandName, mfaToken?: string): Promise<void>;
  post(by: Browser, at: Process, event: Record<string, unknown>): Promise<GateAnswer | undefined>;
  watch(by: Browser, at: Process): Promise<void>;
  view(by: Browser, at: Process): Promise<Partial<FlowView>>;
  cancel(by: Browser, at: Process): Promise<GateAnswer>;
  askForLink(by: Browser, at: Process, errand: ErrandName): Promise<void>;
  openLink(by: Guest, at: Process, isOld: boolean): Promise<void>;
  /** The owner's answer to the newest push that waits for one. */
  answer(approves: boolean, isCareless: boolean): void;
  /** The user's or the attacker's code for the push that waits in their record. */
  typePushCode(by: Browser, at: Process, options: { isMistyped: boolean; times: number }): Promise<void>;
  typeRecoveryCode(by: Browser, at: Process, times: number): Promise<void>;
  typePassword(by: Browser, at: Process): Promise<void>;
  /** Scans the QR code that the browser shows. */
  scan(by: Browser, at: Process): Promise<void>;
}

/** Every request of a browser that is not about an errand goes by this one, whose policy does not matter. */
const ANY: ErrandName = 'see the accounts';
export const OWN_CODE = 'otp|push|ada';
export const RECOVERY = 'recovery|ada';
const TEXT = 'sms|ada';
/** No push code has vowels or zeros, so a guess is never right. */
const WRONG_PUSH_CODES = ['AAAA', 'EEEE', 'IIII', 'OOOO', 'UUUU'];
const AUDIENCE = 'ledger';

/** A requirement that a browser keeps for later, and when it was issued. */
interface KeptRequirement {
  readonly requirement: string;
  readonly at: number;
}

const REQUIREMENT_MS = 600_000;
/** The same in each process, since they come from the secret. */
const KEYS = deriveReceiptKeys(SECRET, NAMESPACE).published as JSONWebKeySet;

type Visit = Extract<Deed, { type: 'visit' }>;

export function createPeople(world: World): People {
  const { truth, clocks, turns } = world;
  const kept = new Map<Browser, KeptRequirement>();

  async function refusedWith(by: Browser, at: Process, errand: ErrandName): Promise<string | undefined> {
    const decision = await at.client(by, errand).decide('/accounts', nativeOf(by, errand));
    if (decision.isAllowed) return undefined;
    const { step_up } = JSON.parse(decision.response.body) as { step_up?: { requirement: string } };
    return step_up?.requirement;
  }

  function begin(by: Browser, at: Process, requirement: string, mfaToken?: string): Promise<GateAnswer> {
    const body = { requirement, ...(mfaToken !== undefined && { mfa_token: mfaToken }) };
    return at.client(by, ANY).send('POST', '/step-up/flow', { body });
  }

  async function start(by: Browser, at: Process, errand: ErrandName, mfaToken?: string): Promise<void> {
    const requirement = await refusedWith(by, at, errand);
    if (requirement === undefined) return;
    kept.set(by, { requirement, at: clocks.now() });
    await at.serve(by, () => begin(by, at, requirement, mfaToken), errand);
  }

  /** A ticket of a while ago, which starts a flow for ten minutes. */
  async function startLate(by: Browser, at: Process): Promise<void> {
    const ticket = kept.get(by);
    if (ticket === undefined) return;
    const { status } = await begin(by, at, ticket.requirement);
    const most = REQUIREMENT_MS + clocks.loss(ticket.at, clocks.now());
    if (status === 201 && world.quietAt - ticket.at > most) {
      truth.noticed.push('a requirement started a flow after its time');
    }
  }

  /** Where the flow is that a browser has on its screen. */
  const flowPath = (by: Browser): string => `${truth.opened.get(by as Guest)?.path ?? '/step-up'}/flow`;

  async function askForLink(by: Browser, at: Process, errand: ErrandName): Promise<void> {
    const requirement = await refusedWith(by, at, errand);
    if (requirement === undefined) return;
    const gotAt = clocks.now();
    const { status, body } = await at.serve(
      by,
      () => at.client(by, ANY).send('POST', '/step-up/links', { body: { requirement } }),
      errand,
    );
    if (status !== 201) return;
    const { isByLink }: Errand = ERRANDS[errand];
    if (isByLink !== true) truth.noticed.push('there was a link for what no other login may approve');
    truth.links.push({ asker: by, path: new URL(String(body.url)).pathname, at: gotAt });
  }

  async function openLink(by: Guest, at: Process, isOld: boolean): Promise<void> {
    const link = truth.links.at(isOld ? -2 : -1);
    if (link === undefined) return;
    truth.opened.set(by, link);
    const { status } = await at.serve(by, () =>
      at.client(by, ANY).send('POST', flowPath(by), { body: { requirement: 'of the link' } }),
    );
    const most = REQUIREMENT_MS + clocks.loss(link.at, clocks.now());
    if (status === 201 && world.quietAt - link.at > most)
      truth.noticed.push('a link was opened after its time');
  }

  async function view(by: Browser, at: Process): Promise<Partial<FlowView>> {
    const seen = (await at.client(by, ANY).send('GET', flowPath(by))).body as Partial<FlowView>;
    if (seen.runsElsewhere === true && seen.disclosure !== undefined) {
      truth.noticed.push('a login that waits for its link has seen what the flow discloses');
    }
    return seen;
  }

  const cancel = (by: Browser, at: Process): Promise<GateAnswer> =>
    at.client(by, ANY).send('DELETE', flowPath(by));

  async function post(
    by: Browser,
    at: Process,
    event: Record<string, unknown>,
    seen?: Partial<FlowView>,
  ): Promise<GateAnswer | undefined> {
    const { version, runsElsewhere } = seen ?? (await view(by, at));
    if (version === undefined) return undefined;
    const headers = { 'if-match': `"${version}"` };
    const answer = await at.client(by, ANY).send('POST', `${flowPath(by)}/events`, { headers, body: event });
    if (answer.status === 200 && runsElsewhere === true) {
      truth.noticed.push('a login that waits for its link has taken a step');
    }
    return answer;
  }

  /** Waits for news, as an open page does. */
  async function watch(by: Browser, at: Process): Promise<void> {
    const { version } = await view(by, at);
    if (version === undefined) return;
    const headers = { prefer: 'wait=25', 'if-none-match': `"${version}"` };
    await at.client(by, ANY).send('GET', flowPath(by), { headers });
  }

  /** The newest push of a record's flow, if its phone shows a code. */
  function codedPush(by: Browser): Push | undefined {
    const record = recordOf(seatOf(truth, by));
    const push = truth.pushes.findLast(({ browser }) => recordOf(browser) === record);
    return push?.way === 'ciba' ? push : undefined;
  }

  async function typePushCode(
    by: Browser,
    at: Process,
    { isMistyped, times }: { readonly isMistyped: boolean; readonly times: number },
  ): Promise<void> {
    const seen = await view(by, at);
    const push = codedPush(by);
    if (seen.state !== 'polling' || push === undefined) return;
    // The user knows which push they have asked for and where, and types the code of no other.
    const isHere = isLinked(push.browser) === isLinked(seatOf(truth, by));
    const isRight = !isMistyped && isHere && isOwn(by) && isOwn(push.browser);
    if (isRight) push.isTyped = true;
    const codes = isRight ? [push.code] : WRONG_PUSH_CODES.slice(0, times);
    await Promise.all(codes.map((code) => typeOne(by, at, { code: code ?? '', seen, push, isRight })));
  }

  async function guess(by: Browser, at: Process, times: number, isAtOnce: boolean): Promise<void> {
    if (isAtOnce) return typePushCode(by, at, { isMistyped: true, times });
    for (let done = 0; done < times; done += 1) await typePushCode(by, at, { isMistyped: true, times: 1 });
  }

  async function typeOne(
    by: Browser,
    at: Process,
    typed: {
      readonly code: string;
      readonly seen: Partial<FlowView>;
      readonly push: Push;
      readonly isRight: boolean;
    },
  ): Promise<void> {
    const { code, seen, push, isRight } = typed;
    const sentAt = clocks.now();
    const answer = await post(by, at, { type: 'code.submit', code }, seen);
    if (answer?.status !== 200 || isRight) return;
    // It was judged: for this push, unless another one has come meanwhile.
    if (codedPush(by) === push) push.wrongCodes += 1;
    const browser = seatOf(truth, by);
    truth.codes.push({ browser, session: sessionOf(by), sentAt, countedFrom: sentAt, isRight: false });
  }

  /** Signs in at the provider's page, and loads what it sends the browser back to: several times, if in a hurry. */
  async function visit(by: Browser, at: Process, { isCareless, times }: Visit): Promise<void> {
    const departure = truth.departures.findLast(
      ({ browser, code }) => code === undefined && (isCareless || recordOf(browser) === recordOf(by)),
    );
    if (departure === undefined) return;
    departure.user = isOwn(by) ? 'ada' : 'mallory';
    departure.code = `code-${departure.state}`;
    departure.visitor = by;
    const { code, state } = departure;
    await Promise.all(Array.from({ length: times }, () => loadReturn(by, at, { code, state })));
  }

  async function comeBack(
    by: Browser,
    at: Process,
    how: Extract<Deed, { type: 'come back' }>['how'],
  ): Promise<void> {
    const own = truth.departures.findLast(({ browser }) => recordOf(browser) === recordOf(by));
    const other = truth.departures.findLast((one) => one !== own && one.code !== undefined);
    // Nobody else sees the address while its code is worth something.
    const last = truth.departures.findLast(
      ({ visitor, exchanges }) => exchanges > 0 || recordOf(visitor ?? '') === recordOf(by),
    );
    if (how === 'again' && last?.code !== undefined) {
      return loadReturn(by, at, { code: last.code, state: last.state });
    }
    if (own === undefined) return;
    if (how === 'refused') return loadReturn(by, at, { error: 'access_denied', state: own.state });
    if (other?.code !== undefined) await loadReturn(by, at, { code: other.code, state: own.state });
  }

  async function loadReturn(by: Browser, at: Process, query: Record<string, string>): Promise<void> {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    await at.client(by, ANY).send('GET', `/step-up/callback?${new URLSearchParams(query)}`, { headers });
  }

  /** A handler that runs, and behind it another guard, which refuses: what was used stays used. */
  async function use(by: Browser, at: Process, deed: Extract<Deed, { type: 'use' }>): Promise<void> {
    const { errand, afterwards } = deed;
    const native = nativeOf(by, errand);
    const askedAt = clocks.now();
    const decision = await at.client(by, errand).decide('/accounts', native);
    if (!decision.isAllowed || decision.stepUp === undefined) return;
    const { stepUp } = decision;
    const {
      id,
      way,
      factor,
      enrolledInFlow: isMarkedNew,
      byOtherLogin: isByOtherLogin = false,
    } = stepUp.approval;
    const run = { approval: id, way, factor, isMarkedNew, isByOtherLogin };
    truth.runs.push({ ...run, browser: by, errand, askedAt, at: clocks.now() });
    const receive = (isAfterRelease: boolean): Promise<boolean> =>
      turns.aside(() => receipt(stepUp, errand, isAfterRelease));
    const wantsReceipt = afterwards === 'receipt' || afterwards === 'receipt and release';
    const hasReceipt = wantsReceipt && (await receive(false));
    if (afterwards === 'nothing' || afterwards === 'receipt') {
      // The same request: what it has used is known by it.
      const next: ErrandName = boundOfErrand(errand) === undefined ? 'transfer' : 'close an account';
      await at.client(by, next).decide('/accounts/next', native);
      return;
    }
    // A service may have acted on the receipt, so the approval stays used.
    if (!hasReceipt) truth.released.push(id);
    await stepUp.release();
    await receive(!wantsReceipt);
  }

  /** What the service behind the handler reads in its receipt; whether the handler gets one. */
  async function receipt(stepUp: StepUp, errand: ErrandName, isAfterRelease: boolean): Promise<boolean> {
    const token = await stepUp.receipt({ audience: AUDIENCE }).catch(() => undefined);
    if (token === undefined) return false;
    const says = await verifyReceipt(token, {
      issuer: 'http://localhost/step-up',
      audience: AUDIENCE,
      keys: KEYS,
      // How long it lives is judged apart: the clock of its process may be wrong.
      now: () => issuedAt(token),
    });
    truth.receipts.push({ approval: stepUp.approval.id, errand, at: clocks.now(), isAfterRelease, says });
    return true;
  }

  return {
    start,
    post,
    watch,
    view,
    typePushCode,
    typeRecoveryCode,
    typePassword,
    scan,
    cancel,
    askForLink,
    openLink,
    answer(approves, isCareless) {
      const push = truth.pushes.findLast(({ state }) => state === 'waiting');
      if (push === undefined) return;
      push.state = approves && (isCareless || isOwn(push.browser)) ? 'approved' : 'denied';
    },
    act(deed, at) {
      switch (deed.type) {
        case 'start':
          return start(deed.by, at, deed.errand);
        case 'start with a foreign token':
          return start(deed.by, at, ANY, FOREIGN);
        case 'start with an old requirement':
          return startLate(deed.by, at);
        case 'cancel':
          return cancel(deed.by, at);
        case 'resend':
          return post(deed.by, at, { type: 'challenge.resend' });
        case 'retry':
          return post(deed.by, at, { type: 'flow.retry' });
        case 'take another way':
          return post(deed.by, at, { type: 'way.next' });
        case 'choose the code':
          return post(deed.by, at, { type: 'factor.choose', authenticatorId: OWN_CODE });
        case 'choose the text':
          return post(deed.by, at, { type: 'factor.choose', authenticatorId: TEXT });
        case 'choose the recovery code':
          return post(deed.by, at, { type: 'factor.choose', authenticatorId: RECOVERY });
        case 'type a recovery code':
          return typeRecoveryCode(deed.by, at, deed.times);
        case 'note the new code':
          return post(deed.by, at, { type: 'codes.acknowledge' });
        case 'type the password':
          return typePassword(deed.by, at);
        case 'begin to add a phone':
          return post(deed.by, at, { type: 'enrollment.begin', factor: 'push' });
        case 'scan':
          return scan(deed.by, at);
        case 'ask for a link':
          return askForLink(deed.by, at, deed.errand);
        case 'open a link':
          return openLink(deed.by, at, deed.isOld);
        case 'ping':
          return sendPing(world, at, deed.kind);
        case 'type a code':
          return typeCode(deed.by, at);
        case 'type the push code':
          return typePushCode(deed.by, at, { isMistyped: deed.isMistyped, times: 1 });
        case 'guess the push code':
          return guess(deed.by, at, deed.times, deed.isAtOnce);
        case 'visit':
          return visit(deed.by, at, deed);
        case 'come back':
          return comeBack(deed.by, at, deed.how);
        case 'look':
          return view(deed.by, at);
        case 'watch':
          return watch(deed.by, at);
        case 'use':
          return use(deed.by, at, deed);
        default:
          return undefined;
      }
    },
  };

  /** The code of an app or a text message; attackers have none. Not into a field for a push code, which has its own. */
  async function typeCode(by: Browser, at: Process): Promise<void> {
    const seen = await view(by, at);
    if (seen.state !== 'prompting') return;
    await post(by, at, { type: 'code.submit', code: isOwn(by) ? RIGHT_CODE : '000000' }, seen);
  }

  /** From the paper, or one that is worth nothing any more, which anybody may have read. */
  async function typeRecoveryCode(by: Browser, at: Process, times: number): Promise<void> {
    const seen = await view(by, at);
    const { version, state, factor } = seen;
    if (version === undefined || state !== 'prompting' || factor !== 'recovery-code') return;
    const { recovery } = truth;
    const code = isOwn(by) ? recovery.onPaper : (recovery.replaced.at(-1) ?? recoveryCode(0));
    truth.recoveryTyped.add(`${recordOf(by)} ${version}`);
    await Promise.all(
      Array.from({ length: times }, (_, nth) => {
        const process = nth === 0 ? at : (world.processes.find((one) => one !== at) ?? at);
        return process.serve(by, () => post(by, process, { type: 'code.submit', code }, seen));
      }),
    );
  }

  async function typePassword(by: Browser, at: Process): Promise<void> {
    await post(by, at, { type: 'password.submit', password: isOwn(by) ? PASSWORD : 'letmein' });
  }

  /** With the phone at hand, which is somebody else's where the user does not sit. */
  async function scan(by: Browser, at: Process): Promise<void> {
    const { disclosure } = await view(by, at);
    const phone = truth.phones.find((one) => linkOf(one) === disclosure?.barcodeUri);
    if (phone === undefined || truth.phones.some(({ holder }) => holder !== undefined)) return;
    phone.holder = isOwn(by) ? 'ada' : 'mallory';
    phone.addedAt = clocks.now();
  }
}

function issuedAt(token: string): number {
  const { iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    iat: number;
  };
  return iat * 1_000;
}
