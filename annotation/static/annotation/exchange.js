// Two clips of one source on one clock: the exchange is heard as it happened, gap and overlap included.

import { Watched } from "./activity.js";
import { clock } from "./format.js";
import { stepped } from "./frames.js";
import { still } from "./motion.js";

const DRIFT_S = 0.08;
const SPEEDS = [0.5, 1, 1.5, 2];

export class Exchange extends EventTarget {
  constructor({ stage, takes, time, speeds, loop, sound, play }) {
    super();
    Object.assign(this, { stage, takes, time, parts: { speeds, loop, sound, play } });
    this.speed = 1;
    this.looping = !still();
    this.at = 0;
    this.running = false;
    this.only = null;
    this.swapped = false;
    takes.forEach((video, side) => {
      video.addEventListener("error", () => {
        if (!video.src) return;
        const clip = this.clips?.[side];
        // The address failed after the clip's bytes had come: nothing else would ask for them.
        if (clip?.source && video.dataset.source === clip.media?.url) this.mend(this.showing);
        else this.dispatchEvent(new CustomEvent("broken", { detail: { here: Boolean(this.showing?.here) } }));
      });
    });
    const tick = (now) => {
      this.#tick(now);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // Both pictures are on the screen at once, so nothing can wait behind them; the bytes are in memory already.
  prepare() {}

  show(item, { since = null } = {}) {
    this.showing = item;
    this.place = 0;
    this.chosen = null;
    this.#take(item.clips);
    this.#begin();
    if (since !== null) {
      this.takes[0].requestVideoFrameCallback?.((now) => performance.measure("key-to-frame", { start: since, end: Math.max(now, since) }));
    }
  }

  mend(item) {
    if (this.showing === item && this.takes.some((video) => video.error)) this.#take(this.clips);
  }

  #take(clips) {
    this.clips = clips;
    this.start = Math.min(...clips.map((clip) => clip.start_s));
    this.end = Math.max(...clips.map((clip) => clip.end_s));
    this.watched = new Watched(this.end - this.start);
    clips.forEach((clip, side) => {
      const source = clip.source ?? clip.media?.url ?? "";
      const video = this.takes[side];
      if (video.dataset.source !== source) {
        video.dataset.source = source;
        video.src = source;
      }
      video.classList.add("take-seen");
    });
    // Each picture has the room of its own shape: both as high as each other, nothing black around them.
    const shapes = clips.map((clip) => (clip.media?.width && clip.media?.height ? clip.media.width / clip.media.height : 16 / 9));
    this.stage.style.setProperty("--shapes", String(shapes[0] + shapes[1]));
    this.takes.forEach((video, side) => video.parentElement.style.setProperty("--shape", String(shapes[side])));
    this.dispatchEvent(new CustomEvent("clips", { detail: clips }));
    this.#paint();
  }

  watchedShare() {
    return this.watched.share();
  }

  // The clip that a report would be about: whoever is on now, A before anybody is.
  reported() {
    const now = this.start + this.at;
    const on = this.only ?? this.clips.findIndex((clip) => now >= clip.start_s && now < clip.end_s);
    return this.clips[Math.max(0, on)].id;
  }

  get duration() {
    return this.end - this.start;
  }

  // A new exchange plays by itself, unless its rater asked for less motion.
  #begin() {
    if (!still()) {
      this.playExchange();
      return;
    }
    this.only = null;
    this.at = 0;
    this.pause();
    this.stage.classList.add("stage-waits");
  }

  playExchange() {
    this.only = null;
    this.#from(0);
  }

  playOne(side) {
    this.only = side;
    this.#from(this.clips[side].start_s - this.start);
  }

  swapSides() {
    this.swapped = !this.swapped;
    this.stage.classList.toggle("stage-swapped", this.swapped);
  }

  // The next or previous responder for the same initiator; false where there is no other.
  candidate(by) {
    const all = [{ pair: null, clip: this.showing.clips[1] }, ...(this.showing.candidates ?? [])];
    if (all.length < 2) return false;
    this.place = (this.place + by + all.length) % all.length;
    this.chosen = all[this.place].pair;
    this.#take([this.showing.clips[0], all[this.place].clip]);
    this.#begin();
    return true;
  }

  toggle() {
    if (this.running) this.pause();
    else this.#run();
  }

