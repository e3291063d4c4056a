import type { ActorLogic, ActorScope, EventObject, Snapshot } from 'xstate';
import type { FlowView } from '../machine/view.ts';
import type { StepUpActor } from './actor.ts';

type AnyActorSystem = ActorScope<Snapshot<unknown>, EventObject>['system'];

/** A snapshot of such an actor: the step-up's own snapshot is its `context`, the last view its `output`. */
export type StepUpLogicSnapshot<TActor extends StepUpActor> = Snapshot<FlowView> & {
  readonly context: ReturnType<TActor['getSnapshot']>;
};

/** A step-up as XState actor logic, for `createActor`, `invoke`, `spawn` and the frameworks' `useActor`. */
export type StepUpLogic<
  TActor extends StepUpActor,
  TInput,
  TEvent extends EventObject,
  TEmitted extends EventObject,
> = ActorLogic<StepUpLogicSnapshot<TActor>, TEvent, TInput, AnyActorSystem, TEmitted>;

/** What {@link createActorLogic} needs to know about a kind of step-up actor. */
export interface LogicParts<TActor, TInput, TEvent, TEmitted> {
  /** Creates the actor, which does nothing yet. */
  readonly create: (input: TInput) => TActor;
  readonly send: (actor: TActor, event: TEvent) => void;
  /** What to emit when the flow has ended by itself. */
  readonly ended: (actor: TActor) => TEmitted;
}

/** Tells XState's actor that the step-up has changed. */
const CHANGED = 'stepgate.changed';

/** Makes actor logic from a kind of step-up actor. Uses nothing of XState at run time. */
export function createActorLogic<
  TActor extends StepUpActor,
  TInput,
  TEvent extends EventObject,
  TEmitted extends EventObject,
>({
  create,
  send,
  ended,
}: LogicParts<TActor, TInput, TEvent, TEmitted>): StepUpLogic<TActor, TInput, TEvent, TEmitted> {
  type Shown = StepUpLogicSnapshot<TActor>;
  type Self = ActorScope<Shown, TEvent, AnyActorSystem, TEmitted>['self'];
  const runs = new WeakMap<Self, { readonly actor: TActor; readonly input: TInput }>();

  function begin(self: Self, input: TInput): TActor {
    const actor = create(input);
    runs.set(self, { actor, input });
    return actor;
  }

  /** The step-up behind XState's actor. It is created again after it was stopped, because strict React starts twice. */
  function runBy(self: Self): TActor {
    const run = runs.get(self);
    if (run === undefined) throw new TypeError('a step-up cannot be restored: start or join a new one');
    const { actor, input } = run;
    return actor.getSnapshot().status === 'stopped' ? begin(self, input) : actor;
  }

  function show(actor: TActor): Shown {
    const context = actor.getSnapshot();
    const { status, view } = context;
    return { status, output: status === 'done' ? view : undefined, error: undefined, context } as Shown;
  }

  return {
    getInitialSnapshot: ({ self }, input) => show(begin(self, input)),
    start(snapshot, { self }) {
      const actor = runBy(self);
      const tell = (): void => self.send({ type: CHANGED } as unknown as TEvent);
      actor.subscribe(tell);
      if (actor.getSnapshot() !== snapshot.context) tell();
    },
    transition(snapshot, event, scope) {
      const actor = runBy(scope.self);
      if (event.type === 'xstate.stop') actor.stop();
      else if (event.type !== CHANGED) send(actor, event);
      if (actor.getSnapshot() === snapshot.context) return snapshot;
      const next = show(actor);
      if (next.status === 'done') scope.defer(() => scope.emit(ended(actor)));
      return next;
    },
    // A view can hold recovery codes, which must not be stored.
    getPersistedSnapshot: ({ status }) =>
      ({ status, output: undefined, error: undefined }) as Snapshot<unknown>,
    restoreSnapshot: (_snapshot, { self }) => show(runBy(self)),
  };
}
