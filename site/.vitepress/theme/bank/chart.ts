const STEP_MS = 320;

/** A state chart that lights up as a flow goes through it. */
export interface Chart {
  enter(state: string): void;
  clear(): void;
}

/** Lights up the drawn chart. States that a flow passes in no time are shown for a moment each. */
export function createChart(root: Element, trail: Element): Chart {
  let shown: string[] = [];
  let waiting: string[] = [];
  let timer: number | undefined;

  function step(): void {
    timer = undefined;
    const [state, ...rest] = waiting;
    if (state === undefined) return;
    waiting = rest;
    const before = shown.at(-1) ?? '_start';
    for (const node of root.querySelectorAll<HTMLElement>('[data-id]')) {
      node.classList.toggle('active', node.dataset.id === state);
    }
    for (const edge of root.querySelectorAll<HTMLElement>('[data-from]')) {
      if (edge.dataset.from === before && edge.dataset.to === state) edge.classList.add('taken');
    }
    shown.push(state);
    trail.textContent = shown.join(' → ');
    if (waiting.length > 0) timer = window.setTimeout(step, STEP_MS);
  }

  return {
    enter(state) {
      if (state === 'idle' || state === (waiting.at(-1) ?? shown.at(-1))) return;
      waiting.push(state);
      timer ??= window.setTimeout(step, shown.length === 0 ? 0 : STEP_MS);
    },
    clear() {
      window.clearTimeout(timer);
      timer = undefined;
      shown = [];
      waiting = [];
      trail.textContent = '';
      for (const each of root.querySelectorAll('.active, .taken')) each.classList.remove('active', 'taken');
    },
  };
}
