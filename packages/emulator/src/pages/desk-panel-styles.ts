/** The part of the desk's style sheet for its panels and its dialog. */
export const panelStyles = `aside {
  display: grid;
  align-content: start;
  gap: 0.75rem;
}

.panel {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.9rem;
  padding: 0 1rem;
}

.panel[open] {
  padding-block-end: 1rem;
}

.panel > summary,
.group > summary {
  padding-block: 0.75rem;
  cursor: pointer;
}

.panel > summary h2 {
  display: inline;
}

.group > summary {
  font-weight: 650;
  border-block-start: 1px solid var(--line);
}

#log-events {
  margin-block: 0.5rem 0.75rem;
  max-block-size: 20rem;
  overflow-y: auto;
  scrollbar-width: thin;
}

.events {
  list-style: none;
  padding: 0;
}

.events li {
  padding-block: 0.35rem;
  border-block-start: 1px solid var(--line);
  overflow-wrap: anywhere;
}

#users {
  max-block-size: 32rem;
  overflow-y: auto;
  scrollbar-width: thin;
}

.user,
.client {
  padding-block: 0.6rem;
  border-block-start: 1px solid var(--line);
}

.chips {
  display: flex;
  flex-wrap: wrap;
  gap: 0.3rem;
  margin-block-start: 0.3rem;
  color: var(--muted);
}

.chip {
  color: var(--text);
}

.waiting {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.4rem;
  margin-block-start: 0.5rem;
  padding: 0.5rem 0.6rem;
  border: 1px solid var(--accent);
  border-radius: 0.7rem;
}

.waiting p {
  flex: 1 1 8rem;
  font-weight: 600;
}

.facts div {
  display: grid;
  grid-template-columns: 7rem minmax(0, 1fr);
  gap: 0.5rem;
  padding-block: 0.15rem;
}

.facts dt {
  color: var(--muted);
}

.facts dd {
  margin: 0;
  overflow-wrap: anywhere;
}

.inline {
  display: grid;
  grid-template-columns: 5.5rem minmax(0, 1fr);
  align-items: center;
  gap: 0.4rem 0.5rem;
  margin-block-start: 0.75rem;
}

.inline button {
  grid-column: 2;
}

.setting {
  display: grid;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  align-items: center;
  gap: 0.5rem;
  padding-block: 0.2rem;
}

.setting label {
  overflow-wrap: anywhere;
}

.setting.changed label {
  color: var(--accent);
  font-weight: 650;
}

.tenants,
.faults {
  padding-inline-start: 1.2rem;
}

dialog {
  margin: auto;
  max-inline-size: 26rem;
  padding: 1.5rem;
  color: var(--text);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1rem;
}

dialog p {
  margin-block: 0.5rem 1rem;
}

dialog .row-actions {
  justify-content: end;
}

dialog::backdrop {
  background: #0008;
}

a {
  color: var(--accent);
}
`;
