const DARK = `
  --page: #0f1318; --card: #171c23; --sunk: #1e252e; --line: #2c3540; --grid: #27303a;
  --text: #e6eaef; --soft: #9aa7b5; --accent: #7db4ff; --second: #8896a6; --third: #e0a458;
  --good: #5ccf8b; --bad: #ff8a80; --warn: #f0b75b;`;

const LIGHT = `
  --page: #f6f7f9; --card: #ffffff; --sunk: #eef1f5; --line: #dde3ea; --grid: #e8ecf1;
  --text: #17202b; --soft: #57657a; --accent: #1f63c9; --second: #7b8898; --third: #b26b00;
  --good: #14773a; --bad: #b3261e; --warn: #8a5300;`;

/** The page's style: a plain column of cards, light or dark as the reader's system asks. */
export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif; }
.top, main { max-width: 1200px; margin: 0 auto; padding: 0 24px; }
.top { padding-top: 40px; }
main { padding-bottom: 64px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 24px; margin-top: 24px; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(1.7rem, 4.5vw, 2.5rem); letter-spacing: -0.02em; }
h1 span { color: var(--soft); font-weight: 400; }
h2 { font-size: 1.3rem; letter-spacing: -0.01em; margin-bottom: 8px; }
h3 { font-size: 1.05rem; margin-top: 20px; }
p { margin: 0 0 12px; max-width: 75ch; }
section > p, h3 + p { color: var(--soft); }
a { color: var(--accent); text-underline-offset: 2px; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86em; }
figure { margin: 0; }
img, svg { max-width: 100%; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.scroll { overflow-x: auto; }
.unit { color: var(--soft); font-weight: 400; font-size: 0.9em; }
.missing { color: var(--soft); background: var(--sunk); border-radius: 8px; padding: 14px 16px; max-width: none; margin: 0; }
.missing code { white-space: normal; color: var(--text); }

.kicker { color: var(--soft); font-size: 0.85rem; margin-bottom: 6px; }
.lead { font-size: 1.12rem; margin: 12px 0 14px; }
.worth { font-weight: 600; max-width: 80ch; }
.badges { display: flex; flex-wrap: wrap; gap: 8px; margin-bottom: 14px; max-width: none; }
.badge { border: 1px solid var(--line); background: var(--card); border-radius: 99px; padding: 1px 12px; font-size: 0.85rem;
  font-weight: 500; color: var(--soft); text-decoration: none; }
.badge.good { color: var(--good); border-color: currentColor; }
.badge.bad { color: var(--bad); border-color: currentColor; }
.badge.warn { color: var(--warn); border-color: currentColor; }
.paper { color: var(--soft); font-size: 0.92rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 205px), 1fr)); gap: 12px; margin: 20px 0 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; min-width: 0; }
.facts dt { color: var(--soft); font-size: 0.78rem; text-transform: uppercase; letter-spacing: 0.05em; }
.facts dd { margin: 2px 0 0; font-size: 0.9rem; color: var(--soft); }
.facts dd b { color: var(--text); font-size: 1.05rem; }
.facts dd:empty { display: none; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 20px; font-size: 0.92rem; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }

.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 22px 20px; margin-top: 16px; }
.curve { min-width: 0; }
.curve figcaption { font-size: 0.95rem; display: flex; flex-wrap: wrap; gap: 0 8px; align-items: baseline; }
.curve output { margin-left: auto; font-variant-numeric: tabular-nums; font-size: 0.85rem; color: var(--accent); }
.curve svg { display: block; width: 100%; height: auto; overflow: visible; touch-action: pan-y; margin-top: 4px; }
.curve .summary { font-size: 0.82rem; color: var(--soft); margin: 2px 0 0; }
.curve text { fill: var(--soft); font-size: 11.5px; font-variant-numeric: tabular-nums; }
.curve .grid { stroke: var(--grid); } .curve .base { stroke: var(--second); stroke-width: 0.8; }
.curve path { fill: none; stroke: var(--accent); stroke-linejoin: round; stroke-linecap: round; }
.curve .only { fill: var(--accent); } .curve .line { stroke-width: 2; } .curve .raw { stroke-width: 0.9; opacity: 0.36; }
.curve .reference line { stroke: var(--bad); stroke-dasharray: 5 4; } .curve .reference text { fill: var(--bad); }
.cursor line { stroke: var(--second); stroke-width: 0.8; } .cursor circle { fill: var(--accent); stroke: var(--card); stroke-width: 1.5; }

