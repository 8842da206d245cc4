"""How the page looks: on a bright screen, on a dark one, on a narrow one, and on paper."""

from __future__ import annotations

from video_pipeline.output.report.colours import PHASE_COLOURS, TOOL_COLOURS

__all__ = ["STYLE"]

_COLOURS = "\n".join(
    (
        *(f".c{k} {{ --mark: {colour}; }}" for k, colour in enumerate(TOOL_COLOURS)),
        *(f".p{k} {{ --mark: {colour}; }}" for k, colour in enumerate(PHASE_COLOURS)),
    )
)

_RULES = """\
:root { color-scheme: light dark; --ink: #222222; --quiet: #5c5c5c; --line: #dddddd;
  --paper: #ffffff; --ground: #f6f6f4; --veil: #eaeaea; --hatch: #ababab; --head: #b3261e;
  --focus: #0b57d0; --now: #eef3f8; --care: #fff6e6; --care-line: #c77700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e3; --quiet: #a3a3a0; --line: #3b3b3b;
  --paper: #171717; --ground: #222222; --veil: #303030; --hatch: #5e5e5e; --head: #ff8a80;
  --focus: #8ab4f8; --now: #262d35; --care: #2c2519; --care-line: #e69f00; } }
* { box-sizing: border-box; }
html { scroll-padding: 1rem; }
body { margin: 0 auto; padding: 2rem 2rem 4rem; max-width: 100rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 0 0 .7rem; }
p { margin: 0 0 .7rem; max-width: 46rem; }
section { margin: 0 0 2.8rem; }
small { font-size: .78rem; color: var(--quiet); }
code { font: .86em/1.4 ui-monospace, "SF Mono", "Liberation Mono", monospace; }
.missing, .quiet { color: var(--quiet); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 2px; }

header { margin: 0 0 2rem; }
header p { color: var(--quiet); margin: 0; max-width: none; }
header p span + span::before { content: "·"; margin: 0 .5em; }
header b { color: var(--ink); font-weight: 600; }
.care { margin: 1rem 0 0; padding: .6rem 1rem; background: var(--care); max-width: 60rem;
  border-left: 3px solid var(--care-line); }
.care ul { margin: .2rem 0 0; padding-left: 1.1rem; }

@media (min-width: 68rem) {
  .page { display: grid; grid-template-columns: minmax(0, 1fr) 23rem; column-gap: 2.5rem; }
  .page > aside { grid-column: 2; grid-row: 1; }
  .page > main { grid-column: 1; grid-row: 1; }
  aside .player { position: sticky; top: 1.5rem; max-height: calc(100vh - 3rem); overflow: auto; }
}
.page.alone { display: block; }
aside { margin: 0 0 2rem; }
aside video { display: block; width: 100%; max-height: 60vh; background: #000;
  border-radius: 4px; }
aside .told { margin: .5rem 0 0; font-size: .85rem; color: var(--quiet); }
.readout { margin: 1rem 0 0; }
.readout .time { font-size: 1.6rem; line-height: 1.2; font-weight: 600; }
.readout .of { color: var(--quiet); font-size: .85rem; line-height: 1.5; min-height: 1.5em; }
.readout ul { list-style: none; margin: .6rem 0 0; padding: 0; }
.readout li { display: grid; grid-template-columns: 1rem minmax(0, 1fr) 6rem 2.4rem;
  align-items: center; column-gap: .5rem; padding: .16rem 0; color: var(--quiet); }
.readout li.on { color: var(--ink); font-weight: 600; }
.readout li > i { width: .6rem; height: .6rem; border-radius: 50%; border: 2px solid var(--mark); }
.readout li.on > i { background: var(--mark); }
.readout li > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.readout li > b { font-weight: inherit; text-align: right; }
.readout .level { height: .4rem; background: var(--ground); border-radius: 1px; overflow: hidden; }
.readout .level > div { height: 100%; width: 0; background: var(--mark); }

.plot { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); column-gap: .9rem; }
.name { height: 40px; display: flex; flex-direction: column; justify-content: center;
  align-items: flex-end; line-height: 1.2; border-right: 3px solid transparent;
  padding-right: .5rem; }
.name b, .name small { max-width: 100%; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.name b { font-weight: 500; font-size: .92rem; }
.name.unused b { color: var(--quiet); font-weight: 400; }
.name.ribbon { height: 24px; margin-bottom: 8px; font-size: .78rem; color: var(--quiet); }
.name.on { border-color: var(--mark); }
.name.on b { font-weight: 700; }
.view { overflow-x: auto; overflow-y: hidden; }
.canvas { position: relative; min-width: 100%; touch-action: pan-x pan-y; }
.canvas[role] { cursor: crosshair; }
.canvas:focus-visible { outline-offset: -2px; }
#timeline { display: block; overflow: hidden; user-select: none; -webkit-user-select: none; }
.ground { fill: var(--ground); }
.veil { fill: var(--veil); }
.hatch { stroke: var(--hatch); stroke-width: 1.6; fill: none; }
.doubtful { fill: #fff; stroke: #fff; stroke-width: 1; vector-effect: non-scaling-stroke; }
.bar { fill: var(--mark); stroke: var(--mark); stroke-width: 1; vector-effect: non-scaling-stroke; }
.strip.sharp { image-rendering: pixelated; }
.phase { fill: var(--mark); }
.ribbon text { font-size: 12px; fill: #222; }
.tick line { stroke: var(--ink); stroke-opacity: .1; }
.tick text { font-size: 11.5px; fill: var(--quiet); }
.playhead { stroke: var(--head); stroke-width: 1.5; }
.playknob { fill: var(--head); }
.hover line { stroke: var(--ink); stroke-opacity: .45; stroke-dasharray: 2 2; }
.hover rect { fill: var(--ink); }
.hover text { fill: var(--paper); font-size: 11.5px; }
.key { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .2rem 2rem;
  margin: .5rem 0 0 10.4rem; font-size: .82rem; color: var(--quiet); }
.key p { margin: 0; max-width: none; }
.key span { display: inline-block; margin-right: 1.3rem; white-space: nowrap; }
.swatch { display: inline-block; width: 1.6rem; height: .62rem; margin-right: .45rem;
  background: var(--mark); border-radius: 1px; }
.swatch.fade { background: linear-gradient(90deg, transparent, #0072b2); }
.swatch.hatched { background: repeating-linear-gradient(135deg, var(--hatch) 0 1.5px,
  var(--veil) 1.5px 4.5px); }
table .swatch { width: .62rem; }
.key .zoom { display: inline-flex; gap: .2rem; align-items: center; margin: 0 0 0 .8rem; }
.zoom button { width: 1.7rem; height: 1.5rem; padding: 0; border: 1px solid var(--line);
  border-radius: 3px; cursor: pointer; background: none; }
.zoom button:disabled { opacity: .4; cursor: default; }
.zoom output { min-width: 2.2rem; text-align: center; }

.scroll { overflow: auto; max-height: 33rem; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem 1.1rem .3rem 0; text-align: right; vertical-align: baseline;
  border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; }
th > span { display: inline-block; max-width: 18rem; overflow: hidden; text-overflow: ellipsis;
  vertical-align: bottom; }
th:last-child, td:last-child { padding-right: .3rem; }
tbody th { font-weight: 500; }
thead th { position: sticky; top: 0; background: var(--paper); font-weight: 500; z-index: 1;
  font-size: .82rem; color: var(--quiet); box-shadow: inset 0 -1px var(--line); border: 0; }
table.doubt td:last-child { text-align: left; white-space: normal; padding-left: 1rem; }
table.doubt th:last-child { text-align: left; padding-left: 1rem; }
button { font: inherit; color: inherit; }
th button, td button { background: none; border: 0; padding: 0; cursor: pointer; }
td button { text-decoration: underline; text-decoration-color: var(--quiet);
  text-underline-offset: 3px; text-decoration-thickness: 1px; }
table.seeks.live tbody tr { cursor: pointer; }
table.live tbody tr:hover, tr.now { background: var(--now); }
th[aria-sort] button::after { content: " ↑"; }
th[aria-sort="descending"] button::after { content: " ↓"; }
dl.terms { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .9rem;
  max-width: 46rem; font-size: .82rem; color: var(--quiet); margin: .8rem 0 0; }
dl.terms dt { color: var(--ink); } dl.terms dd { margin: 0; }
.facts { columns: 26rem 2; column-gap: 3rem; }
.facts table { width: 100%; break-inside: avoid; margin: 0 0 1.4rem; font-size: .85rem; }
.facts caption { text-align: left; font-weight: 600; padding-bottom: .2rem; }
.facts th, .facts td { text-align: left; white-space: normal; vertical-align: top; }
.facts th { width: 11rem; font-weight: 400; color: var(--quiet); min-width: 0; }
.facts td small { display: block; line-height: 1.35; }
footer { color: var(--quiet); font-size: .82rem; border-top: 1px solid var(--line);
  padding-top: .8rem; }

@media (max-width: 42rem) {
  body { padding: 1.2rem 1rem 3rem; }
  .plot { grid-template-columns: 6.2rem minmax(0, 1fr); column-gap: .4rem; }
  .key { margin-left: 0; }
  .odd text { display: none; }
  th, td { padding-right: .8rem; }
}
@media screen and (max-width: 67.99rem) {
  aside.has-video, aside.has-video .player { display: contents; }
  aside.has-video video { position: sticky; top: 0; z-index: 2; max-height: 32vh; }
  aside.has-video .readout { margin-bottom: 2rem; }
}
@page { margin: 12mm; }
@media print {
  :root { font-size: 11px; }
  :root { color-scheme: light; --ink: #000; --quiet: #444; --line: #bbb; --paper: #fff;
    --ground: #f4f4f2; --veil: #eaeaea; --hatch: #999; --care: #fff; --care-line: #c77700; }
  body { padding: 0; max-width: none; font-size: 1rem; }
  aside, .zoom, #hint, .hover, .playhead, .playknob { display: none !important; }
  .page { display: block; }
  .canvas { width: 100% !important; }
  .view, .scroll { overflow: visible; max-height: none; }
  .ground, .veil, .bar, .phase, .strip, .swatch { print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  .plot, .facts table, table.tools, tr, .care { break-inside: avoid; }
  h2 { break-after: avoid; }
  section { margin-bottom: 1.6rem; }
  thead th { position: static; box-shadow: none; border-bottom: 1px solid var(--line); }
  th button { display: contents; } /* or headings stay empty from the second sheet on */
  th, td { padding-top: .12rem; padding-bottom: .12rem; }
  .name.on { border-color: transparent; } tr.now { background: none; }
  td button { text-decoration: none; }
  th[aria-sort] button::after { content: ""; }
}
@media screen and (prefers-color-scheme: dark) {
  .c6 { --mark: #bfbfbf; } .c6 image { filter: invert(1); }
}
"""

STYLE = f"{_COLOURS}\n{_RULES}"
