// Two rows of clips, a person each, all moving at once: is it one person? A clip that shows somebody else can be marked.

import { Watched } from "./activity.js";
import { element } from "./format.js";
import { stepped } from "./frames.js";
import { still } from "./motion.js";

export const ROW_KEYS = ["qwerty", "asdfgh"];
const SPEEDS = [0.5, 1, 1.5, 2];

// Why an answer does not go with the marks on the sheet; null where it does.
export function contradiction(answer, details, clips = []) {
  const marked = details?.outliers?.length;
  const whole = [0, 1].find((row) => clips.some((clip) => clip.row === row) && clips.every((clip) => clip.row !== row || details?.outliers?.includes(clip.id)));
  if (answer === "mixed" && whole !== undefined) return `You marked all of row ${"AB"[whole]}: leave unmarked whoever the row is about. If the rows are two people, they are different.`;
  if (answer === "mixed" && !marked) return "Mark the clips that show somebody else first, by their keys.";
  if (answer === "same" && marked) return "You marked clips as somebody else. Take the marks back, or say that a row is mixed.";
  return null;
}

export class Sheet extends EventTarget {
  constructor({ rows, counts, stage, speeds, sound, play }) {
    super();
    Object.assign(this, { rows, counts, stage, parts: { speeds, sound, play } });
    this.speed = 1;
    this.tiles = [];
    this.heard = -1;
    const tick = () => {
      for (const tile of this.tiles) tile.watched.at(tile.video.currentTime, !tile.video.paused && !tile.video.seeking);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // The next sheet's videos load while this one is looked at.
  prepare(item) {
    if (this.ready?.item === item || !item.here) return;
    this.ready = { item, tiles: this.#made(item) };
  }

  show(item, { since = null } = {}) {
    this.showing = item;
    this.rest();
    this.showing = item;
    this.tiles = this.ready?.item === item ? this.ready.tiles : this.#made(item);
    this.ready = null;
    this.heard = -1;
    this.rows.forEach((row, number) => {
      const mine = this.tiles.filter((tile) => tile.row === number);
      row.replaceChildren(...mine.map((tile) => tile.figure));
      row.dataset.tiles = String(mine.length);
      this.counts[number].textContent = `${mine.length} clip${mine.length === 1 ? "" : "s"}`;
    });
    for (const tile of this.tiles) this.#press(tile);
    this.setSpeed(1);
    this.#begin();
    if (since !== null) {
      this.tiles[0]?.video.requestVideoFrameCallback?.((now) => performance.measure("key-to-frame", { start: since, end: Math.max(now, since) }));
    }
  }

  // Clips whose bytes came after their address had failed.
  mend(item) {
    if (this.showing !== item) return;
    for (const { video, clip } of this.tiles) if (video.error && clip.source) video.src = clip.source;
    if (this.playing) this.play();
    else this.#begin();
  }

  // A new sheet moves by itself, unless its rater asked for less motion.
  #begin() {
    if (!still()) {
      this.play();
      return;
    }
    this.stage.classList.add("stage-waits");
    this.#paint(false);
  }

  watchedShare() {
    const shares = this.tiles.map((tile) => tile.watched.share());
    return shares.length ? Math.round((shares.reduce((a, b) => a + b, 0) / shares.length) * 1000) / 1000 : 0;
  }

  // Mark the clip on this key as somebody else, or take the mark back, and with it the other clips of its track: a track
  // follows one face. How many went together; 0 where no clip has the key.
  mark(row, place) {
    const tile = this.tiles.filter((one) => one.row === row)[place];
    if (!tile) return 0;
    const marked = new Set(this.showing.details?.outliers ?? []);
    const wanted = !marked.has(tile.clip.id);
    const together = this.tiles.filter((one) => one === tile || (tile.clip.track && one.clip.track === tile.clip.track));
    for (const one of together) {
      if (wanted) marked.add(one.clip.id);
      else marked.delete(one.clip.id);
      this.showing.details = marked.size ? { outliers: [...marked] } : {};
    }
    for (const one of together) this.#press(one);
    return together.length;
  }

  // The clip that a report would be about: the one that is heard, else the only one marked.
  reported() {
    if (this.heard >= 0) return this.tiles[this.heard].clip.id;
    const marked = this.showing?.details?.outliers ?? [];
    return marked.length === 1 ? marked[0] : null;
  }

  // One clip after the other can be heard; the rest stay quiet.
  hearNext() {
    this.heard = this.tiles.length ? (this.heard + 1) % this.tiles.length : -1;
    this.#sound(true);
  }

  toggleSound() {
    if (this.heard < 0) this.hearNext();
    else this.#sound(this.tiles[this.heard].video.muted);
  }

  play() {
    this.stage.classList.remove("stage-waits"); // the key is answered at once, however long the first frame takes
    for (const { video } of this.tiles) {
      video.play().catch((error) => error.name === "NotAllowedError" && this.stage.classList.add("stage-waits"));
    }
    this.#paint(true);
  }

  pause() {
    for (const { video } of this.tiles) video.pause();
    this.#paint(false);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  forward() {
    if (this.playing) this.faster();
    else this.play();
  }

  back() {
    for (const { video } of this.tiles) video.currentTime = Math.max(0, video.currentTime - 1);
  }

  step(by) {
    this.pause();
    for (const { video, clip } of this.tiles) {
      const to = stepped(clip.media?.timestamps, video.currentTime, by, video.duration || clip.duration_s);
      if (to !== null) video.currentTime = to;
    }
    return this.tiles.every(({ clip }) => clip.media?.timestamps?.length);
  }

  faster() {
    this.setSpeed(SPEEDS.find((speed) => speed > this.speed) ?? this.speed);
  }

  slower() {
    this.setSpeed(SPEEDS.findLast((speed) => speed < this.speed) ?? this.speed);
  }

  setSpeed(speed) {
    this.speed = speed;
    for (const { video } of this.tiles) video.playbackRate = speed;
    this.#paint(this.playing);
  }

  rest() {
    for (const { video } of this.tiles) video.pause();
    this.tiles = [];
    this.showing = null;
  }

  #made(item) {
    const places = [0, 0];
    return item.clips.map((clip) => {
      const key = ROW_KEYS[clip.row][places[clip.row]++];
      const video = element("video", { class: "take take-seen", playsinline: true, loop: !still(), preload: "auto", "aria-hidden": true });
      video.muted = true;
      video.disablePictureInPicture = true;
      const source = clip.source ?? clip.media?.url;
      if (source) video.src = source;
      const frame = element("svg:svg", { class: "sheet-box", viewBox: `0 0 ${clip.media?.width || 16} ${clip.media?.height || 9}`, "aria-hidden": true });
      if (clip.box) {
        const [left, top, wide, high] = clip.box;
        const [w, h] = [clip.media?.width || 16, clip.media?.height || 9];
        frame.append(element("svg:rect", { class: "face face-own face-here", x: left * w, y: top * h, width: wide * w, height: high * h, rx: 4 }));
      }
      const button = element("button", { type: "button", class: "sheet-mark", "aria-keyshortcuts": key }, element("kbd", {}, key), element("span", { class: "sheet-word" }, "somebody else"));
      const figure = element("figure", { class: "sheet-tile" }, video, frame, button);
      const tile = { clip, row: clip.row, video, figure, button, watched: new Watched(clip.duration_s) };
      video.addEventListener("ended", () => this.tiles.every((one) => one.video.ended || one.video.paused) && this.#paint(false));
      video.addEventListener("error", () => {
        if (video.src && this.tiles.includes(tile)) this.dispatchEvent(new CustomEvent("broken", { detail: { here: Boolean(this.showing?.here) } }));
      });
      button.addEventListener("click", () => {
        this.mark(tile.row, this.tiles.filter((one) => one.row === tile.row).indexOf(tile));
        button.blur();
      });
      return tile;
    });
  }

  #press(tile) {
    const marked = (this.showing?.details?.outliers ?? []).includes(tile.clip.id);
    tile.figure.classList.toggle("sheet-marked", marked);
    tile.button.setAttribute("aria-pressed", String(marked));
  }

  #sound(on) {
    this.tiles.forEach((tile, place) => {
      tile.video.muted = !(on && place === this.heard);
      tile.figure.classList.toggle("sheet-heard", on && place === this.heard);
    });
    this.#paint(this.playing);
  }

  #paint(playing) {
    this.playing = playing;
    const { speeds, sound, play } = this.parts;
    for (const button of speeds) button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === this.speed));
    sound.setAttribute("aria-pressed", String(this.heard >= 0 && !this.tiles[this.heard]?.video.muted));
    play.dataset.playing = String(Boolean(playing));
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
  }
}
