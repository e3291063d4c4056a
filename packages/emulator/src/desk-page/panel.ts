/** A part of the page that is redrawn when its data changed, unless the user types in it. */
export function createPanel<T>(root: HTMLElement, draw: (data: T) => readonly Node[]): (data: T) => void {
  let drawn = '';
  return (data) => {
    const next = JSON.stringify(data);
    const isBusy = document.activeElement?.matches('input, select, textarea') === true;
    if (next === drawn || (isBusy && root.contains(document.activeElement))) return;
    drawn = next;
    const focused = document.activeElement?.id ?? '';
    root.replaceChildren(...draw(data));
    if (focused !== '') root.querySelector<HTMLElement>(`#${CSS.escape(focused)}`)?.focus();
  };
}
