/** The phone page's style sheet. */
export const phoneStyles = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#e9edf1, #0b1015);
  --case: light-dark(#1b232b, #000);
  --screen: light-dark(#f7f9fa, #141c23);
  --card: light-dark(#fff, #1e2932);
  --ink: light-dark(#14212b, #e8eef2);
  --quiet: light-dark(#56636e, #9fb0bd);
  --line: light-dark(#dbe2e8, #2c3a45);
  --yes: light-dark(#0b6b57, #4cc3a5);
  --on-yes: light-dark(#fff, #06231c);
  --no: light-dark(#a3262a, #ff9b93);
  font-family: system-ui, sans-serif;
  line-height: 1.45;
}

* {
  box-sizing: border-box;
}

body {
  margin: 0;
  min-block-size: 100vh;
  display: grid;
  place-items: center;
  background: var(--paper);
  color: var(--ink);
}

.phone {
  inline-size: min(24rem, 100%);
  min-block-size: min(46rem, 100vh);
  background: var(--screen);
  border: 0.75rem solid var(--case);
  border-radius: 2.5rem;
  padding: 1.25rem;
  overflow: hidden;
}

@media (max-width: 30rem) {
  .phone {
    border: 0;
    border-radius: 0;
    min-block-size: 100vh;
  }
}

header {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  font-size: 0.85rem;
  color: var(--quiet);
  margin-block-end: 1.25rem;
}

header h1 {
  margin: 0;
  font: inherit;
}

header time {
  margin-inline-start: auto;
  font-variant-numeric: tabular-nums;
}

select {
  font: inherit;
  font-weight: 600;
  color: var(--ink);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  padding: 0.25rem 0.5rem;
}

h2 {
  font-size: 0.75rem;
  letter-spacing: 0.06em;
  text-transform: uppercase;
  color: var(--quiet);
  margin-block: 1.5rem 0.5rem;
}

.card {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1rem;
  padding: 1rem;
  margin-block-end: 0.75rem;
}

.card h3 {
  font-size: 1rem;
  margin: 0;
}

.card p {
  margin: 0.15rem 0 0;
  color: var(--quiet);
  font-size: 0.9rem;
  overflow-wrap: anywhere;
}

.push.pending {
  border-color: var(--yes);
  box-shadow: 0 0.5rem 1.5rem rgb(0 0 0 / 12%);
}

.actions {
  display: grid;
  grid-auto-flow: column;
  grid-auto-columns: 1fr;
  gap: 0.5rem;
  margin-block-start: 0.85rem;
}

button {
  font: inherit;
  font-weight: 600;
  min-block-size: 2.75rem;
  border-radius: 0.75rem;
  border: 1px solid transparent;
  cursor: pointer;
}

button.yes {
  background: var(--yes);
  color: var(--on-yes);
}

button.no {
  background: none;
  border-color: var(--no);
  color: var(--no);
}

:focus-visible {
  outline: 3px solid var(--yes);
  outline-offset: 2px;
}

.code {
  font-size: 1.75rem;
  font-weight: 650;
  letter-spacing: 0.12em;
  font-variant-numeric: tabular-nums;
}

.empty {
  text-align: center;
  color: var(--quiet);
  padding-block: 6rem 2rem;
}
`;
