import { palette } from '../phone-page/palette.ts';

/** The desk page's style sheet. */
export const deskStyles = `${palette}
* {
  box-sizing: border-box;
  margin: 0;
}

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

:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}

#requests {
  list-style: none;
  padding: 0;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.9rem;
  overflow: clip;
}

#requests:not(:has(li:not([hidden]))) {
  display: none;
}

.request {
  border-inline-start: 0.3rem solid transparent;
}

.request[data-flow] {
  border-inline-start-color: oklch(from var(--accent) l c var(--flow));
}

.request + .request {
  border-block-start: 1px solid var(--line);
}

.request summary {
  display: grid;
  grid-template-columns: 4.6rem 4rem minmax(9rem, 2fr) minmax(8rem, 1.4fr) minmax(6rem, 1.2fr) 4.2rem 4.8rem;
  align-items: baseline;
  gap: 0.6rem;
  padding: 0.5rem 0.8rem;
  cursor: pointer;
  list-style: none;
}

.request summary::-webkit-details-marker {
  display: none;
}

.request summary:hover,
.request details[open] > summary {
  background: var(--screen);
}

.request summary:focus-visible {
  outline-offset: -3px;
}

.request summary span {
  overflow-wrap: anywhere;
}

.at,
.took,
.flow,
.who {
  color: var(--muted);
  font-variant-numeric: tabular-nums;
}

.took {
  text-align: end;
}

.method,
.path {
  font-family: var(--mono);
  font-size: 0.8125rem;
}

.method {
  font-weight: 650;
}

.grant,
.chip,
.fault {
  display: inline-block;
  padding: 0 0.4rem;
  border-radius: 0.4rem;
  background: var(--accent-soft);
  font-size: 0.8125rem;
}

.fault {
  color: var(--bad);
  background: none;
  border: 1px solid var(--bad-line);
}

.fine .outcome strong {
  color: var(--good);
}

.failed .outcome {
  color: var(--bad);
}

.details {
  padding: 0.4rem 0.8rem 0.9rem;
  background: var(--screen);
}

.columns {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr));
  gap: 0.5rem 1rem;
}

.columns h3 {
  margin-block: 0.7rem 0.25rem;
  color: var(--muted);
}

pre {
  padding: 0.6rem 0.7rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 0.55rem;
  font-family: var(--mono);
  font-size: 0.8125rem;
  line-height: 1.45;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.row-actions {
  display: flex;
  flex-wrap: wrap;
  gap: 0.4rem;
  margin-block-start: 0.5rem;
}

.empty {
  padding: 3rem 1rem;
  text-align: center;
  color: var(--muted);
  border: 1px dashed var(--line);
  border-radius: 0.9rem;
}

aside {
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

@media (max-width: 64rem) {
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
