/** The part of the desk's style sheet for its list of requests. */
export const timelineStyles = `#requests {
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
  grid-template-columns: 4.2rem 3.4rem minmax(7rem, 2fr) minmax(7rem, 1.4fr) minmax(4.5rem, 1.2fr) 3.4rem 4.2rem;
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
`;
