import type { LocalStepUpActor } from '@stepgate/core';
import { mountPhone } from '@stepgate/emulator/browser';
import { textsFor } from '../../../../packages/web/src/texts/languages.ts';
import { flowStyles } from '../../../../packages/web/src/ui/flow-styles.ts';
import { renderFlow } from '../../../../packages/web/src/ui/render-flow.ts';
import { createChart } from './chart.ts';
import { createCibaFlow, createMfaFlow } from './flow.ts';
import { createTenant, type TimelineEntry } from './tenant.ts';

const AMOUNT = 250;
const RECOVERY_CODE = 'K7WQ2M9XTR4HBN3CJ8DPVFYG';
const PHONE = [{ factor: 'push' }, { factor: 'recovery-code', code: RECOVERY_CODE }] as const;
const FAREWELL_MS = 1_200;
const MOST_ENTRIES = 40;

/** Runs bank, tenant, phone and flow in an element of the page. Returns what ends them. */
export async function startBank(root: HTMLElement): Promise<() => void> {
  const $ = <T extends HTMLElement = HTMLElement>(name: string): T => {
    const found = root.querySelector<T>(`[data-bank="${name}"]`);
    if (found === null) throw new Error(`The page has no ${name}.`);
    return found;
  };
  const chart = createChart($('chart'), $('trail'));
  const tenant = createTenant(addToTimeline);
  const phone = mountPhone($('phone'), tenant.phone);
  const dialog = $('dialog').shadowRoot ?? $('dialog').attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${flowStyles} :host { display: block; color-scheme: inherit; }`);
  dialog.adoptedStyleSheets = [sheet];
  const texts = await textsFor('en');
  let balance = 1_240;
  let endFlow: (() => void) | undefined;
  let refreshToken: Promise<string>;
  let way: 'ciba' | 'mfa' = 'ciba';
  restart();

  function addToTimeline({ method, path, note, status }: TimelineEntry): void {
    const list = $('timeline');
    const row = document.createElement('li');
    row.className = status === undefined ? 'lost' : '';
    row.textContent = `${method} ${path} → ${status ?? 'network down'}${note && ` (${note})`}`;
    list.prepend(row);
    while (list.childElementCount > MOST_ENTRIES) list.lastElementChild?.remove();
  }

  function say(text: string): void {
    $('result').textContent = text;
  }

  /** Begins anew, with the phone enrolled or not. */
  function restart({ hasPhone = true } = {}): void {
    endFlow?.();
    balance = 1_240;
    $('balance').textContent = euros(balance);
    $('timeline').replaceChildren();
    $('note').textContent = hasPhone ? RECOVERY_CODE : 'nothing yet';
    setPhone({ isLost: false });
    setNetwork({ isDown: false });
    tenant.enrol(hasPhone ? PHONE : []);
    refreshToken = tenant.signIn();
    chart.clear();
    if (!hasPhone) goBy('mfa');
    say(hasPhone ? '' : 'CIBA needs a phone. By the MFA API, her next transfer adds one.');
  }

  function goBy(chosen: 'ciba' | 'mfa'): void {
    way = chosen;
    endFlow?.();
    chart.clear();
    say('');
    $('way-ciba').setAttribute('aria-pressed', String(way === 'ciba'));
    $('way-mfa').setAttribute('aria-pressed', String(way === 'mfa'));
  }

  async function transfer(): Promise<void> {
    endFlow?.();
    chart.clear();
    say('');
    const { client, subject, clock } = tenant;
    const flow =
      way === 'ciba'
        ? createCibaFlow(client, { subject, clock })
        : createMfaFlow(client, { refreshToken: await refreshToken, clock });
    show(flow);
  }

  function show(flow: LocalStepUpActor): void {
    $('transfer').hidden = true;
    const stopDrawing = renderFlow(dialog, flow, {
      texts,
      clock: tenant.clock,
      action: { title: `Transfer ${AMOUNT} EUR to Grace` },
      cancel: () => flow.send({ type: 'flow.cancel' }),
    });
    const subscription = flow.subscribe({
      next: ({ view }) => {
        chart.enter(view.state);
        const [code] = view.disclosure?.recoveryCodes ?? [];
        if (code !== undefined) $('note').textContent = code;
      },
      complete: () => finish(flow),
    });
    endFlow = () => {
      endFlow = undefined;
      subscription.unsubscribe();
      stopDrawing();
      flow.stop();
      $('transfer').hidden = false;
    };
    chart.enter(flow.view.state);
    flow.send({ type: 'flow.start' });
  }

  function finish(flow: LocalStepUpActor): void {
    const { state, factor = 'push' } = flow.view;
    const end = endFlow;
    if (state === 'approved') {
      balance -= AMOUNT;
      $('balance').textContent = euros(balance);
      say(`Sent ${euros(AMOUNT)} to Grace, approved by ${factor}.`);
    } else say('Nothing was sent.');
    window.setTimeout(() => end === endFlow && end?.(), state === 'approved' ? FAREWELL_MS : 0);
  }

  function setNetwork({ isDown }: { readonly isDown: boolean }): void {
    tenant.setOnline(!isDown);
    $('network').setAttribute('aria-pressed', String(isDown));
  }

  function setPhone({ isLost }: { readonly isLost: boolean }): void {
    $('phone').inert = isLost;
    $('lost').setAttribute('aria-pressed', String(isLost));
    root.classList.toggle('phone-lost', isLost);
    if (isLost && way === 'ciba')
      say('Nobody can answer now. Go by the MFA API: it takes the recovery code.');
  }

  const isPressed = (name: string): boolean => $(name).getAttribute('aria-pressed') === 'true';
  const actions: Readonly<Record<string, () => void>> = {
    transfer: () => void transfer(),
    deny: () => {
      const push = tenant.phone.notifications().findLast(({ status }) => status === 'pending');
      if (push === undefined) say('No push is waiting: press Transfer first.');
      else tenant.phone.deny(push.id);
    },
    expire: () => tenant.passTime(300_000),
    network: () => setNetwork({ isDown: !isPressed('network') }),
    lost: () => setPhone({ isLost: !isPressed('lost') }),
    'new-phone': () => restart({ hasPhone: false }),
    'way-ciba': () => goBy('ciba'),
    'way-mfa': () => goBy('mfa'),
    restart: () => restart(),
  };
  const onClick = ({ target }: Event): void => {
    const name = (target as Element).closest<HTMLElement>('button[data-bank]')?.dataset.bank;
    if (name !== undefined) actions[name]?.();
  };
  root.addEventListener('click', onClick);
  root.dataset.ready = 'true';

  return () => {
    root.removeEventListener('click', onClick);
    endFlow?.();
    chart.clear();
    phone.remove();
  };
}

function euros(amount: number): string {
  return `${amount.toLocaleString('en', { minimumFractionDigits: 2 })} EUR`;
}
