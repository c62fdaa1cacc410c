/**
 * The style sheet of the report page: a desk, a phone of 360 pixels, A4 paper and a dark screen. Every pair of
 * text and ground has a contrast of at least 4.5 to 1; colour never says anything that words do not.
 */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1c2127; --soft: #505a66; --line: #d3d9e0; --stripe: #f6f8fa;
  --good: #14612f; --good-ground: #e7f6ec; --warn: #7a4a00; --warn-ground: #fff4dc;
  --bad: #a3161a; --bad-ground: #fdecec;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #14181d; --ink: #e8ecf1; --soft: #a7b1bd; --line: #38414c; --stripe: #1b2027;
    --good: #7fdc9c; --good-ground: #12301d; --warn: #f5c563; --warn-ground: #35280c;
    --bad: #ff9d98; --bad-ground: #3d1517;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 72rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3, p, dl, ol { margin: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; }
h2 { font-size: 1.25rem; margin-bottom: .5rem; }
h3 { font-size: 1.05rem; }
dd { margin: 0; }
section { margin-top: 2.5rem; }
section p + p { margin-top: .25rem; }
code { display: block; width: 32ch; max-width: 100%; font: .8125rem/1.4 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
.good { color: var(--good); font-weight: 600; }
.warn { color: var(--warn); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.figures, .trio dd { text-align: right; font-variant-numeric: tabular-nums lining-nums; }
.note { border-left: .25rem solid var(--line); padding-left: .75rem; }

header { padding: 1.25rem 1.5rem; border-left: .5rem solid; border-radius: .25rem; }
header p { max-width: 60rem; }
header p:first-child { color: var(--soft); font-size: .875rem; }
header .status { font-size: 1.375rem; margin: .25rem 0; }
.head-good { background: var(--good-ground); border-color: var(--good); }
.head-warn { background: var(--warn-ground); border-color: var(--warn); }
.head-bad { background: var(--bad-ground); border-color: var(--bad); }

.failures { margin-top: 1.5rem; }
.failures article { border: 1px solid var(--bad); border-radius: .25rem; padding: .75rem 1rem; margin-top: .75rem; }
.failures .of-warn { border-color: var(--warn); }
.failures h3 + p { font-size: .875rem; color: var(--soft); }
.failures dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .5rem 1.5rem; margin: .5rem 0; }
.failures dd { font-size: 1.125rem; font-weight: 600; font-variant-numeric: tabular-nums; }
dt { color: var(--soft); font-size: .875rem; }

.facts { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin-top: 1.5rem; }

.trio { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1rem; margin-bottom: 1.25rem; }
.trio dl { border: 1px solid var(--line); border-radius: .25rem; padding: .75rem 1rem; }
.trio dt { color: var(--ink); font-weight: 600; font-size: 1rem; }
.trio small { display: block; color: var(--soft); font-weight: 400; font-size: .8125rem; }
.trio dd { font-size: 1.25rem; font-weight: 600; line-height: 1.35; }

table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .9375rem; }
caption { text-align: left; color: var(--soft); font-size: .875rem; padding-bottom: .25rem; }
th, td { padding: .375rem .625rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { font-size: .8125rem; color: var(--soft); vertical-align: bottom; }
thead th, thead td { border-bottom: 2px solid var(--line); }
tbody th { font-weight: 600; }
.figures { text-align: right; }
td.figures, thead th { white-space: nowrap; }
thead .group { text-align: center; border-bottom-width: 1px; }
.row-bad { background: var(--bad-ground); }
.wide { overflow-x: auto; }
.sums { width: auto; min-width: 26rem; }
.sums .sum > * { border-top: 2px solid var(--ink); font-weight: 600; }
td > .good, td > .warn, td > .bad { white-space: nowrap; }
[aria-labelledby="checks"] table { table-layout: fixed; }
[aria-labelledby="checks"] th:nth-child(1) { width: 19%; }
[aria-labelledby="checks"] th:nth-child(3), [aria-labelledby="checks"] th:nth-child(4) { width: 25%; }
[aria-labelledby="checks"] th:nth-child(2) { width: 7.5rem; }

ol { list-style: none; padding: 0; }
li { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .375rem 0; border-bottom: 1px solid var(--line); }
li time { color: var(--soft); font-variant-numeric: tabular-nums; }
li span { flex: 1 1 16rem; }

@media screen and (max-width: 56rem) {
  body { padding: .75rem; }
  header { padding: 1rem; }
  h1 { font-size: 1.375rem; }
  section { margin-top: 2rem; }
  .facts > div, .failures dl > div { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
  .facts, .failures dl { display: block; }
  .facts dd, .failures dd { margin-left: auto; text-align: right; }
  .failures dd code { text-align: left; }
  .trio { grid-template-columns: minmax(0, 1fr); gap: .5rem; }
  .trio dl { display: grid; grid-template-columns: minmax(0, 1fr) auto; column-gap: 1rem; padding: .5rem .75rem; }
  .trio dt { grid-row: 1 / 3; }
  .trio dd { font-size: 1.0625rem; }
  .sums { width: 100%; min-width: 0; }
  .sums th, .sums td { padding: .375rem .25rem; }
  .stacks, .stacks caption, .stacks tbody, .stacks tr, .stacks th, .stacks td { display: block; }
  .stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacks tr { border: 1px solid var(--line); border-radius: .25rem; padding: .375rem .75rem; margin-bottom: .5rem; }
  .stacks th, .stacks td { border: 0; padding: .125rem 0; text-align: left; }
  .stacks td[data-label] { display: flex; justify-content: space-between; gap: 1rem; text-align: right; }
  .stacks td[data-label]:has(> code) { display: block; text-align: left; }
  .stacks [data-label]::before { content: attr(data-label); color: var(--soft); font-weight: 400; text-align: left; flex: none; }
  .stacks th[data-label]::before { content: attr(data-label) " "; }
  .stacks td:empty { display: none; }
  .stacks code { text-align: left; }
  [aria-labelledby="checks"] .stacks tbody th { width: auto; }
  .paired tr { display: grid; grid-template-columns: minmax(0, 1fr) minmax(8rem, auto); column-gap: .75rem; }
  .paired th, .paired td:not(.figures) { grid-column: 1 / -1; }
  .paired td.figures:not([data-label]) { text-align: right; }
  .flows tr { display: flex; flex-wrap: wrap; gap: 0 1rem; border-width: 0 0 1px; border-radius: 0; padding: .25rem 0; margin: 0; }
}

@media print {
  @page { size: A4; margin: 14mm 12mm; }
  :root { color-scheme: light; font-size: 9.5pt; }
  body { padding: 0; max-width: none; }
  section { margin-top: 1.5rem; }
  table { font-size: .875rem; }
  thead { display: table-header-group; }
  tr, li, article, header, .facts, .trio, .sums { break-inside: avoid; }
  .wide { overflow: visible; }
  h2, h3, caption, thead, p:has(+ .wide) { break-after: avoid; }
  th, td { padding: .2rem .4rem; }
  header, .row-bad { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
