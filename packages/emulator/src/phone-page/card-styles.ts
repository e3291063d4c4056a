/** The part of the phone's style sheet for what its screen lists. */
export const cardStyles = `
.card {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1.25rem;
  padding: 1rem;
}

.card + .card {
  margin-block-start: 0.6rem;
}

.row h3 {
  font-size: 0.9375rem;
}

.card p {
  color: var(--muted);
  font-size: 0.875rem;
  overflow-wrap: anywhere;
}

.row {
  display: flex;
  align-items: center;
  gap: 0.85rem;
}

.row > div {
  flex: 1;
  min-inline-size: 0;
}

.icon {
  flex: none;
  display: grid;
  place-items: center;
  inline-size: 2.5rem;
  block-size: 2.5rem;
  border-radius: 0.8rem;
  background: var(--accent-soft);
  color: var(--accent);
}

.icon svg {
  inline-size: 1.4rem;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.7;
  stroke-linecap: round;
  stroke-linejoin: round;
}

.push {
  border-color: var(--accent);
  box-shadow: 0 0.9rem 2rem -0.9rem light-dark(#2447c673, #000);
  animation: arrive 0.35s cubic-bezier(0.2, 0.9, 0.3, 1.15);
}

.push header {
  display: flex;
  align-items: center;
  gap: 0.85rem;
}

.push header .icon {
  background: var(--accent);
  color: var(--on-accent);
}

.push .message {
  margin-block-start: 0.85rem;
  color: var(--text);
  padding: 0.7rem 0.9rem;
  border-radius: 0.9rem;
  background: var(--accent-soft);
  font: 600 1.15rem/1.35 var(--mono);
  overflow-wrap: anywhere;
}

.push .detail {
  margin-block-start: 0.9rem;
  color: var(--text);
  font-weight: 650;
  overflow-wrap: anywhere;
}

.push .detail + .facts {
  margin-block-start: 0.3rem;
}

.push h3 {
  font-size: 1.0625rem;
  line-height: 1.3;
}

.facts {
  margin-block-start: 0.9rem;
  font-size: 0.875rem;
}

.facts div {
  display: flex;
  justify-content: space-between;
  gap: 1rem;
  padding-block: 0.3rem;
  border-block-start: 1px solid var(--line);
}

.facts dt {
  color: var(--muted);
}

.facts dd {
  font-weight: 600;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}

.actions {
  display: grid;
  grid-auto-flow: column;
  grid-auto-columns: 1fr;
  gap: 0.6rem;
  margin-block-start: 0.9rem;
}

.scan {
  text-align: center;
}

.finder {
  position: relative;
  display: grid;
  place-items: center;
  padding: 1.4rem;
  margin-block-end: 0.85rem;
  border-radius: 0.9rem;
  background: #20242d;
}

.finder img {
  inline-size: 9.5rem;
  block-size: 9.5rem;
  border-radius: 0.4rem;
  background: #fff;
}

.finder::before {
  content: '';
  position: absolute;
  inline-size: 11rem;
  block-size: 11rem;
  border: 3px solid #ffd60a;
  border-radius: 1.1rem;
  mask: conic-gradient(#000 0 0) 0 0 / 1.8rem 1.8rem no-repeat,
    conic-gradient(#000 0 0) 100% 0 / 1.8rem 1.8rem no-repeat,
    conic-gradient(#000 0 0) 0 100% / 1.8rem 1.8rem no-repeat,
    conic-gradient(#000 0 0) 100% 100% / 1.8rem 1.8rem no-repeat;
}

.idle {
  display: grid;
  justify-items: center;
  text-align: center;
  padding: 4rem 1.5rem 2.5rem;
}

.idle:not(:has(~ section:not(:empty))) {
  min-block-size: 85%;
  align-content: center;
  padding-block: 0;
}

.idle .icon {
  order: -1;
  inline-size: 4rem;
  block-size: 4rem;
  border-radius: 1.3rem;
  margin-block-end: 1.1rem;
}

.idle .icon svg {
  inline-size: 2.2rem;
}

.idle h2 {
  margin: 0 0 0.2rem;
  font-size: 1.0625rem;
  font-weight: 650;
  color: var(--text);
}

.idle p {
  color: var(--muted);
  font-size: 0.9375rem;
}

.code {
  display: block;
  font-size: 1.6rem;
  line-height: 1.2;
  font-weight: 650;
  letter-spacing: 0.06em;
  font-variant-numeric: tabular-nums;
}

.countdown {
  font-variant-numeric: tabular-nums;
}

.row > .countdown {
  color: var(--muted);
  font-size: 0.875rem;
}

.list {
  list-style: none;
  padding: 0.2rem 1rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1.25rem;
}

.list li {
  display: flex;
  align-items: center;
  gap: 0.7rem;
  padding-block: 0.6rem;
  font-size: 0.875rem;
}

.list li + li {
  border-block-start: 1px solid var(--line);
}

.list .icon {
  inline-size: 1.9rem;
  block-size: 1.9rem;
  border-radius: 0.6rem;
}

.list .icon svg {
  inline-size: 1.1rem;
}

.list .name {
  flex: 1;
  min-inline-size: 0;
  overflow-wrap: anywhere;
}

.list .note {
  color: var(--muted);
  font-variant-numeric: tabular-nums;
}

.list .active .note {
  color: var(--good);
  font-weight: 600;
}

.dot {
  inline-size: 0.6rem;
  block-size: 0.6rem;
  border-radius: 50%;
  background: var(--muted);
}

.approved .dot {
  background: var(--good);
}

.denied .dot {
  background: var(--bad);
}

.empty {
  padding: 2rem;
}
`;
