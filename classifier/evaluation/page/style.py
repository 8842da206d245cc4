"""How the page looks: on a bright screen, on a dark one, and on paper."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """\
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #5f6872; --line: #d8dde2;
  --paper: #ffffff; --card: #f5f7f9; --blue: #0072b2; --shade: 0, 114, 178;
  --care: #fff4e5; --care-line: #d55e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --faint: #9aa5b0; --line: #3a424b;
  --paper: #15191e; --card: #1e242b; --blue: #56b4e9; --shade: 86, 180, 233;
  --care: #33261a; --care-line: #e69f00; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .4rem; padding-top: .8rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.3rem 0 .4rem; }
p { margin: .3rem 0 .7rem; max-width: 46rem; }
small, .faint { color: var(--faint); }
small { font-size: .78rem; }
.care { margin: 1.2rem 0; padding: .7rem 1.1rem; background: var(--care);
  border-left: 4px solid var(--care-line); border-radius: 3px; }
.care ul { margin: .2rem 0; padding-left: 1.1rem; }
.care li { margin: .3rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .8rem;
  margin: 1rem 0; }
.card { padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; }
.card .name { font-weight: 600; }
.card .value { font-size: 1.9rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card small { display: block; line-height: 1.4; }
.wide { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .35rem .6rem; text-align: right; vertical-align: top; line-height: 1.3;
  overflow-wrap: normal; border-bottom: 1px solid var(--line); }
td small { white-space: nowrap; }
thead th { font-weight: 600; vertical-align: bottom; font-size: .82rem; color: var(--faint); }
th:first-child { text-align: left; min-width: 7rem; max-width: 16rem; overflow-wrap: break-word; }
.whole { white-space: nowrap; }
tbody th { font-weight: 600; }
table.facts th, table.facts td { text-align: left; overflow-wrap: anywhere; }
table.facts th { white-space: nowrap; color: var(--faint); font-weight: 400; }
table.confusion td { text-align: center; min-width: 3.4rem; }
table.confusion thead th { text-align: center; }
table.confusion td.right { outline: 1px solid var(--blue); outline-offset: -1px; }
svg.span { width: 6.5rem; height: 1.2rem; display: block; }
svg.span .axis { stroke: var(--line); } svg.span .whisker { stroke: var(--blue); }
svg.span .dot { fill: var(--blue); }
figure { margin: 1rem 0; }
figure img { max-width: 100%; height: auto; background: #fff; padding: .6rem; border-radius: 6px;
  border: 1px solid var(--line); }
figure.narrow img { width: 44rem; }
figcaption { font-size: .88rem; color: var(--faint); max-width: 46rem; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1.5rem;
  break-inside: avoid; }
.pictures { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .6rem; }
.pictures figure { margin: 0; break-inside: avoid; }
.pictures img { padding: 0; width: 100%; border-radius: 3px; }
.pictures figcaption { font-size: .75rem; line-height: 1.3; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .35rem 1.2rem;
  max-width: 60rem; font-size: .85rem; }
dt { font-weight: 600; max-width: 17rem; } dd { margin: 0; }
pre { font-size: .78rem; white-space: pre-wrap; background: var(--card); padding: .8rem; }
@page { margin: 12mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --faint: #444; --line: #bbb; --paper: #fff;
    --card: #fff; --blue: #0072b2; --shade: 0, 114, 178; --care: #fff; --care-line: #d55e00; }
  :root { font-size: 10.5px; }
  body { max-width: none; padding: 0; font-size: 1rem; }
  .cards { grid-template-columns: repeat(4, 1fr); }
  .sides { grid-template-columns: 1fr 1fr; }
  .wide { overflow: visible; }
  .card, figure, tr, .care { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  table { font-size: .82rem; } th, td { padding: .2rem .35rem; }
  table.confusion td, .card { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
