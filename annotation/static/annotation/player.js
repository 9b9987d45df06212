// Two video elements, one seen and one getting ready, so that the next clip's picture is there at the key press.

import { Watched } from "./activity.js";
import { clock } from "./format.js";
import { stepped } from "./frames.js";
import { still } from "./motion.js";

const SPEEDS = [0.5, 1, 1.5, 2];
const HALF = 0.5;

export class Player extends EventTarget {
  constructor({ stage, takes, time, speeds, loop, sound, play }) {
    super();
    this.stage = stage;
    [this.video, this.other] = takes;
    this.time = time;
    this.parts = { speeds, loop, sound, play };
    this.speed = 1;
    this.looping = !still();
    this.stopAt = null;
    for (const video of takes) {
      video.addEventListener("ended", () => this.#ended(video));
      for (const kind of ["play", "pause"]) video.addEventListener(kind, () => video === this.video && this.#paint());
      video.addEventListener("error", () => {
        if (video !== this.video || !video.src) return;
        // The address failed after the clip's bytes had come: nothing else would ask for them.
        if (this.clip?.source && video.dataset.source === this.clip.media?.url) this.mend(this.showing);
        else this.dispatchEvent(new CustomEvent("broken", { detail: { here: Boolean(this.showing?.here) } }));
      });
    }
    const tick = () => {
      this.#tick();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  watchedShare() {
    return this.watched.share();
  }

  pause() {
    this.video.pause();
  }

  get item() {
    return this.showing ?? null;
  }

  get duration() {
    return Number.isFinite(this.video.duration) ? this.video.duration : (this.clip?.duration_s ?? 0);
  }

  // Get an item's first frame ready behind the picture.
  prepare(item) {
    if (this.ready === item || !item.here) return;
    this.ready = item;
    item.presented = false;
    this.#load(this.other, item);
    this.other.requestVideoFrameCallback?.(() => {
      item.presented = true;
    });
  }

  // Show an item; `since` is the moment of the key that led here.
  show(item, { since = null } = {}) {
    if (this.ready === item) {
      [this.video, this.other] = [this.other, this.video];
    } else {
      this.#load(this.video, item);
    }
    this.ready = null;
    this.showing = item;
    this.clip = item.clips[0];
    this.stamps = this.clip.media?.timestamps ?? null;
    const { width, height } = this.clip.media ?? {};
    this.stage.style.setProperty("--shape", String(width && height ? width / height : 16 / 9));
    this.watched = new Watched(this.clip.duration_s);
    this.stopAt = null;
    this.video.classList.add("take-seen");
    this.other.classList.remove("take-seen");
    this.other.pause();
    this.video.muted = this.other.muted;
    if (this.video.currentTime > 0.001) this.video.currentTime = 0;
    this.#rate(1);
    this.#begin();
    if (since !== null) this.#measure(item, since);
    this.#paint();
  }

  // A new clip plays by itself, unless its rater asked for less motion.
  #begin() {
    if (still()) this.stage.classList.add("stage-waits");
    else this.play();
  }

  // How long after the key the picture was there: "key-to-frame" is the first paint with the new clip's frame,
  // "key-to-motion" the first frame after it.
  #measure(item, since) {
    const mark = (name) => (now) => performance.measure(name, { start: since, end: Math.max(now, since) });
    if (item.presented) {
      // Its frame was presented behind the picture; it shows with the next paint, which the second callback follows.
      requestAnimationFrame(() => requestAnimationFrame(mark("key-to-frame")));
    } else {
      this.video.requestVideoFrameCallback?.(mark("key-to-frame"));
    }
    this.video.requestVideoFrameCallback?.(mark("key-to-motion"));
  }

  // The clip's bytes came after the address had failed: a line that broke, a session that ended.
  mend(item) {
    if (this.showing !== item || !this.video.error) return;
    this.#load(this.video, item);
    this.#begin();
  }

  // The same clip from another file, at the same moment.
  swap(source, stamps) {
    const { currentTime, paused } = this.video;
    this.stamps = stamps ?? null;
    this.video.dataset.source = source;
    this.video.src = source;
    this.video.currentTime = currentTime;
    this.#rate(this.speed);
    if (!paused) this.play();
  }

  async play() {
    this.stage.classList.remove("stage-waits"); // the key is answered at once, however long the first frame takes
    try {
      await this.video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError") return;
      // A browser that allows no sound before the first key or click.
      this.stage.classList.add("stage-waits");
    }
  }

  toggle() {
    this.stopAt = null;
    if (this.video.paused) this.play();
    else this.video.pause();
  }

  // L: play, and faster each time. J: a second back.
  forward() {
    this.stopAt = null;
    if (this.video.paused) this.play();
    else this.#rate(SPEEDS.find((speed) => speed > this.speed) ?? this.speed);
  }

  back() {
    this.stopAt = null;
    this.#seek(this.video.currentTime - 1);
  }

  slower() {
    this.#rate(SPEEDS.findLast((speed) => speed < this.speed) ?? this.speed);
  }

  faster() {
    this.#rate(SPEEDS.find((speed) => speed > this.speed) ?? this.speed);
  }

  setSpeed(speed) {
    this.#rate(speed);
  }

  // One frame on or back by the true times of the frames; false where the times are not known.
  step(by) {
    this.stopAt = null;
    this.video.pause();
    const to = stepped(this.stamps, this.video.currentTime, by, this.duration);
    if (to === null) return false;
    this.#seek(to);
    return true;
  }

  toggleLoop() {
    this.looping = !this.looping;
    this.#paint();
  }

  toggleSound() {
    this.video.muted = this.other.muted = !this.video.muted;
    this.#paint();
  }

  firstHalf() {
    this.#rate(1);
    this.stopAt = HALF;
    this.#seek(0);
    this.play();
  }

  lastHalf() {
    this.#rate(1);
    this.stopAt = null;
    this.once = true;
    this.#seek(Math.max(0, this.duration - HALF));
    this.play();
  }

  seekShare(share) {
    this.stopAt = null;
    this.#seek(share * this.duration);
  }

  rest() {
    this.video.pause();
    this.video.classList.remove("take-seen");
    this.showing = null;
  }

  #load(video, item) {
    const source = item.clips[0].source ?? item.clips[0].media?.url ?? "";
    if (video.dataset.source === source && source) return;
    video.dataset.source = source;
    if (source) video.src = source;
    else video.removeAttribute("src");
    video.load();
  }

