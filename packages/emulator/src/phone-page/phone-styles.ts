import { stageStyles } from './base-styles.ts';
import { cardStyles } from './card-styles.ts';

/** The phone page's style sheet. */
export const phoneStyles = `${stageStyles}${cardStyles}
.phone {
  position: relative;
  display: grid;
  grid-template-rows: auto 1fr;
  inline-size: min(24.5rem, 100%);
  block-size: min(52rem, 100dvh - 3rem);
  background: var(--screen);
  border-radius: 3rem;
  border: 0.7rem solid var(--case);
  box-shadow: 0 0 0 1px light-dark(#0003, #fff2), 0 2.5rem 5rem -1.5rem light-dark(#1018285c, #000c);
  overflow: hidden;
}

.phone > header {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  padding: 1rem 1.5rem 0.75rem;
  font-size: 0.875rem;
}

.phone > header h1 {
  font: inherit;
  color: var(--muted);
}

.phone > header select {
  font: inherit;
  font-weight: 650;
  color: var(--text);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 99px;
  padding: 0.2rem 0.6rem;
  min-block-size: 1.9rem;
  max-inline-size: 11rem;
}

#clock {
  margin-inline-start: auto;
  font-weight: 600;
  font-variant-numeric: tabular-nums;
}

#screen {
  min-block-size: 0;
  overflow-y: auto;
  padding: 0.25rem 1rem 2rem;
  scrollbar-width: thin;
  scrollbar-color: var(--line) transparent;
  border-radius: 0 0 2.2rem 2.2rem;
}

#announcer {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

section h2 {
  margin: 1.4rem 0.5rem 0.5rem;
  font-size: 0.8125rem;
  font-weight: 600;
  color: var(--muted);
}

section:empty {
  display: none;
}

section.pushes h2 {
  margin-block-start: 0.5rem;
}

h3 {
  font-size: 1rem;
  font-weight: 650;
  overflow-wrap: anywhere;
}

button {
  font: inherit;
  font-weight: 650;
  min-block-size: 2.9rem;
  border-radius: 0.9rem;
  border: 1px solid transparent;
  cursor: pointer;
}

button.yes {
  background: var(--accent);
  color: var(--on-accent);
}

button.no {
  background: none;
  border-color: var(--bad-line);
  color: var(--bad);
}

button:hover {
  filter: brightness(1.08);
}

button:active {
  transform: scale(0.985);
}

button:disabled {
  opacity: 0.55;
  cursor: default;
}

#screen:focus-visible {
  outline-offset: -3px;
}

@keyframes arrive {
  from {
    opacity: 0;
    transform: translateY(-1rem) scale(0.97);
  }
}

@media (prefers-reduced-motion: reduce) {
  .push {
    animation: none;
  }
}

@media (max-width: 34rem) {
  body {
    display: block;
    padding: 0;
    background: var(--screen);
  }

  .phone {
    inline-size: 100%;
    block-size: 100dvh;
    border: 0;
    border-radius: 0;
    box-shadow: none;
  }
}
`;
