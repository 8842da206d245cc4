"""What the page does: a click, a key or a table's row leads to a second of the recording.

The page says everything without it. It reads names from the page's data as text and never as
markup, and asks nobody for anything; the policy of the page allows this script alone, by its hash.
"""

from __future__ import annotations

__all__ = ["SCRIPT"]

SCRIPT = r"""
"use strict";
(() => {
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const values = Uint8Array.from(atob(data.probabilities), (c) => c.charCodeAt(0));
const n = data.seconds, video = byId("video"), canvas = byId("canvas"), view = canvas.parentNode;
const names = [...document.querySelectorAll(".name:not(.ribbon)")];
let position = 0, zoom = 1, hasVideo = video !== null;

function make(name, parent, attributes = {}, text = "") {
  const space = parent.namespaceURI;
  const element = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== "") element.textContent = text;
  return parent.appendChild(element);
}

function clock(seconds) {
  const whole = Math.floor(seconds), two = (x) => String(x).padStart(2, "0");
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`;
}

const share = (t) => `${(100 * t) / n}%`;
const inside = (t, from, to) => from <= t && t < to;

// The second at hand, beside the plot.
const readout = byId("readout");
const time = make("div", readout, { class: "time" });
const phase = make("div", readout, { class: "of" });
const doubt = make("div", readout, { class: "of" });
const list = make("ul", readout);
const lines = data.tools.map((tool, k) => {
  const line = make("li", list, { class: `c${k % data.colours}` });
  make("i", line);
  make("span", line, { title: tool }, tool);
  const level = make("div", make("div", line, { class: "level" }));
  return { line, level, value: make("b", line) };
});
byId("player").hidden = false;
byId("page").classList.remove("alone");

// The playhead and the line under the pointer.
const marks = byId("marks"), bottom = Number(marks.dataset.bottom);
const playhead = make("line", marks, { class: "playhead", y2: bottom });
const hover = make("g", marks, { class: "hover", visibility: "hidden" });
const hoverLine = make("line", hover, { y2: bottom });
const hoverBox = make("svg", hover, { y: bottom + 4, width: 64, height: 19, overflow: "visible" });
make("rect", hoverBox, { x: -32, width: 64, height: 19, rx: 3 });
const hoverTime = make("text", hoverBox, { y: 13.5, "text-anchor": "middle" });

function usesAt(t) {
  const found = [];
  data.uses.forEach(([tool, from, to], k) => { if (inside(t, from, to)) found.push([tool, k]); });
  return found;
}

const rowsOfUses = [...document.querySelectorAll("table.uses tbody tr")];
let shownSecond = -1, shownUses = "";
function show() {
  playhead.setAttribute("x1", share(position));
  playhead.setAttribute("x2", share(position));
  const uses = usesAt(position), key = uses.join(";");
  if (key !== shownUses) {
    shownUses = key;
    const on = new Set(uses.map(([tool]) => tool)), now = new Set(uses.map(([, k]) => k));
    lines.forEach(({ line }, k) => line.classList.toggle("on", on.has(k)));
    names.forEach((name, k) => name.classList.toggle("on", on.has(k)));
    rowsOfUses.forEach((row, k) => row.classList.toggle("now", now.has(k)));
  }
  const second = Math.min(Math.floor(position), n - 1);
  if (second !== shownSecond) { shownSecond = second; showSecond(second); }
}

function showSecond(second) {
  const at = (runs) => runs.filter(([from, to]) => inside(second, from, to)).map((run) => run[2]);
  const phases = at(data.phases), reasons = at(data.doubts);
  time.textContent = clock(second);
  make("small", time, {}, ` of ${clock(n)}`);
  phase.textContent = phases.join(", ");
  doubt.textContent = reasons.length > 0 ? `doubtful: ${reasons.join(", ")}` : "";
  phase.hidden = data.phases.length === 0;
  doubt.hidden = data.doubts.length === 0;
  lines.forEach(({ level, value }, k) => {
    const byte = values.length > 0 ? values[k * n + second] : 255;
    level.style.width = byte === 255 ? "0" : `${byte}%`;
    level.parentNode.style.visibility = byte === 255 ? "hidden" : "";
    value.textContent = byte === 255 ? "–" : (byte / 100).toFixed(2);
  });
  canvas.setAttribute("aria-valuenow", second);
  const on = usesAt(position).map(([tool]) => data.tools[tool]);
  const told = on.length > 0 ? on.join(", ") : "no tool";
  canvas.setAttribute("aria-valuetext", [clock(second), ...phases, told, ...reasons].join("; "));
}

function seek(t) {
  position = Math.max(0, Math.min(t, n - 1e-3));
  if (hasVideo) showVideoAt(position);
  show();
  reveal();
}
const step = (seconds) => seek(Math.min(Math.floor(position + 1e-6) + seconds, n - 1));

function reveal() {
  const x = (position / n) * canvas.clientWidth, left = view.scrollLeft, width = view.clientWidth;
  if (x < left || x > left + width) view.scrollLeft = x - width / 3;
}

// The plot as a slider.
const attributes = { role: "slider", tabindex: "0", "aria-label": "Position in the recording",
  "aria-valuemin": "0", "aria-valuemax": String(n - 1),
  "aria-keyshortcuts": "ArrowLeft ArrowRight" };
for (const [key, value] of Object.entries(attributes)) canvas.setAttribute(key, value);
function secondAt(event) {
  const box = canvas.getBoundingClientRect();
  const at = Math.floor((n * (event.clientX - box.left)) / box.width);
  return Math.max(0, Math.min(at, n - 1));
}
canvas.addEventListener("pointerdown", (event) => {
  if (event.button === 0) seek(secondAt(event));
});
canvas.addEventListener("pointermove", (event) => {
  const second = secondAt(event), x = share(second);
  hover.setAttribute("visibility", "visible");
  hoverLine.setAttribute("x1", x);
  hoverLine.setAttribute("x2", x);
  const half = (3200 / canvas.clientWidth), percent = (100 * second) / n;
  hoverBox.setAttribute("x", `${Math.max(half, Math.min(percent, 100 - half))}%`);
  hoverTime.textContent = clock(second);
  if (event.buttons === 1 && event.pointerType !== "touch") seek(second);
});
canvas.addEventListener("pointerleave", () => hover.setAttribute("visibility", "hidden"));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const target = event.target, isPlot = target === canvas;
  const isOurs = isPlot || target === document.body || target.matches("[data-seek] button");
  const moves = { ArrowLeft: -1, ArrowRight: 1 }, rows = { ArrowUp: "previous", ArrowDown: "next" };
  if (isOurs && event.key in moves) step(moves[event.key] * (event.shiftKey ? 10 : 1));
  else if (isPlot && event.key === "Home") seek(0);
  else if (isPlot && event.key === "End") seek(n - 1);
  else if (isPlot && event.key === " " && hasVideo) video.paused ? video.play() : video.pause();
  else if (event.key in rows && target.matches("[data-seek] button")) {
    const row = target.closest("tr")[`${rows[event.key]}ElementSibling`];
    const button = row && row.children[target.closest("td").cellIndex].querySelector("button");
    if (button) button.focus();
  } else return;
  event.preventDefault();
});

// Tables: times become buttons, headings sort.
for (const cell of document.querySelectorAll("td[data-seek]")) {
  const button = make("button", cell, { type: "button" }, cell.textContent);
  cell.replaceChildren(button);
}
for (const table of document.querySelectorAll("main .scroll > table")) {
  table.classList.add("live");
  table.tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    const cell = event.target.closest("td[data-seek]") ||
      (table.matches(".seeks") ? row.querySelector("td[data-seek]") : null);
    if (cell !== null) seek(Number(cell.dataset.seek));
  });
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = make("button", heading, { type: "button" }, heading.textContent);
    heading.replaceChildren(button);
    button.addEventListener("click", () => sort(table, heading, column));
  });
}
function sort(table, heading, column) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const byNumber = heading.dataset.sort === "number", sign = down ? -1 : 1;
  const keyed = [...table.tBodies[0].rows].map((row) => {
    const cell = row.cells[column], known = !byNumber || "v" in cell.dataset;
    return { row, known, key: byNumber ? Number(cell.dataset.v) : cell.textContent };
  });
  const compare = (a, b) => byNumber ? a - b : a.localeCompare(b, "en");
  // What is missing comes last, whichever way the rest is sorted.
  keyed.sort((a, b) => b.known - a.known || (a.known ? sign * compare(a.key, b.key) : 0));
  table.tBodies[0].append(...keyed.map(({ row }) => row));
}

// Looking closer: the plot grows beyond its window, and ticks are set anew.
const STEPS = data.steps;
function drawTicks() {
  const ticks = byId("ticks"), most = Math.max(2, canvas.clientWidth / 76);
  const unit = STEPS.find((s) => n <= most * s) || STEPS[STEPS.length - 1];
  ticks.replaceChildren();
  for (let t = 0; t <= n; t += unit) {
    const side = t === 0 ? "start" : t === n ? "end" : "middle";
    const tick = make("g", ticks, { class: "tick" });
    make("line", tick, { x1: share(t), x2: share(t), y2: bottom + 4 });
    if (t === n || t === 0 || ((n - t) / n) * canvas.clientWidth > 20)
      make("text", tick, { x: share(t), y: bottom + 18, "text-anchor": side }, clock(t));
  }
}
byId("hint").textContent = hasVideo ? "click to go there; ← → move by a second, with Shift by ten"
  : "click to read a second; ← → move by a second, with Shift by ten";
const zoomer = make("span", byId("hint"), { class: "zoom" });
const out = make("button", zoomer, { type: "button", "aria-label": "Zoom out" }, "−");
const factor = make("output", zoomer, { "aria-live": "polite" });
const closer = make("button", zoomer, { type: "button", "aria-label": "Zoom in" }, "+");
function setZoom(to) {
  const x = (position / n) * canvas.clientWidth - view.scrollLeft;
  const held = x >= 0 && x <= view.clientWidth ? x : view.clientWidth / 2;
  zoom = to;
  canvas.style.width = `${100 * zoom}%`;
  view.scrollLeft = (position / n) * canvas.clientWidth - held;
  factor.textContent = `${zoom}×`;
  out.disabled = zoom === 1;
  closer.disabled = zoom >= 64 || (zoom * view.clientWidth) / n > 16;
  drawTicks();
}
out.addEventListener("click", () => setZoom(zoom / 2));
closer.addEventListener("click", () => setZoom(zoom * 2));
window.addEventListener("beforeprint", () => setZoom(1));
window.addEventListener("resize", drawTicks);
setZoom(1);

// A recording of several files: the one of the time at hand is loaded, then sought in.
const files = data.files;
let file = 0, plays = false, awaited = null;
function showVideoAt(t) {
  const to = files.filter(([, , start]) => start <= t).length - 1;
  if (to !== file) load(to, t - files[to][2]);
  else if (awaited !== null) awaited.t = t - files[to][2];
  else video.currentTime = t - files[to][2];
}
function load(to, t) {
  awaited = { t, plays: awaited !== null ? awaited.plays : plays };
  file = to;
  video.src = files[to][0];
  byId("part").textContent = `file ${to + 1} of ${files.length}: ${files[to][1]}`;
}
function goOn() {
  if (awaited === null) return;
  video.currentTime = awaited.t;
  if (awaited.plays) video.play().catch(() => {});
  awaited = null;
}
function playNext() {
  if (plays && file + 1 < files.length) load(file + 1, 0);
  else plays = false;
}

// The video leads while it plays.
function follow() {
  if (!hasVideo || awaited !== null) return;
  const shown = files[file][2] + video.currentTime;
  // In the pause between two files the video stands at the end of the first.
  if (video.paused && video.currentTime >= video.duration && position > shown) return;
  position = Math.min(shown, n - 1e-3);
  show();
}
function frame() {
  follow();
  reveal();
  if (hasVideo && !video.paused && !video.ended) requestAnimationFrame(frame);
}
function giveUp() {
  hasVideo = false;
  video.hidden = true;
  if (files.length > 1) {
    byId("part").hidden = true;
    byId("unplayable").querySelector("span").textContent = files[file][1];
  }
  byId("unplayable").hidden = false;
}
if (hasVideo) {
  for (const event of ["seeking", "seeked", "timeupdate"]) video.addEventListener(event, follow);
  video.addEventListener("play", () => { plays = true; requestAnimationFrame(frame); });
  // At the end of a file it pauses by itself, and goes on in the next one.
  video.addEventListener("pause", () => { plays = plays && video.ended; });
  video.addEventListener("ended", playNext);
  video.addEventListener("loadedmetadata", goOn);
  video.addEventListener("error", giveUp);
  if (video.error !== null) giveUp();
}
show();
})();
"""
