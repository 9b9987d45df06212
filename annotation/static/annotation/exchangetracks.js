// Under the two pictures: who spoke around the exchange, and the exchange itself, large enough to see its gap.

import { count, element } from "./format.js";
import { Words } from "./words.js";

const WIDTH = 1000;
const MOST_ROWS = 6;
const LEAST_AROUND_S = 0.5;
const MOST_AROUND_S = 2;
const STEPS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 5];
const MOST_STEPS = 10;

// The pause between the two, or how long they speak at once, in whole milliseconds.
export function gapText(gap_s) {
  const ms = Math.round(gap_s * 1000);
  if (ms === 0) return "no gap, no overlap";
  return ms < 0 ? `overlap ${count(-ms)} ms` : `gap ${count(ms)} ms`;
}

// From where to where the close look goes: the gap or overlap, with about as much again on both sides.
export function closeSpan(end_a, start_b) {
  const [from, to] = [Math.min(end_a, start_b), Math.max(end_a, start_b)];
  const around = Math.min(MOST_AROUND_S, Math.max(LEAST_AROUND_S, to - from));
  return [from - around, to + around];
}

export class ExchangeTracks {
  constructor(place) {
    this.wide = lanes(place.querySelector("[data-wide]"));
    this.close = lanes(place.querySelector("[data-close]"));
    this.gap = place.querySelector("[data-gap]");
    this.scale = place.querySelector("[data-scale]");
    this.words = new Words(place.querySelector("[data-words]"));
  }

  async show(item, known) {
    this.item = item;
    this.context = null;
    this.#draw(item.clips);
    const context = await known.context;
    if (this.item !== item) return;
    this.context = context;
    this.#draw(this.clips);
  }

  // Another responder is on the screen.
  redraw(clips) {
    if (this.item) this.#draw(clips);
  }

  at(share) {
    this.share = share;
    if (!this.clips) return;
    const now = this.start + share * (this.end - this.start);
    this.words.follow(now);
    for (const { head, span } of [this.wide, this.close]) {
      const x = at(now, span);
      head.setAttribute("x1", x);
      head.setAttribute("x2", x);
    }
  }

  #draw(clips) {
    this.clips = clips;
    const [a, b] = clips;
    this.start = Math.min(a.start_s, b.start_s);
    this.end = Math.max(a.end_s, b.end_s);
    this.#words(a, b);
    const around = this.context?.around_s ?? 2;
    const rows = [
      { label: "A", spans: [[a.start_s, a.end_s]], kind: "lane-a" },
      { label: "B", spans: [[b.start_s, b.end_s]], kind: "lane-b" },
      ...(this.context?.lanes ?? []).map((lane) => ({ ...lane, kind: lane.off_screen ? "lane-off" : "lane-other" })),
    ].slice(0, MOST_ROWS);
    const [from, to] = closeSpan(a.end_s, b.start_s);
    const between = [Math.min(a.end_s, b.start_s), Math.max(a.end_s, b.start_s)];
    const gap = b.start_s - a.end_s;
    paint(this.wide, [this.start - around, this.end + around], rows, [from, to], "lane-window");
    paint(this.close, [from, to], rows.slice(0, 2), between, gap < 0 ? "lane-overlap" : "lane-gap");
    this.gap.textContent = gapText(gap);
    this.gap.classList.toggle("gap-overlap", gap < 0);
    this.#ruler(from, to);
    this.at(this.share ?? 0);
  }

  #words(a, b) {
    const inside = (clip, word) => word.start_s >= clip.start_s && word.start_s < clip.end_s;
    const said = (this.context?.transcript ?? []).filter((word) => inside(a, word) || inside(b, word));
    this.words.set(said, (word) => (inside(a, word) ? (inside(b, word) ? "" : "word-a") : "word-b"));
  }

  // Times under the close look, counted from the moment at which A ends.
  #ruler(from, to) {
    const zero = this.clips[0].end_s;
    const step = STEPS_S.find((one) => (to - from) / one <= MOST_STEPS) ?? STEPS_S.at(-1);
    this.scale.replaceChildren();
    for (let number = Math.ceil((from - zero) / step); number <= Math.floor((to - zero) / step); number += 1) {
      const share = (zero + number * step - from) / (to - from);
      if (share < 0.03 || share > 0.97) continue;
      const ms = Math.round(number * step * 1000);
      const mark = element("span", { class: "scale-mark" }, ms === 0 ? "A ends" : `${ms > 0 ? "+" : "−"}${count(Math.abs(ms))} ms`);
      mark.style.setProperty("left", `${(share * 100).toFixed(2)}%`);
      this.scale.append(mark);
    }
  }
}

function lanes(place) {
  return {
    frame: place,
    rows: place.querySelector("[data-lanes]"),
    names: place.querySelector("[data-lane-names]"),
    head: place.querySelector("[data-playhead]"),
    span: [0, 1],
  };
}

function at(time, [from, to]) {
  return (((time - from) / (to - from)) * WIDTH).toFixed(1);
}

// A bar per span and row; behind them the stretch that the eye shall find.
function paint(diagram, span, rows, stretch, kind) {
  diagram.span = span;
  const high = 16;
  const marks = [];
  const [left, right] = stretch.map((time) => Number(at(time, span)));
  marks.push(element("svg:rect", { class: kind, x: left, y: 0, width: Math.max(1, right - left), height: rows.length * high }));
  rows.forEach((row, number) => {
    for (const [from, to] of row.spans) {
      const x = Math.max(0, Number(at(from, span)));
      const width = Math.min(WIDTH, Number(at(to, span))) - x;
      if (width <= 0) continue;
      const bar = element("svg:rect", { class: row.kind, x, y: number * high + 3, width, height: high - 6 });
      bar.append(element("svg:title", {}, row.label));
      marks.push(bar);
    }
  });
  if (kind !== "lane-window") {
    for (const x of [left, right]) marks.push(element("svg:line", { class: "lane-edge", x1: x, x2: x, y1: 0, y2: rows.length * high }));
  }
  diagram.rows.replaceChildren(...marks);
  diagram.names.replaceChildren(...rows.map((row) => element("span", { class: "lane-name", title: row.label }, row.label)));
  diagram.frame.dataset.rows = String(rows.length);
  diagram.rows.closest("svg").setAttribute("viewBox", `0 0 ${WIDTH} ${rows.length * high}`);
  diagram.head.setAttribute("y2", String(rows.length * high));
}