  pause() {
    this.running = false;
    for (const video of this.takes) video.pause();
    this.#paint();
  }

  forward() {
    if (!this.running) this.#run();
    else this.faster();
  }

  back() {
    this.at = Math.max(0, this.at - 1);
  }

  faster() {
    this.setSpeed(SPEEDS.find((speed) => speed > this.speed) ?? this.speed);
  }

  slower() {
    this.setSpeed(SPEEDS.findLast((speed) => speed < this.speed) ?? this.speed);
  }

  setSpeed(speed) {
    this.speed = speed;
    for (const video of this.takes) video.playbackRate = speed;
    this.#paint();
  }

  // Frames of whichever clip is speaking at this moment, by their true times.
  step(by) {
    this.pause();
    const side = this.clips.findLastIndex((clip) => this.start + this.at >= clip.start_s - 1e-6 && this.start + this.at < clip.end_s);
    if (side < 0) return false;
    const clip = this.clips[side];
    const offset = clip.start_s - this.start;
    const to = stepped(clip.media?.timestamps, this.at - offset, by, clip.duration_s);
    if (to === null) return false;
    this.at = offset + to;
    this.takes[side].currentTime = to;
    return true;
  }

  toggleLoop() {
    this.looping = !this.looping;
    this.#paint();
  }

  toggleSound() {
    const muted = !this.takes[0].muted;
    for (const video of this.takes) video.muted = muted;
    this.#paint();
  }

  // The boundary check of a pair: the end of what A says, the start of what B says.
  firstHalf() {
    this.only = null;
    this.#from(Math.max(0, this.clips[1].start_s - this.start - 0.25));
  }

  lastHalf() {
    this.only = null;
    this.#from(Math.max(0, this.clips[0].end_s - this.start - 0.5));
  }

  seekShare(share) {
    this.#from(share * this.duration);
  }

  rest() {
    this.pause();
    for (const video of this.takes) video.classList.remove("take-seen");
    this.showing = null;
  }

  #from(at) {
    this.at = at;
    for (const video of this.takes) video.pause();
    this.#run();
  }

  #run() {
    this.running = true;
    this.before = null;
    this.stage.classList.remove("stage-waits");
    this.#paint();
  }

  #tick(now) {
    if (!this.showing) return;
    if (this.running) {
      if (this.before !== null && this.before !== undefined) this.at += ((now - this.before) / 1000) * this.speed;
      this.before = now;
      this.watched.at(this.at, this.only === null);
      const last = this.only === null ? this.duration : this.clips[this.only].end_s - this.start;
      if (this.at >= last) this.#over();
      else this.clips.forEach((clip, side) => this.#follow(clip, side));
    }
    const text = `${clock(this.at)} / ${clock(this.duration)}`;
    if (text !== this.painted) {
      this.painted = text;
      this.time.textContent = text;
      this.dispatchEvent(new CustomEvent("time", { detail: { time: this.at, share: this.at / this.duration } }));
    }
  }

  #over() {
    this.watched.ended();
    if (this.looping) this.#from(this.only === null ? 0 : this.clips[this.only].start_s - this.start);
    else this.pause();
  }

  // Hold one video to the clock: playing inside its span, quiet outside.
  #follow(clip, side) {
    const video = this.takes[side];
    const local = this.start + this.at - clip.start_s;
    const inside = local >= 0 && local < clip.duration_s && (this.only === null || this.only === side);
    video.parentElement.classList.toggle("side-speaks", inside);
    if (!inside) {
      if (!video.paused) video.pause();
      if (local < 0 && video.currentTime > 0.05) video.currentTime = 0;
      return;
    }
    if (Math.abs(video.currentTime - local) > DRIFT_S && !video.seeking) video.currentTime = local;
    if (video.paused) {
      video.playbackRate = this.speed;
      video.play().catch((error) => error.name === "NotAllowedError" && this.stage.classList.add("stage-waits"));
    }
  }

  #paint() {
    const { speeds, loop, sound, play } = this.parts;
    for (const button of speeds) button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === this.speed));
    loop.setAttribute("aria-pressed", String(this.looping));
    sound.setAttribute("aria-pressed", String(!this.takes[0].muted));
    play.dataset.playing = String(this.running);
    play.setAttribute("aria-label", this.running ? "Pause" : "Play");
  }
}
