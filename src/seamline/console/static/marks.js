// What happened, by lane and in order of time, as the server said it and later amended it.

const KINDS = ["symptom", "told", "alert", "failed_run", "change", "ticket", "run"]; // the weightiest first

export class Marks {
  #known = new Map(); // by id
  lanes = [];
  rows = []; // per lane: its marks by time, their times, their weights, the spans in which it was ill

  // Takes a window of the lanes, whole or only what changed since the last one.
  take(found) {
    for (const [id, mark] of this.#known) {
      if (mark.strength || mark.kind === "told") this.#known.delete(id); // an opinion: said anew each time
      else Object.assign(mark, { incident: "", guilty: false });
    }
    for (const mark of found.marks) {
      mark.ts = Date.parse(mark.at) / 1000;
      mark.end = mark.until ? Date.parse(mark.until) / 1000 : Infinity;
      this.#known.set(mark.id, mark);
    }
    if (found.lanes.length > this.lanes.length) this.lanes = found.lanes; // a lane that is there stays
    this.#index();
  }

  #index() {
    const all = [...this.#known.values()];
    this.rows = this.lanes.map((lane) => {
      const marks = all.filter((m) => m.lane === lane).sort((a, b) => a.ts - b.ts);
      return {
        marks,
        ts: Float64Array.from(marks, (m) => m.ts),
        weight: Uint8Array.from(marks, (m) => (m.guilty ? 0 : m.incident ? 10 : 20) + KINDS.indexOf(m.kind)),
        ill: spans(marks),
      };
    });
  }

  // One cell for all marks of a lane that share `span` seconds, the weightiest as its `mark`. Cells lie fast in time, so
  // that a sign keeps its company while the window moves.
  cells(row, since, until, span) {
    const { marks, ts, weight } = this.rows[row], out = [];
    const to = firstFrom(ts, until + span);
    let cell = null, best = 0;
    for (let k = firstFrom(ts, since - span); k < to; k++) {
      const at = Math.floor(ts[k] / span);
      if (!cell || cell.at !== at) {
        best = k;
        out.push((cell = { at, row, n: 0, mark: marks[k] }));
      }
      cell.n++;
      if (weight[k] < weight[best]) cell.mark = marks[(best = k)];
    }
    return out;
  }
}

function spans(marks) {
  const out = [];
  for (const m of marks) {
    if (!m.incident || !m.strength) continue;
    const before = out[out.length - 1];
    if (before && m.ts <= before[1]) before[1] = Math.max(before[1], m.end);
    else out.push([m.ts, m.end]);
  }
  return out;
}

function firstFrom(ts, at) {
  let low = 0, high = ts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ts[middle] < at) low = middle + 1; else high = middle;
  }
  return low;
}
