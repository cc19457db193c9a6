/** What the page of a comparison has beside the style of all reports. */
export const COMPARISON_STYLE = `
.verdict { font-size: 1.3rem; line-height: 1.35; color: var(--text); max-width: 60ch; margin-bottom: 14px; font-weight: 600; text-wrap: balance; }
.dots { margin: 8px 0 20px; } .dots { overflow-x: auto; } .dots svg { display: block; width: 100%; min-width: 560px; height: auto; max-width: 900px; }
.dots text { fill: var(--text); font-size: 13px; font-variant-numeric: tabular-nums; } .dots .soft { fill: var(--soft); font-size: 11.5px; }
.dots .grid { stroke: var(--grid); } .dots .row { stroke: var(--line); stroke-dasharray: 1 4; }
.dots circle { fill: var(--second); fill-opacity: 0.55; } .dots .mean { stroke: var(--second); stroke-width: 3; }
.dots .leads circle { fill: var(--accent); } .dots .leads .mean { stroke: var(--accent); }
.dots .chance { stroke: var(--bad); stroke-dasharray: 5 4; }
.compared { table-layout: auto; } .compared thead th:first-child { width: auto; } .compared td, .compared th { padding-right: 14px; }
.compared .leads > * { font-weight: 600; } .compared .leads small { font-weight: 400; } .compared .failed { color: var(--bad); }
section > .sentence { margin: 12px 0 0; }
.task { border-top: 1px solid var(--grid); padding-top: 12px; margin-top: 16px; } .task summary { font-weight: 600; font-size: 1.05rem; }
`;