  #seek(time) {
    this.watched?.at(this.video.currentTime, false);
    this.video.currentTime = Math.max(0, Math.min(time, this.duration));
  }

  #rate(speed) {
    this.speed = speed;
    this.video.preservesPitch = true;
    this.video.playbackRate = speed;
    this.#paint();
  }

  #ended(video) {
    if (video !== this.video) return;
    this.watched?.ended();
    if (this.once) {
      this.once = false;
      return;
    }
    if (this.looping) {
      video.currentTime = 0;
      this.play();
    }
  }

  #tick() {
    if (!this.showing) return;
    const now = this.video.currentTime;
    this.watched?.at(now, !this.video.paused && !this.video.seeking);
    if (this.stopAt !== null && now >= this.stopAt) {
      this.video.pause();
      this.stopAt = null;
    }
    const text = `${clock(now)} / ${clock(this.duration)}`;
    if (text !== this.painted) {
      this.painted = text;
      this.time.textContent = text;
      this.dispatchEvent(new CustomEvent("time", { detail: { time: now, share: this.duration ? now / this.duration : 0 } }));
    }
  }

  #paint() {
    const { speeds, loop, sound, play } = this.parts;
    for (const button of speeds) button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === this.speed));
    loop.setAttribute("aria-pressed", String(this.looping));
    sound.setAttribute("aria-pressed", String(!this.video.muted));
    play.dataset.playing = String(!this.video.paused);
    play.setAttribute("aria-label", this.video.paused ? "Play" : "Pause");
  }
}