.stages { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, max(470px, var(--n) * 84px)), 1fr)); gap: 20px 36px; align-items: start; }
.stage { min-width: 0; }
.stage figcaption { display: flex; flex-wrap: wrap; gap: 0 10px; font-size: 0.92rem; font-weight: 600; margin-bottom: 8px; }
.stage figcaption span { color: var(--soft); font-weight: 400; font-variant-numeric: tabular-nums; }
.rows { --room: 84px; --least: 58px; display: grid; gap: 14px 24px; grid-template-columns: repeat(auto-fit, minmax(min(100%, calc(var(--n) * var(--room))), 1fr)); }
.rows.texts { --room: 190px; --least: 150px; } .rows.wide { --room: 150px; --least: 140px; }
.tiles { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; max-width: calc(var(--n) * 190px); align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(max(var(--least), calc((100% - (var(--n) - 1) * 8px) / var(--n) - 0.1px)), 1fr)); }
.texts .tiles, .wide .tiles { max-width: none; }
.tiles li { min-width: 0; font-size: 0.76rem; line-height: 1.3; color: var(--soft); overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.tiles img { display: block; width: 100%; height: auto; border-radius: 4px; outline: 1px solid var(--line); }
.tiles p { margin: 0; padding: 8px 10px; background: var(--sunk); border-radius: 6px; color: var(--text); font-size: 0.85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.tiles span { display: block; margin-top: 4px; } .tiles i, .neighbors i { font-style: normal; }
.tiles .right { color: var(--good); } .tiles .wrong { color: var(--bad); }
.tiles .right > :first-child { outline: 2px solid var(--good); } .tiles .wrong > :first-child { outline: 2px solid var(--bad); }
.tiles:has(.sheet) { display: block; max-width: none; overflow-x: auto; } .sheet img { min-width: 640px; background: #fff; }

.neighbors { display: grid; gap: 16px; margin-top: 16px; }
.neighbors ol { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: minmax(0, 1fr) 1px repeat(8, minmax(0, 1fr)); gap: 8px; max-width: 960px; align-items: start; }
.neighbors ol::before { content: ''; grid-area: 1 / 2; background: var(--line); align-self: stretch; }
.neighbors li { min-width: 0; text-align: center; font-size: 0.78rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.neighbors li.query { grid-area: 1 / 1; color: var(--text); font-weight: 600; }
.neighbors img { display: block; width: 100%; height: auto; border-radius: 6px; background: var(--sunk); }
.pixels { image-rendering: pixelated; }
.neighbors span { display: block; overflow-wrap: anywhere; margin-top: 2px; }
.neighbors .same span { color: var(--good); } .neighbors .other span { color: var(--bad); }
.neighbors p { margin: 0; max-width: none; padding: 8px 10px; background: var(--sunk); border-radius: 6px; text-align: left; color: var(--text); font-weight: 400; white-space: pre-wrap; overflow-wrap: anywhere; }
.neighbors.texts li { text-align: left; } .neighbors.texts ol { max-width: none; grid-template-columns: repeat(auto-fill, minmax(min(100%, 230px), 1fr)); }
.neighbors.texts ol::before { content: none; } .neighbors.texts li.query { grid-area: 1 / 1 / auto / -1; }

.k { --own: var(--accent); }
.knone { --own: var(--line); }
.map { margin-top: 12px; }
.map .canvas { position: relative; background: var(--page); border: 1px solid var(--line); border-radius: 8px; }
.map svg { display: block; width: 100%; height: auto; cursor: crosshair; touch-action: pan-y; }
.map .dots circle { r: 4px; fill: var(--own); stroke: var(--page); stroke-width: 0.6px; fill-opacity: 0.88; }
.map.chosen .dots circle { fill-opacity: 0.1; stroke-opacity: 0; } .map.chosen .dots .on { fill-opacity: 1; stroke-opacity: 1; }
.map .ring { fill: none; stroke: var(--text); stroke-width: 2px; }
.tip { position: absolute; z-index: 1; pointer-events: none; width: 128px; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 6px; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
.tip p { font-size: 0.74rem; line-height: 1.3; margin: 5px 0 0; } .tip p b { display: block; }
.thumb { width: 114px; background-repeat: no-repeat; border-radius: 4px; }
.legend { list-style: none; margin: 12px 0 0; padding: 2px; max-height: 240px; overflow-y: auto; display: flex; flex-wrap: wrap; gap: 6px; font-size: 0.85rem; }
.legend button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 99px; padding: 2px 10px; cursor: pointer; }
.legend button:hover { background: var(--sunk); } .legend button[aria-pressed=true] { background: var(--sunk); border-color: var(--own, var(--text)); font-weight: 600; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; background: var(--own); margin-right: 6px; }
.legend span { color: var(--soft); } .legend .unlabeled { padding: 3px 10px; color: var(--soft); }

table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: 0.93rem; margin-top: 8px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: left; padding: 8px 18px 8px 0; border-top: 1px solid var(--grid); vertical-align: top; font-variant-numeric: tabular-nums; font-weight: 400; }
thead th { border-top: 0; color: var(--soft); font-size: 0.84rem; font-weight: 600; vertical-align: bottom; }
tbody th[colspan] { border-top: 1px solid var(--line); padding: 14px 0 4px; font-weight: 600; font-size: 1rem; }
tbody tr:nth-child(2) > * { border-top: 0; }
td small { color: var(--soft); font-size: 0.85em; } th small { display: block; color: var(--soft); }
td b small { font-weight: 400; } td.none { color: var(--soft); }
thead th:first-child { width: 22%; }
.bar { position: relative; display: block; height: 8px; margin-top: 5px; background: var(--sunk); border-radius: 3px; --own: var(--accent); }
.other .bar { --own: var(--second); }
.bar i { position: absolute; inset: 0 auto 0 0; background: var(--own); border-radius: 3px; }
.bar .whisker { inset: auto; top: 3px; height: 2px; background: var(--text); }
.bar .chance { inset: -2px auto -2px auto; width: 1px; background: var(--text); opacity: 0.6; }
.evaluation + .evaluation { margin-top: 28px; border-top: 1px solid var(--line); padding-top: 16px; }
.evaluation .origin { font-weight: 600; margin-bottom: 4px; } .evaluation .missing { margin-bottom: 8px; }
.evaluation .sentence { margin: 12px 0 0; color: var(--soft); }
.outdated table { opacity: 0.62; }
.warnings { margin: 0; padding-left: 20px; } .warnings li { margin-bottom: 6px; }
details summary { cursor: pointer; color: var(--accent); }
pre { background: var(--sunk); border-radius: 8px; padding: 14px 16px; overflow: auto; max-height: 520px; margin: 12px 0 0; }

@media (max-width: 640px) {
  .top, main { padding-left: 14px; padding-right: 14px; }
  .top { padding-top: 24px; }
  section { padding: 18px 14px; border-radius: 10px; margin-top: 16px; }
  .map .dots circle { r: 8px; stroke-width: 1px; } .map .ring { r: 18px; stroke-width: 4px; }
  th, td { padding-right: 10px; } thead th { font-size: 0.72rem; padding-right: 4px; } td small { display: block; }
  .neighbors ol { grid-template-columns: minmax(0, 1.4fr) 1px repeat(4, minmax(0, 1fr)); gap: 6px; }
  .neighbors:not(.texts) li.query { grid-row: 1 / span 2; } .neighbors ol::before { grid-row: 1 / span 2; }
}
@media print { body { background: #fff; } section { break-inside: avoid; } nav, .legend button[aria-pressed=false] { border: 0; } * { print-color-adjust: exact; } }
`;
