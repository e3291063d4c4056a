import type { EnrollableFactor } from '@stepgate/core';
import { addressMember, isEnrollable } from '@stepgate/core/ui';
import type { FlowDialog } from '../dialog/flow-dialog.ts';
import { tidy } from '../elements/control-action.ts';
import { patch } from '../elements/patch.ts';
import { StepUpCancelled } from '../fetch/step-up-cancelled.ts';
import { createStepUpFetch } from '../fetch/step-up-fetch.ts';
import { platformFetch } from '../remote/platform-fetch.ts';
import { toFailure } from '../remote/remote-error.ts';
import { createRemoteStepUp } from '../remote/remote-step-up.ts';
import type { PageTexts } from '../texts/page-texts.ts';
import { errorSentence, fill } from '../texts/texts.ts';
import {
  type AuthenticatorsAction,
  type AuthenticatorsModel,
  authenticatorsCard,
  wordsOf,
} from './authenticators-card.ts';
import {
  type AddedFactor,
  createAuthenticatorsClient,
  type NamedAuthenticator,
} from './authenticators-client.ts';

/** What the page is made of. */
export interface AuthenticatorsPageOptions {
  /** The element that the page is drawn into. */
  readonly root: HTMLElement;
  /** Shows the flows that ask for an approval, and the flow that adds an authenticator. */
  readonly dialog: FlowDialog;
  readonly basePath: string;
  readonly texts: PageTexts;
  readonly leaveTo?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * The page on which users see, add and remove their authenticators. Opening it sends nothing to a phone: whatever needs
 * an approval takes a click.
 */
export async function openAuthenticatorsPage(options: AuthenticatorsPageOptions): Promise<void> {
  const { root, dialog, basePath, fetch = platformFetch } = options;
  const { flow: flowTexts, authenticators: texts } = options.texts;
  const plainClient = createAuthenticatorsClient(basePath, fetch);
  const steppingUpClient = createAuthenticatorsClient(
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
  let model: AuthenticatorsModel = {
    isLoading: true,
    isBusy: false,
    said: '',
    leaveTo: options.leaveTo,
    texts,
    flowTexts,
  };

  function update(change: Partial<AuthenticatorsModel>): void {
    const hasNewQuestion = model.question !== change.question && 'question' in change;
    // A dialog that is closed before it is removed gives the focus back.
    if (hasNewQuestion) root.querySelector('dialog')?.close();
    model = { ...model, ...change };
    patch(root, [authenticatorsCard(model)]);
    if (hasNewQuestion) root.querySelector('dialog')?.showModal();
  }

  /** Does one thing at a time, and says what went wrong. */
  async function doWork(work: () => Promise<Partial<AuthenticatorsModel>>): Promise<void> {
    if (model.isBusy) return;
    update({ isBusy: true, problem: undefined, said: '' });
    const change = await work().catch(describeFailure);
    update({ ...change, isBusy: false, isLoading: false });
  }

  function describeFailure(error: unknown): Partial<AuthenticatorsModel> {
    if (error instanceof StepUpCancelled) return { said: texts.unchanged };
    return { problem: errorSentence(toFailure(error).code, flowTexts) };
  }

  /** The list, if the user may see it without another approval. */
  async function look(): Promise<Partial<AuthenticatorsModel>> {
    try {
      return { list: await plainClient.list() };
    } catch (error) {
      if (toFailure(error).code === 'insufficient_user_authentication') return { list: undefined };
      throw error;
    }
  }

  async function remove(id: string): Promise<Partial<AuthenticatorsModel>> {
    const removed = await steppingUpClient.remove(id);
    const words = removed
      .filter(({ factor }) => isEnrollable(factor))
      .map((one: NamedAuthenticator) => wordsOf(one, texts));
    const devices = new Intl.ListFormat(flowTexts.language).format(words);
    return { ...(await look()), said: fill(texts.removed, { devices }) };
  }

  async function add(addition: AddedFactor): Promise<Partial<AuthenticatorsModel>> {
    await steppingUpClient.add(addition);
    const stepUp = createRemoteStepUp({ basePath, fetch });
    await stepUp.join();
    await dialog.show(stepUp, { destination: addition.phoneNumber ?? addition.email });
    const isAdded = stepUp.view.state === 'approved';
    const said = isAdded ? fill(texts.added, { device: texts.kinds[addition.factor] }) : texts.unchanged;
    return { ...(await look()), said };
  }

  function perform(action: AuthenticatorsAction, which = ''): void {
    if (action === 'withdraw') update({ question: undefined });
    else if (!model.isBusy) actions[action](which);
  }

  const actions: Readonly<Record<Exclude<AuthenticatorsAction, 'withdraw'>, (which: string) => void>> = {
    unlock: () => void doWork(async () => ({ list: await steppingUpClient.list() })),
    'ask-removal'(id) {
      const removal = model.list?.authenticators.find((one) => one.id === id);
      if (removal !== undefined) update({ question: { removal } });
    },
    remove(id) {
      update({ question: undefined });
      void doWork(() => remove(id));
    },
    'ask-addition'(factor) {
      if (!isEnrollable(factor)) return;
      if (addressMember(factor) === undefined) void doWork(() => add({ factor }));
      else update({ question: { addition: factor } });
    },
    add(factor) {
      if (!isEnrollable(factor)) return;
      const addition = readAddition(factor);
      update({ question: undefined });
      void doWork(() => add(addition));
    },
  };

  function readAddition(factor: EnrollableFactor): AddedFactor {
    const member = addressMember(factor);
    if (member === undefined) return { factor };
    const input = root.querySelector<HTMLInputElement>(`[name="${member}"]`);
    return { factor, [member]: tidy(member, input?.value ?? '') };
  }

  root.addEventListener('click', (event) => {
    const control = (event.target as Element).closest<HTMLElement>('button[data-action]');
    if (control !== null) perform(control.dataset.action as AuthenticatorsAction, control.dataset.which);
  });
  root.addEventListener('submit', (event) => {
    event.preventDefault();
    const { dataset } = event.target as HTMLElement;
    perform(dataset.action as AuthenticatorsAction, dataset.which);
  });
  // Escape closes a question too.
  root.addEventListener('cancel', () => update({ question: undefined }), { capture: true });

  update({});
  const change = await look().catch(describeFailure);
  update({ ...change, isLoading: false });
}
