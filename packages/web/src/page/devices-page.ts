import type { EnrollableFactor } from '@stepgate/core';
import { addressMember, isEnrollable } from '@stepgate/core/ui';
import type { FlowDialog } from '../dialog/flow-dialog.ts';
import { tidy } from '../elements/control-action.ts';
import { patch } from '../elements/patch.ts';
import { StepUpCancelled } from '../fetch/step-up-cancelled.ts';
import { createStepUpFetch } from '../fetch/step-up-fetch.ts';
import { toFailure } from '../remote/remote-error.ts';
import { createRemoteStepUp } from '../remote/remote-step-up.ts';
import type { PageTexts } from '../texts/page-texts.ts';
import { fill } from '../texts/texts.ts';
import { type DevicesAction, type DevicesModel, devicesCard, wordsOf } from './devices-card.ts';
import { type AddedFactor, createDevicesClient, type NamedDevice } from './devices-client.ts';

/** What the page is made of. */
export interface DevicesPageOptions {
  /** Where it is drawn. */
  readonly root: HTMLElement;
  /** Shows approvals, and the flow that adds a device. */
  readonly dialog: FlowDialog;
  readonly basePath: string;
  readonly texts: PageTexts;
  readonly leaveTo?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * The page on which users see, add and remove their authenticators. Opening it sends nothing to a phone: what needs an
 * approval takes a click.
 */
export async function openDevicesPage(options: DevicesPageOptions): Promise<void> {
  const { root, dialog, basePath, fetch = (input, init) => globalThis.fetch(input, init) } = options;
  const { flow: flowTexts, devices: texts } = options.texts;
  const quiet = createDevicesClient(basePath, fetch);
  const asking = createDevicesClient(
    basePath,
    createStepUpFetch({
      basePath,
      fetch,
      onStepUp({ stepUp, action, signal }) {
        void dialog.show(stepUp, { action });
        signal.addEventListener('abort', () => dialog.close(), { once: true });
      },
    }),
  );
  let model: DevicesModel = {
    isLoading: true,
    isBusy: false,
    said: '',
    leaveTo: options.leaveTo,
    texts,
    flowTexts,
  };

  function update(change: Partial<DevicesModel>): void {
    const isAsked = model.question !== change.question && 'question' in change;
    // Closed before it is taken away, so that the focus goes back to where it was.
    if (isAsked) root.querySelector('dialog')?.close();
    model = { ...model, ...change };
    patch(root, [devicesCard(model)]);
    if (isAsked) root.querySelector('dialog')?.showModal();
  }

  /** Does what takes time, one thing at a time; what goes wrong is said. */
  async function busily(work: () => Promise<Partial<DevicesModel>>): Promise<void> {
    if (model.isBusy) return;
    update({ isBusy: true, problem: undefined, said: '' });
    const change = await work().catch(failed);
    update({ ...change, isBusy: false, isLoading: false });
  }

  /** The list, as far as it may be seen without another approval. */
  async function look(): Promise<Partial<DevicesModel>> {
    try {
      return { list: await quiet.list() };
    } catch (error) {
      if (toFailure(error).code === 'insufficient_user_authentication') return { list: undefined };
      throw error;
    }
  }

  async function remove(id: string): Promise<Partial<DevicesModel>> {
    const removed = await asking.remove(id);
    const words = removed.filter(({ factor }) => isEnrollable(factor)).map(toWords);
    return { ...(await look()), said: fill(texts.removed, { devices: listOf(words) }) };
  }

  async function add(addition: AddedFactor): Promise<Partial<DevicesModel>> {
    await asking.add(addition);
    const stepUp = createRemoteStepUp({ basePath, fetch });
    await stepUp.join();
    await dialog.show(stepUp, { destination: addition.phoneNumber ?? addition.email });
    const isAdded = stepUp.view.state === 'approved';
    const said = isAdded ? fill(texts.added, { device: texts.kinds[addition.factor] }) : texts.unchanged;
    return { ...(await look()), said };
  }

  const toWords = (device: NamedDevice): string => wordsOf(device, texts);
  const listOf = (words: readonly string[]): string => new Intl.ListFormat(flowTexts.language).format(words);

  function perform(action: DevicesAction, which = ''): void {
    if (action === 'withdraw') update({ question: undefined });
    else if (!model.isBusy) actions[action](which);
  }

  const actions: Readonly<Record<Exclude<DevicesAction, 'withdraw'>, (which: string) => void>> = {
    unlock: () => void busily(async () => ({ list: await asking.list() })),
    'ask-removal'(id) {
      const device = model.list?.authenticators.find((one) => one.id === id);
      if (device !== undefined) update({ question: { removal: device } });
    },
    remove(id) {
      update({ question: undefined });
      void busily(() => remove(id));
    },
    'ask-addition'(factor) {
      if (isEnrollable(factor)) begin(factor);
    },
    add(factor) {
      if (!isEnrollable(factor)) return;
      const addition = additionOf(factor);
      update({ question: undefined });
      void busily(() => add(addition));
    },
  };

  function begin(factor: EnrollableFactor): void {
    if (addressMember(factor) === undefined) void busily(() => add({ factor }));
    else update({ question: { addition: factor } });
  }

  function additionOf(factor: EnrollableFactor): AddedFactor {
    const member = addressMember(factor);
    if (member === undefined) return { factor };
    const input = root.querySelector<HTMLInputElement>(`[name="${member}"]`);
    return { factor, [member]: tidy(member, input?.value ?? '') };
  }

  root.addEventListener('click', (event) => {
    const control = (event.target as Element).closest<HTMLElement>('button[data-action]');
    if (control) perform(control.dataset.action as DevicesAction, control.dataset.which);
  });
  root.addEventListener('submit', (event) => {
    event.preventDefault();
    const { dataset } = event.target as HTMLElement;
    perform(dataset.action as DevicesAction, dataset.which);
  });
  // Escape closes a question without its buttons.
  root.addEventListener('cancel', () => update({ question: undefined }), { capture: true });

  update({});
  const change = await look().catch(failed);
  update({ ...change, isLoading: false });

  function failed(error: unknown): Partial<DevicesModel> {
    if (error instanceof StepUpCancelled) return { said: texts.unchanged };
    const { code } = toFailure(error);
    const words =
      flowTexts.errors[code] ?? (code in flowTexts.reasons ? flowTexts.reasons[code as never] : undefined);
    return { problem: words ?? flowTexts.unknownError };
  }
}
