const KEY = 'stepgate-tab';

/** The labels of all code groups on the page that have this text. */
function labelsOf(text: string): HTMLLabelElement[] {
  return [...document.querySelectorAll<HTMLLabelElement>('.vp-code-group .tabs label')].filter(
    (label) => label.textContent === text,
  );
}

/** Shows the reader's host in every code group of the page. */
export function showRememberedTab(): void {
  const text = localStorage.getItem(KEY);
  if (text !== null) for (const label of labelsOf(text)) label.click();
}

/** Remembers the host that a reader chooses, for the other code groups and the next pages. */
export function rememberTabs(): void {
  document.addEventListener('click', ({ target, isTrusted }) => {
    const label = (target as Element).closest?.('.vp-code-group .tabs label');
    if (!isTrusted || label == null) return;
    localStorage.setItem(KEY, label.textContent);
    for (const other of labelsOf(label.textContent)) if (other !== label) other.click();
  });
}
