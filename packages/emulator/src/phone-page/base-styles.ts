/** Colours and type of the emulator's pages, and what all of them share. */
export const baseStyles = `
:root {
  color-scheme: light dark;
  --desk: light-dark(#e8ebf2, #0a0c10);
  --desk-glow: light-dark(#cfd9f6, #18213d);
  --case: light-dark(#1a1d24, #2a2f3a);
  --screen: light-dark(#f5f6f9, #12141a);
  --card: light-dark(#ffffff, #1c2029);
  --text: light-dark(#15181e, #eceef3);
  --muted: light-dark(#565e6d, #a5adbb);
  --line: light-dark(#dde1e8, #303642);
  --accent: light-dark(#2447c6, #9fb6ff);
  --on-accent: light-dark(#ffffff, #0c1430);
  --accent-soft: light-dark(#e6ecfe, #243056);
  --good: light-dark(#12703f, #7fd8a6);
  --bad: light-dark(#a9271d, #ffa198);
  --bad-line: light-dark(#e2b5b1, #6d3c38);
  --field: light-dark(#868e9c, #7a8496);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
  font: 16px/1.45 -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Noto Sans', 'Open Sans', 'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif;
}

* {
  box-sizing: border-box;
  margin: 0;
}

:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
`;

/** The same with one thing in the middle of the page: a phone, or a card. */
export const stageStyles = `${baseStyles}
body {
  min-block-size: 100dvh;
  display: grid;
  place-items: center;
  padding: 1.5rem;
  background: radial-gradient(60rem 40rem at 50% 0, var(--desk-glow), transparent) var(--desk);
  color: var(--text);
}
`;
