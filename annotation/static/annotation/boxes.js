// Face boxes and landmarks over the picture, where they were measured; the clip's own person stands out.

import { element } from "./format.js";

const NEAR_S = 0.15;
const LANDMARKS = 5;

export class Boxes {
  constructor(svg, button) {
    this.svg = svg;
    this.button = button;
    this.on = false;
    this.tracks = [];
  }

  async show(item, known) {
    this.item = item;
    this.tracks = [];
    this.svg.replaceChildren();
    this.button.hidden = true;
    const around = await known;
    if (this.item !== item || !around?.context?.boxes?.length) return;
    const media = item.clips[0].media;
    // The picture keeps its shape inside the stage; so does the drawing over it.
    this.width = media?.width || 16;
    this.height = media?.height || 9;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.button.hidden = false;
    this.tracks = around.context.boxes.map((track) => {
      const rect = element("svg:rect", { class: track.own ? "face face-own" : "face", rx: 4 });
      const dots = Array.from({ length: LANDMARKS }, () => element("svg:circle", { class: track.own ? "face-dot face-own" : "face-dot", r: Math.max(2, this.height / 180) }));
      this.svg.append(rect, ...dots);
      return { ...track, rect, dots };
    });
    this.at(0);
  }

  toggle() {
    if (this.button.hidden) return;
    this.on = !this.on;
    this.button.setAttribute("aria-pressed", String(this.on));
    this.svg.classList.toggle("boxes-on", this.on);
  }

  at(time) {
    for (const track of this.tracks) {
      this.#dots(track, time);
      const index = nearest(track.times, time);
      const here = index >= 0 && Math.abs(track.times[index] - time) <= NEAR_S;
      track.rect.classList.toggle("face-here", here);
      if (!here) continue;
      const [left, top, wide, high] = track.boxes[index];
      track.rect.setAttribute("x", left * this.width);
      track.rect.setAttribute("y", top * this.height);
      track.rect.setAttribute("width", wide * this.width);
      track.rect.setAttribute("height", high * this.height);
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

function nearest(times, time) {
  let best = -1;
  times.forEach((one, index) => {
    if (best < 0 || Math.abs(one - time) < Math.abs(times[best] - time)) best = index;
  });
  return best;
}
