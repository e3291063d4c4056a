import { stageStyles } from '../phone-page/base-styles.ts';

/** The style sheet of the login page and its errors. */
export const loginStyles = `${stageStyles}
.card {
  inline-size: min(24.5rem, 100%);
  padding: 2rem 1.75rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1.5rem;
  box-shadow: 0 2.5rem 5rem -2rem light-dark(#1018285c, #000c);
}

.mark {
  display: block;
  inline-size: 2.75rem;
  margin-block-end: 1.1rem;
}

h1 {
  font-size: 1.375rem;
  line-height: 1.25;
  font-weight: 650;
}

p {
  margin-block-start: 0.35rem;
  color: var(--muted);
  font-size: 0.9375rem;
  overflow-wrap: anywhere;
}

p.error {
  margin-block-start: 1rem;
  padding: 0.7rem 0.9rem;
  border: 1px solid var(--bad-line);
  border-radius: 0.9rem;
  color: var(--bad);
}

p.note {
  margin-block-start: 1.25rem;
  font-size: 0.8125rem;
}

form {
  display: grid;
  gap: 0.35rem;
  margin-block-start: 1.4rem;
}

label {
  font-size: 0.875rem;
  font-weight: 600;
}

input {
  font: inherit;
  min-block-size: 2.9rem;
  inline-size: 100%;
  margin-block-end: 0.65rem;
  padding: 0 0.9rem;
  color: var(--text);
  background: var(--screen);
  border: 1px solid var(--field);
  border-radius: 0.9rem;
}

button {
  font: inherit;
  font-weight: 650;
  min-block-size: 2.9rem;
  margin-block-start: 0.5rem;
  color: var(--on-accent);
  background: var(--accent);
  border: 0;
  border-radius: 0.9rem;
  cursor: pointer;
}

button.other,
button.quiet {
  color: var(--accent);
  background: transparent;
  border: 1px solid var(--line);
}

button.quiet {
  min-block-size: 2.4rem;
  border-color: transparent;
}

form + form {
  margin-block-start: 0.6rem;
}

label.check {
  display: flex;
  align-items: center;
  gap: 0.6rem;
  min-block-size: 2rem;
  font-weight: 400;
}

label.check input {
  inline-size: 1.1rem;
  min-block-size: 1.1rem;
  margin: 0;
}

.qr {
  inline-size: 13rem;
  margin: 1.25rem auto 0;
  padding: 0.5rem;
  background: #fff;
  border-radius: 0.75rem;
}

.code,
.detail {
  margin-block-start: 1rem;
  padding: 0.8rem;
  color: var(--text);
  background: var(--screen);
  border-radius: 0.9rem;
  overflow-x: auto;
}

.code {
  font-size: 1.125rem;
  text-align: center;
}

button:hover {
  filter: brightness(1.08);
}
`;
