// Under the picture: the sound's outline, who speaks, a metric a second. Drawn from what was measured, empty otherwise.

import { element } from "./format.js";
import { Words } from "./words.js";

const WIDTH = 1000;

export class Tracks {
  constructor(place, { onSeek }) {
    this.place = place;
    this.wave = place.querySelector("[data-wave]");
    this.lanes = place.querySelector("[data-lanes]");
    this.strip = place.querySelector("[data-strip]");
    this.heads = place.querySelectorAll("[data-playhead]");
    this.words = new Words(place.querySelector("[data-words]"));
    place.addEventListener("pointerdown", (event) => {
      const target = event.target.closest("[data-timeline]");
      if (!target) return;
      const box = target.getBoundingClientRect();
      onSeek(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)));
    });
  }

  // What is known of an item may come later than the item; an answer for another item is let go.
  async show(item, known) {
    this.item = item;
    this.clear(item);
    known.waveform.then((waveform) => this.item === item && waveform && this.drawWave(waveform));
    const context = await known.context;
    if (this.item !== item) return;
    if (context) this.drawLanes(context, item);
    this.drawStrip(context?.strip, item);
    this.words.set(context?.transcript ?? []);
  }

  clear(item) {
    const clip = item.clips[0];
    this.wave.replaceChildren(note(clip.has_sound === false ? "no sound in this source" : ""));
    this.lanes.replaceChildren();
    this.strip.replaceChildren();
    // The strip's and the words' places stay as they are until it is known whether this clip has any: nothing jumps.
    this.words.clear();
    this.at(0, 0);
  }

  at(share, time) {
    for (const head of this.heads) {
      head.setAttribute("x1", (share * WIDTH).toFixed(1));
      head.setAttribute("x2", (share * WIDTH).toFixed(1));
    }
    this.words.follow(time + (this.item?.clips[0].start_s ?? 0));
  }

  drawWave({ low, high }) {
    const middle = 24;
    const step = WIDTH / Math.max(1, high.length);
    let path = "";
    high.forEach((top, index) => {
      if (top === null) return;
      const x = (index * step).toFixed(1);
      const up = (middle - Math.max(0.6, (top / 100) * 22)).toFixed(1);
      const down = (middle - Math.min(-0.6, (low[index] / 100) * 22)).toFixed(1);
      path += `M${x} ${up}V${down}`;
    });
    this.wave.replaceChildren(element("svg:path", { d: path, class: "wave-line" }));
  }

  drawLanes(context, item) {
    this.lanes.replaceChildren();
    const clip = item.clips[0];
    const length = clip.end_s - clip.start_s;
    const height = 10;
    context.lanes.slice(0, 4).forEach((lane, row) => {
      for (const [start, end] of lane.spans) {
        const from = Math.max(0, (start - clip.start_s) / length);
        const to = Math.min(1, (end - clip.start_s) / length);
        if (to <= from) continue;
        const bar = element("svg:rect", {
          class: `lane lane-${lane.off_screen ? "off" : row % 4}`,
          x: (from * WIDTH).toFixed(1),
          y: row * height + 2,
          width: ((to - from) * WIDTH).toFixed(1),
          height: height - 3,
          rx: 2,
        });
        bar.append(element("svg:title", {}, lane.label));
        this.lanes.append(bar);
      }
    });
    const frame = this.lanes.closest("svg");
    const rows = Math.min(4, context.lanes.length);
    frame.setAttribute("viewBox", `0 0 ${WIDTH} ${Math.max(1, rows) * height}`);
    frame.dataset.rows = String(rows);
    frame.setAttribute("aria-label", rows ? `speakers: ${context.lanes.map((lane) => lane.label).join(", ")}` : "no speaker was found");
  }

  drawStrip(strip, item) {
    const frame = this.strip.closest("[data-strip-frame]");
    frame.hidden = !strip?.values?.length;
    if (frame.hidden) return;
    frame.querySelector("[data-strip-name]").textContent = strip.label;
    const clip = item.clips[0];
    const known = strip.values.filter((one) => one.value !== null);
    const edges = [...known.map((one) => one.value), ...(strip.threshold === null ? [] : [strip.threshold])];
    const low = Math.min(...edges);
    const high = Math.max(...edges);
    const place = (value) => (high === low ? 14 : 26 - ((value - low) / (high - low)) * 24);
    const x = (time) => (((time - clip.start_s) / clip.duration_s) * WIDTH).toFixed(1);
    const path = known.map((one, index) => `${index ? "L" : "M"}${x(one.time_s)} ${place(one.value).toFixed(1)}`).join("");
    this.strip.replaceChildren(element("svg:path", { d: path, class: "strip-line" }));
    if (strip.threshold !== null) {
      const y = place(strip.threshold).toFixed(1);
      this.strip.prepend(element("svg:line", { class: "strip-threshold", x1: 0, x2: WIDTH, y1: y, y2: y }));
    }
    const worst = known.reduce((a, b) => (strip.higher_is_better === b.value < a.value ? b : a), known[0]);
    if (worst) {
      const mark = element("svg:line", { class: "strip-worst", x1: x(worst.time_s), x2: x(worst.time_s), y1: place(worst.value).toFixed(1), y2: 28 });
      mark.append(element("svg:title", {}, `worst second: ${worst.value.toFixed(1)}`));
      this.strip.append(mark);
    }
  }
}

function note(text) {
  return element("svg:text", { x: WIDTH / 2, y: 28, class: "wave-note", "text-anchor": "middle" }, text);
}
