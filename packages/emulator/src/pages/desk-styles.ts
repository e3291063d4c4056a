import { baseStyles } from '../phone-page/base-styles.ts';
import { panelStyles } from './desk-panel-styles.ts';
import { timelineStyles } from './desk-timeline-styles.ts';

/** The desk page's style sheet. */
export const deskStyles = `${baseStyles}
[hidden] {
  display: none !important;
}

body {
  min-block-size: 100dvh;
  background: var(--screen);
  color: var(--text);
  font-size: 0.875rem;
}

.top {
  position: sticky;
  inset-block-start: 0;
  z-index: 1;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.5rem 1rem;
  padding: 0.75rem 1.25rem;
  background: var(--card);
  border-block-end: 1px solid var(--line);
}

.top .name {
  flex: 1;
  min-inline-size: 12rem;
}

h1 {
  font-size: 1.0625rem;
  line-height: 1.3;
}

#issuer {
  color: var(--muted);
  font-family: var(--mono);
  font-size: 0.8125rem;
  overflow-wrap: anywhere;
}

.clock {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.35rem;
}

.clock p {
  margin-inline-end: 0.4rem;
  font-variant-numeric: tabular-nums;
}

#clock {
  font-weight: 650;
  font-size: 1rem;
}

#date,
.small {
  color: var(--muted);
  font-size: 0.8125rem;
}

.small {
  overflow-wrap: anywhere;
}

.banner {
  padding: 0.6rem 1.25rem;
  background: var(--accent-soft);
  border-block-end: 1px solid var(--line);
}

.banner.bad {
  background: var(--card);
  color: var(--bad);
  border-color: var(--bad-line);
}

main {
  display: grid;
  grid-template-columns: minmax(0, 1fr) 23rem;
  gap: 1.25rem;
  padding: 1.25rem;
  max-inline-size: 110rem;
  margin-inline: auto;
}

h2 {
  font-size: 1rem;
  line-height: 1.3;
}

h3 {
  font-size: 0.875rem;
  overflow-wrap: anywhere;
}

.heading {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: 0.75rem;
  margin-block-end: 0.6rem;
}

.filters {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  margin-block-end: 0.75rem;
}

.filters input[type='search'] {
  flex: 1 1 14rem;
}

.check {
  display: flex;
  align-items: center;
  gap: 0.4rem;
  min-block-size: 2.25rem;
}

input:not([type='checkbox']),
select {
  font: inherit;
  min-block-size: 2.25rem;
  min-inline-size: 0;
  padding: 0 0.6rem;
  color: var(--text);
  background: var(--card);
  border: 1px solid var(--field);
  border-radius: 0.55rem;
}

input::placeholder {
  color: var(--muted);
  opacity: 1;
}

button,
a.plain {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  font: inherit;
  font-weight: 600;
  min-block-size: 2.25rem;
  padding: 0 0.8rem;
  border: 1px solid transparent;
  border-radius: 0.55rem;
  text-decoration: none;
  cursor: pointer;
}

button.plain,
a.plain {
  color: var(--text);
  background: var(--card);
  border-color: var(--line);
}

.yes {
  color: var(--on-accent);
  background: var(--accent);
}

.no {
  color: var(--bad);
  background: none;
  border-color: var(--bad-line);
}

button:hover,
a.plain:hover {
  filter: brightness(1.06);
}

button:disabled {
  opacity: 0.55;
  cursor: default;
}

${timelineStyles}
${panelStyles}
@media (max-width: 66rem) {
  main {
    grid-template-columns: minmax(0, 1fr);
  }

  aside {
    order: -1;
  }

  .request summary {
    grid-template-columns: auto auto minmax(0, 1fr) auto;
  }

  .outcome {
    grid-column: 1 / span 3;
  }
}

@media (max-width: 34rem) {
  body {
    font-size: 0.9375rem;
  }

  .top {
    position: static;
    padding: 0.75rem;
  }

  .clock {
    inline-size: 100%;
  }

  .clock p {
    flex: 1;
  }

  #date {
    display: none;
  }

  .clock button,
  #reset {
    padding: 0 0.6rem;
  }

  main {
    padding: 0.75rem;
  }

  .request summary {
    grid-template-columns: auto minmax(0, 1fr) auto;
    gap: 0.2rem 0.5rem;
  }

  .path {
    grid-column: 1 / -1;
    order: -1;
  }

  .outcome {
    grid-column: auto / span 2;
  }

  .at {
    order: 1;
  }

  .who {
    grid-column: 1 / span 2;
  }

  .filters > :is(input, select) {
    flex: 1 1 8rem;
  }

  .check {
    flex: 1;
  }
}
`;
