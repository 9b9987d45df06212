// Face boxes and landmarks over the picture, where they were measured; the clip's own person stands out.

import { element } from "./format.js";

const NEAR_S = 0.15;
const LANDMARKS = 5;

export class Boxes {
  // `on` from the start where the question is about whose face it is.
  constructor(svg, button, { on = false } = {}) {
    this.svg = svg;
    this.button = button;
    this.on = on;
    this.tracks = [];
    this.#paint();
  }

  async show(item, known) {
    this.item = item;
    this.tracks = [];
    this.svg.replaceChildren();
    this.button.hidden = true;
    const context = await known.context;
    if (this.item !== item || !context?.boxes?.length) return;
    const media = item.clips[0].media;
    // The picture keeps its shape inside the stage; so does the drawing over it.
    this.width = media?.width || 16;
    this.height = media?.height || 9;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.button.hidden = false;
    const letters = lettered(context.boxes);
    this.tracks = context.boxes.map((track) => {
      const rect = element("svg:rect", { class: track.own ? "face face-own" : "face", rx: 4 });
      const dots = Array.from({ length: LANDMARKS }, () => element("svg:circle", { class: track.own ? "face-dot face-own" : "face-dot", r: Math.max(2, this.height / 180) }));
      const letter = element("svg:text", { class: "face-letter", "font-size": this.height / 14 }, letters.get(track.track) ?? "");
      this.svg.append(rect, ...dots, letter);
      return { ...track, rect, dots, letter };
    });
    this.at(0);
  }

  toggle() {
    if (this.button.hidden) return;
    this.on = !this.on;
    this.#paint();
  }

  #paint() {
    this.button.setAttribute("aria-pressed", String(this.on));
    this.svg.classList.toggle("boxes-on", this.on);
  }

  at(time) {
    for (const track of this.tracks) {
      this.#dots(track, time);
      const index = nearest(track.times, time);
      const here = index >= 0 && Math.abs(track.times[index] - time) <= NEAR_S;
      for (const one of [track.rect, track.letter]) one.classList.toggle("face-here", here);
      if (!here) continue;
      const [left, top, wide, high] = track.boxes[index];
      track.rect.setAttribute("x", left * this.width);
      track.rect.setAttribute("y", top * this.height);
      track.rect.setAttribute("width", wide * this.width);
      track.rect.setAttribute("height", high * this.height);
      track.letter.setAttribute("x", left * this.width + this.height / 60);
      track.letter.setAttribute("y", top * this.height + this.height / 14);
    }
  }

  #dots(track, time) {
    const { times, points } = track.landmarks;
    const index = nearest(times, time);
    const here = index >= 0 && Math.abs(times[index] - time) <= NEAR_S;
    track.dots.forEach((dot, number) => {
      dot.classList.toggle("face-here", here);
      if (!here) return;
      dot.setAttribute("cx", points[index][number][0] * this.width);
      dot.setAttribute("cy", points[index][number][1] * this.height);
    });
  }
}

// The two faces that fill most of the clip are A and B, from left to right; a single one needs no letter.
function lettered(tracks) {
  const mean = (track, value) => track.boxes.reduce((sum, box) => sum + value(box), 0) / Math.max(1, track.boxes.length);
  const weight = (track) => track.boxes.reduce((sum, [, , wide, high]) => sum + wide * high, 0);
  const two = [...tracks].sort((a, b) => weight(b) - weight(a)).slice(0, 2);
  if (two.length < 2) return new Map();
  two.sort((a, b) => mean(a, ([left]) => left) - mean(b, ([left]) => left));
  return new Map(two.map((track, place) => [track.track, "AB"[place]]));
}

function nearest(times, time) {
  let best = -1;
  times.forEach((one, index) => {
    if (best < 0 || Math.abs(one - time) < Math.abs(times[best] - time)) best = index;
  });
  return best;
}
