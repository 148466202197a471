// The lanes on a canvas, over the drawing that the server made and by the same rules: to pan, zoom and step through.
// Signs, colours and measures are read from the page. Without this script the drawing and the list say the same.

import { Marks } from "./marks.js";
import { Times } from "./times.js";

const box = document.getElementById("lanes");
if (box) showLanes();

function showLanes() {
  const STEPS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  const CELL = 14; // pixels that share one sign
  const [TOP, LANE, LINE, BAR] = ["top", "lane", "line", "bar"].map((name) => Number(box.dataset[name]));
  const SHORTEST = 2, LONGEST = 400 * 86400; // seconds of a window

  const paths = {};
  for (const symbol of document.querySelectorAll(".symbols symbol")) {
    paths[symbol.id.slice(2)] = new Path2D(symbol.firstElementChild.getAttribute("d"));
  }
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const pen = canvas.getContext("2d");
  const hint = Object.assign(document.createElement("div"), { className: "hint", hidden: true });
  const voice = Object.assign(document.createElement("p"), { className: "unseen" });
  voice.setAttribute("aria-live", "polite");

  let width = 0, height = 0, colours = {};
  let since = Number(box.dataset.since), until = Number(box.dataset.until);
  const whole = { since, until };
  let last = until; // the latest thing there is to see
  let position = 0, times = new Times("UTC"), threads = [];
  const marks = new Marks();
  let cells = []; // what was drawn last, for the pointer and the keys
  let chosen = null;
  let due = false;

  // -- what there is ---------------------------------------------------------
  async function load() {
    const asked = new URLSearchParams();
    if (position && box.dataset.follow !== undefined) asked.set("after", position);
    if (box.dataset.then) asked.set("as_of", box.dataset.then);
    const answer = await fetch(`/api/lanes?${asked}`);
    if (!answer.ok) return;
    take(await answer.json());
    if (!box.classList.contains("quick")) begin();
    draw();
  }

  function take(found) {
    const followed = until >= last - 1; // the right end is now: it stays so
    marks.take(found);
    if (times.zone !== found.time_zone) times = new Times(found.time_zone);
    position = found.position;
    threads = found.threads.filter((t) => !box.dataset.incident || t.id === box.dataset.incident);
    last = Math.max(Date.parse(found.until) / 1000, last);
    if (followed && !box.dataset.incident && until < last) {
      since += last - until;
      until = last;
    }
  }

  // -- drawing ---------------------------------------------------------------
  const x = (ts) => ((ts - since) / (until - since)) * width;
  const y = (row) => TOP + row * LANE + LINE;

  function draw() {
    if (!due) { due = true; requestAnimationFrame(paint); }
  }

  function paint() {
    due = false;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    paintAxis();
    marks.rows.forEach(paintLane);
    for (const thread of threads) paintThread(thread);
    cells = marks.rows.flatMap(gather);
    cells.forEach(paintCell);
    for (const thread of threads) paintTag(thread);
    paintNumbers();
    paintNames();
    if (chosen) paintChosen();
  }

  function paintAxis() {
    pen.lineWidth = 1;
    pen.strokeStyle = colours.rule;
    pen.fillStyle = colours.soft;
    pen.font = `11.5px ${colours.font}`;
    pen.textAlign = "center";
    const most = Math.max(3, Math.floor(width / 110));
    const step = STEPS.find((s) => s * most >= until - since) || Math.ceil((until - since) / most / 86400) * 86400;
    const shift = times.offset(since);
    for (let at = Math.ceil((since + shift) / step) * step - shift; at <= until; at += step) {
      const left = Math.round(x(at)) + 0.5;
      pen.beginPath();
      pen.moveTo(left, 20);
      pen.lineTo(left, height);
      pen.stroke();
      if (left > 24 && left < width - 24) pen.fillText(times.tick(at, step), left, 14);
    }
  }

  function paintLane(row, i) {
    pen.strokeStyle = colours.rule;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(0, y(i));
    pen.lineTo(width, y(i));
    pen.stroke();
    pen.fillStyle = colours.wrong;
    pen.globalAlpha = 0.2;
    for (const [start, end] of row.ill) {
      const from = Math.max(0, x(start)), to = Math.min(width, x(Math.min(end, Math.max(last, until))));
      if (to > from) pen.fillRect(from, y(i) - 3, to - from, 6);
    }
    pen.globalAlpha = 1;
  }

  function paintThread(thread) {
    const points = thread.stitches.map((s) => [x(Date.parse(s.at) / 1000), y(marks.lanes.indexOf(s.lane))]);
    if (points.length < 2) return;
    pen.strokeStyle = colours.wrong;
    pen.lineWidth = 2.2;
    pen.globalAlpha = thread.state === "closed" ? 0.55 : 1;
    pen.setLineDash([7, 4]);
    pen.beginPath();
    pen.moveTo(...points[0]);
    for (let i = 1; i < points.length; i++) {
      const [x0, y0] = points[i - 1], [x1, y1] = points[i], middle = (x0 + x1) / 2;
      pen.bezierCurveTo(middle, y0, middle, y1, x1, y1);
    }
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  function gather(_, row) {
    const found = marks.cells(row, since, until, ((until - since) / width) * CELL);
    for (const cell of found) Object.assign(cell, { x: x(cell.mark.ts), y: y(row) });
    return found;
  }

  function paintCell(cell) {
    const mark = cell.mark;
    if (cell.n > 1) {
      pen.globalAlpha = 0.45;
      pen.fillStyle = colours[mark.lane];
      const high = Math.min(BAR, 4 + 5 * Math.log2(cell.n));
      pen.fillRect(cell.x - 1.5, cell.y - high, 3, high);
      pen.globalAlpha = 1;
    }
    pen.translate(cell.x, cell.y);
    const path = paths[mark.guilty ? "cause" : mark.kind];
    pen.strokeStyle = colours.sheet;
    pen.lineWidth = 3;
    pen.stroke(path);
    pen.fillStyle = colour(mark);
    pen.fill(path);
    pen.translate(-cell.x, -cell.y);
  }

  function colour(mark) {
    if (mark.kind === "told") return colours.ink;
    const wrong = mark.guilty || (mark.incident && ["symptom", "alert", "failed_run"].includes(mark.kind));
    return wrong ? colours.wrong : colours[mark.lane];
  }

  function written(text, left, top) {
    pen.strokeStyle = colours.sheet;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, left, top);
    pen.fillText(text, left, top);
  }

  function paintTag(thread) {
    const first = thread.stitches[0];
    if (!first) return;
    const left = x(Date.parse(first.at) / 1000);
    if (left < -20 || left > width + 20) return;
    pen.font = `700 12px ${colours.font}`;
    pen.textAlign = "center";
    pen.fillStyle = colours.wrong;
    written(thread.id, Math.min(Math.max(left, 14), width - 14), y(marks.lanes.indexOf(first.lane)) - 16);
  }

  function paintNumbers() {
    pen.font = `650 11px ${colours.font}`;
    pen.textAlign = "center";
    pen.fillStyle = colours.ink;
    const free = {};
    for (const note of document.querySelectorAll(".notes li")) {
      const lane = note.querySelector(".domain").textContent, row = marks.lanes.indexOf(lane);
      const left = x(Date.parse(note.querySelector("time").dateTime) / 1000);
      if (row < 0 || left < 0 || left > width || left < (free[lane] ?? -Infinity)) continue;
      free[lane] = left + 14;
      written(note.value, left, y(row) + 21);
    }
  }

  function paintNames() {
    pen.font = `600 12px ${colours.font}`;
    pen.textAlign = "left";
    marks.lanes.forEach((lane, i) => {
      pen.fillStyle = colours[lane];
      written(names[lane] || lane, 0, TOP + i * LANE + 14);
    });
  }

  function paintChosen() {
    const cell = cells.find((c) => c.row === chosen.row && c.mark.id === chosen.id);
    if (!cell) return;
    pen.strokeStyle = colours.focus;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(cell.x, cell.y, 13, 0, 7);
    pen.stroke();
  }

  // -- moving ----------------------------------------------------------------
  function show(from, to) {
    const span = Math.min(Math.max(to - from, SHORTEST), LONGEST), middle = (from + to) / 2;
    since = middle - span / 2;
    until = middle + span / 2;
    hint.hidden = true; // it spoke of a place that moved
    draw();
  }
  function pan(share) { const by = (until - since) * share; show(since + by, until + by); }
  function zoom(factor, share = 0.5) {
    const at = since + (until - since) * share;
    show(at - (at - since) * factor, at + (until - at) * factor);
  }

  function text(cell) {
    const more = cell.n > 1 ? `, and ${(cell.n - 1).toLocaleString("en")} more` : "";
    const mark = cell.mark;
    return `${times.clock(mark.ts)} ${mark.lane}: ${short(mark.text)}${more}${mark.incident ? ` (${mark.incident})` : ""}`;
  }
  const short = (said) => said.replace(/\b(?:(?:dataset|column):)?[a-z][a-z0-9+.-]*:\/\/[^\s,;]*\/(?=[^\s/])/g, "");

  function open(cell) {
    const then = box.dataset.then ? `?as_of=${encodeURIComponent(box.dataset.then)}` : "";
    const mark = cell.mark;
    if (mark.incident && mark.incident !== box.dataset.incident) location.href = `/incidents/${encodeURIComponent(mark.incident)}${then}`;
    else if (cell.n > 1 && until - since > SHORTEST * 2) zoom(0.2, cell.x / width);
    else if (mark.seq) location.href = `/deliveries/${mark.seq}${then}`;
  }

  function choose(cell) {
    chosen = cell && { row: cell.row, id: cell.mark.id };
    if (cell) { point(cell); voice.textContent = text(cell); }
    draw();
  }
  function step(by) {
    const seen = cells.filter((c) => c.x >= 0 && c.x <= width).sort((a, b) => a.x - b.x || a.row - b.row);
    if (!seen.length) return;
    const at = chosen ? seen.findIndex((c) => c.row === chosen.row && c.mark.id === chosen.id) : -1;
    choose(seen[at < 0 ? (by > 0 ? 0 : seen.length - 1) : Math.min(Math.max(at + by, 0), seen.length - 1)]);
  }

  function point(cell) {
    hint.hidden = !cell;
    if (!cell) return;
    hint.textContent = text(cell);
    const left = Math.min(Math.max(cell.x - hint.offsetWidth / 2, 0), Math.max(width - hint.offsetWidth, 0));
    // set through the object model, which the content security policy allows; no markup carries a style
    hint.style.left = `${left}px`;
    hint.style.top = `${cell.y + 16}px`;
  }
  function near(event) {
    const at = canvas.getBoundingClientRect(), left = event.clientX - at.left, top = event.clientY - at.top;
    let best = null, least = 14;
    for (const cell of cells) {
      const away = Math.hypot(cell.x - left, (cell.y - top) / 1.6);
      if (away < least) { least = away; best = cell; }
    }
    return best;
  }

  // -- hands -----------------------------------------------------------------
  const held = new Map(); // pointers that are down, by id
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, event.clientX);
    moved = 0;
    box.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) { point(near(event)); return; }
    const before = held.get(event.pointerId);
    moved += Math.abs(event.clientX - before);
    if (held.size === 1) pan((before - event.clientX) / width);
    else {
      const other = [...held].find(([id]) => id !== event.pointerId)[1], at = canvas.getBoundingClientRect().left;
      const apart = Math.max(Math.abs(event.clientX - other), 8);
      zoom(Math.max(Math.abs(before - other), 8) / apart, (other - at) / width);
    }
    held.set(event.pointerId, event.clientX);
    hint.hidden = true;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      const was = held.delete(event.pointerId);
      box.classList.toggle("held", held.size > 0);
      if (was && name === "pointerup" && moved < 4) {
        const cell = near(event);
        if (cell) open(cell);
      }
    });
  }
  canvas.addEventListener("pointerleave", () => { hint.hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (!event.ctrlKey && !event.metaKey && !sideways) return; // the page scrolls
    event.preventDefault();
    if (sideways && !event.ctrlKey) pan((event.deltaX || event.deltaY) / width);
    else zoom(Math.exp(event.deltaY * 0.004), (event.clientX - canvas.getBoundingClientRect().left) / width);
  }, { passive: false });
  const keys = {
    ArrowLeft: () => pan(-0.1), ArrowRight: () => pan(0.1), "+": () => zoom(0.7), "=": () => zoom(0.7),
    "-": () => zoom(1 / 0.7), 0: () => show(whole.since, whole.until), ArrowUp: () => step(-1), ArrowDown: () => step(1),
    Enter: () => { const cell = chosen && cells.find((c) => c.row === chosen.row && c.mark.id === chosen.id); if (cell) open(cell); },
    Escape: () => { choose(null); hint.hidden = true; },
  };
  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== box || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  // -- beginning -------------------------------------------------------------
  const names = {};
  for (const name of box.querySelectorAll("text.name")) names[name.classList[1]] = name.textContent;

  function look() {
    const style = getComputedStyle(box);
    for (const name of ["rule", "soft", "ink", "wrong", "sheet", "focus", "dev", "platform", "support", "data", "vendor"]) {
      colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    colours.font = style.fontFamily;
    draw();
  }
  function measure() {
    width = box.clientWidth;
    height = TOP + LANE * Math.max(marks.lanes.length, 4);
    draw();
  }

  function begin() {
    box.append(canvas, hint, voice);
    box.classList.add("quick");
    box.tabIndex = 0;
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", "Lanes over time. Left and right pan, plus and minus zoom, zero shows all, " +
      "up and down go from sign to sign, Enter opens.");
    box.addEventListener("keydown", key);
    box.addEventListener("blur", () => { hint.hidden = true; });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
    new ResizeObserver(measure).observe(box);
    controls();
    measure();
    look();
    performance.mark("lanes-ready");
  }
  function controls() {
    const bar = document.createElement("span");
    bar.className = "zoom";
    for (const [sign, name, act] of [["−", "Zoom out", () => zoom(1 / 0.6)], ["+", "Zoom in", () => zoom(0.6)]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign, title: name });
      button.setAttribute("aria-label", name);
      button.addEventListener("click", act);
      bar.append(button);
    }
    const said = document.createElement("span");
    said.className = "keys";
    for (const part of ["←→", " pan  ", "+−", " zoom  ", "↑↓", " step  ", "Enter", " open"]) {
      said.append(part.startsWith(" ") ? part : Object.assign(document.createElement("kbd"), { textContent: part }));
    }
    document.querySelector(".legend").append(said, bar);
  }

  document.addEventListener("seamline:news", () => load());
  load();
}
