/**
 * The style of the card. The app can set colours, radius and font by custom properties. Light and dark follow
 * `color-scheme`.
 */
export const flowStyles = `
.card {
  --text: var(--stepgate-text, light-dark(#15181e, #eceef3));
  --muted: var(--stepgate-muted, light-dark(#565e6d, #a5adbb));
  --surface: var(--stepgate-surface, light-dark(#ffffff, #181b22));
  --subtle: var(--stepgate-subtle, light-dark(#f5f6f9, #20242d));
  --line: var(--stepgate-line, light-dark(#dde1e8, #303642));
  --field-line: light-dark(#868e9c, #79818f);
  --accent: var(--stepgate-accent, light-dark(#2447c6, #9fb6ff));
  --on-accent: var(--stepgate-on-accent, light-dark(#ffffff, #0c1430));
  --accent-soft: light-dark(#ebf0fe, #202a48);
  --good: light-dark(#12703f, #7fd8a6);
  --good-soft: light-dark(#e4f5eb, #16321f);
  --bad: light-dark(#a9271d, #ffa198);
  --bad-soft: light-dark(#fdeceb, #3a1f1d);
  --radius: var(--stepgate-radius, 20px);
  box-sizing: border-box;
  inline-size: 100%;
  max-inline-size: 27.5rem;
  margin-inline: auto;
  padding: 2rem;
  border: 1px solid light-dark(#e7eaf0, var(--line));
  border-radius: var(--radius);
  background: var(--surface);
  color: var(--text);
  box-shadow: 0 1px 2px #10182808, 0 16px 40px -12px light-dark(#10182824, #0008);
  font: 400 1rem/1.5 var(--stepgate-font, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", "Open Sans", "DejaVu Sans", "Helvetica Neue", Arial, sans-serif);
  text-align: start;
  overflow-wrap: anywhere;
}
:where(.card) *, :where(.card) *::before { box-sizing: border-box; }
:where(.card) :where(p, h1, ul, ol) { margin: 0; padding: 0; }
:where(.card) :where(p, h1, h2, li, label, button, a, .wait span, .way-text span, .check span) { unicode-bidi: plaintext; }
:where(.card) :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
h1:focus { outline: none; }
.action { margin-block-end: 1.75rem; padding: .75rem 1rem; border-radius: calc(var(--radius) * .6); background: var(--subtle); }
.action .hint { font-size: .8125rem; }
.action .title { font-weight: 600; }
.action .details { color: var(--muted); font-size: .9375rem; white-space: pre-line; }
.screen { display: flex; flex-direction: column; align-items: center; }
.screen > :not(.badge) { inline-size: 100%; }
.badge { position: relative; display: grid; place-items: center; inline-size: 4rem; block-size: 4rem; margin-block-end: 1.25rem; border-radius: 50%; background: var(--accent-soft); color: var(--accent); }
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.bad { background: var(--bad-soft); color: var(--bad); }
.icon { inline-size: 1.5rem; block-size: 1.5rem; flex: none; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.badge .icon { inline-size: 1.75rem; block-size: 1.75rem; }
.ring { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; transform: rotate(-90deg); fill: none; stroke-width: 3; }
.ring circle { stroke: currentColor; stroke-linecap: round; transition: stroke-dasharray 1s linear; }
.busy .ring { animation: stepgate-turn 1.1s linear infinite; }
.card h1 { font-size: 1.4375rem; line-height: 1.25; font-weight: 650; letter-spacing: -.012em; text-align: center; text-wrap: balance; }
.lead { margin-block-start: .5rem; color: var(--muted); text-align: center; text-wrap: pretty; }
.hint { color: var(--muted); font-size: .875rem; }
.device { margin-block-start: 1rem; text-align: center; font-weight: 500; }
.notice { margin-block-start: 1.25rem; padding: .75rem 1rem; border-radius: calc(var(--radius) * .5); background: var(--bad-soft); color: var(--bad); font-size: .9375rem; }
.remark { margin-block-start: 1.25rem; padding: .75rem 1rem; border-radius: calc(var(--radius) * .5); background: var(--accent-soft); font-size: .9375rem; }
.wait { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .625rem; margin-block-start: 1.5rem; padding: .75rem 1rem; border-radius: calc(var(--radius) * .5); background: var(--subtle); font-size: .9375rem; }
.timer { margin-inline-start: auto; color: var(--muted); font-variant-numeric: tabular-nums; }
.pulse { inline-size: .5rem; block-size: .5rem; border-radius: 50%; background: var(--accent); animation: stepgate-pulse 1.8s ease-in-out infinite; }
.buttons { display: flex; flex-direction: column; gap: .625rem; margin-block-start: 1.5rem; }
.buttons:empty { display: none; }
.button { display: block; inline-size: 100%; min-block-size: 3rem; padding: .6875rem 1.25rem; border: 1px solid transparent; border-radius: calc(var(--radius) * .6); background: none; color: var(--text); font: inherit; font-weight: 600; text-align: center; text-wrap: balance; text-decoration: none; cursor: pointer; font-variant-numeric: tabular-nums; }
.button.primary { background: var(--accent); color: var(--on-accent); }
.button.primary:hover { filter: brightness(1.08); }
.button.secondary { border-color: var(--line); }
.button.secondary:hover, .button.quiet:hover { background: var(--subtle); }
.button.quiet { color: var(--muted); font-weight: 500; }
.button[aria-disabled] { cursor: default; filter: none; }
.button.primary[aria-disabled]:not([aria-busy]) { background: var(--subtle); color: var(--muted); }
.button.secondary[aria-disabled] { color: var(--muted); background: none; }
.button[aria-busy] { cursor: progress; opacity: .85; }
.fields { display: flex; flex-direction: column; gap: 1rem; margin-block-start: 1.5rem; }
.fields + .buttons { margin-block-start: .625rem; }
.field label { display: block; margin-block-end: .375rem; font-weight: 600; font-size: .9375rem; }
.field input { inline-size: 100%; min-block-size: 3rem; padding: .625rem .875rem; border: 1px solid var(--field-line); border-radius: calc(var(--radius) * .5); background: var(--surface); color: inherit; font: inherit; }
.field input:focus-visible { outline-width: 2px; outline-offset: 0; }
.field input[name="code"] { font-size: 1.25rem; letter-spacing: .12em; font-variant-numeric: tabular-nums; }
.field input[aria-invalid] { border-color: var(--bad); }
.field input[readonly] { color: var(--muted); background: var(--subtle); }
.field .hint { margin-block-start: .375rem; }
.field .error { margin-block-start: .375rem; color: var(--bad); font-size: .9375rem; }
.ways { display: flex; flex-direction: column; gap: .625rem; margin-block-start: 1.5rem; list-style: none; }
.way { display: flex; align-items: center; gap: .875rem; inline-size: 100%; min-block-size: 3.75rem; padding: .625rem 1rem; border: 1px solid var(--line); border-radius: calc(var(--radius) * .6); background: none; color: inherit; font: inherit; font-weight: 550; text-align: start; cursor: pointer; }
.way:hover { background: var(--subtle); border-color: var(--field-line); }
.way[aria-disabled] { color: var(--muted); cursor: default; background: none; border-color: var(--line); }
.way > .icon:first-child { color: var(--accent); }
.way-text { display: flex; flex-direction: column; flex: 1; min-inline-size: 0; }
.way-text .hint { font-weight: 400; }
.icon-chevron { inline-size: 1.125rem; block-size: 1.125rem; color: var(--muted); }
.icon-chevron:dir(rtl) { transform: scaleX(-1); }
.steps { margin-block-start: 1.25rem; list-style: none; counter-reset: step; display: grid; gap: .5rem; }
.steps li { display: flex; gap: .75rem; counter-increment: step; font-size: .9375rem; }
.steps li::before { content: counter(step); flex: none; display: grid; place-items: center; inline-size: 1.5rem; block-size: 1.5rem; border-radius: 50%; background: var(--accent-soft); color: var(--accent); font-size: .8125rem; font-weight: 650; }
.barcode { margin-block-start: 1.25rem; }
.qr { display: block; block-size: auto; max-inline-size: 100%; margin-inline: auto; border: 1px solid var(--line); border-radius: calc(var(--radius) * .6); background: #fff; }
.links { display: flex; flex-wrap: wrap; justify-content: center; gap: .25rem 1.25rem; margin-block-start: .75rem; font-size: .9375rem; }
.links a, .link { padding: .25rem; border: 0; border-radius: .25rem; background: none; color: var(--accent); font: inherit; font-weight: 550; text-decoration: underline; text-underline-offset: .2em; cursor: pointer; }
.secret { display: flex; flex-direction: column; align-items: center; margin-block-start: .75rem; text-align: center; }
.card code { font: 600 .9375rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; text-wrap: balance; }
.card code span { display: inline-block; }
.card code span + span { margin-inline-start: .6ch; }
.codes { display: grid; gap: .375rem; margin-block-start: 1.5rem; padding: 1rem; border: 1px dashed var(--field-line); border-radius: calc(var(--radius) * .6); background: var(--subtle); list-style: none; text-align: center; }
.codes code { font-size: 1rem; user-select: all; }
.check { display: flex; align-items: center; gap: .75rem; margin-block-start: 1.25rem; padding-block: .25rem; cursor: pointer; }
.check input { inline-size: 1.25rem; block-size: 1.25rem; margin: 0; flex: none; accent-color: var(--accent); }
.connection { position: sticky; inset-block-end: 0; margin-block-start: 1.25rem; background: var(--surface); color: var(--muted); font-size: .875rem; text-align: center; }
.visually-hidden { position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@keyframes stepgate-turn { to { transform: rotate(270deg); } }
@keyframes stepgate-pulse { 50% { opacity: .25; } }
@media (max-width: 26rem) { .card { padding: 1.5rem 1.25rem; } }
@media (prefers-reduced-motion: reduce) {
  .card *, .card *::before { animation: none !important; transition: none !important; }
}
`;
