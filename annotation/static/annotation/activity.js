// How long somebody really worked on an item: the page visible, and a sign of life within the last half minute.

const IDLE_AFTER = 30000;
const BIN = 0.05;

export class Activity {
  constructor() {
    this.total = 0;
    this.alive = performance.now();
    this.before = performance.now();
    const sign = () => {
      this.#count();
      this.alive = performance.now();
    };
    for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
      window.addEventListener(kind, sign, { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => this.#count(document.visibilityState === "visible"));
    setInterval(() => this.#count(), 500);
  }

  start() {
    this.#count();
    this.total = 0;
    this.alive = performance.now();
  }

  // Active milliseconds since start().
  read() {
    this.#count();
    return Math.round(this.total);
  }

  #count(cameBack = false) {
    const now = performance.now();
    const visible = document.visibilityState === "visible" && !cameBack;
    if (visible) this.total += Math.max(0, Math.min(now, this.alive + IDLE_AFTER) - this.before);
    this.before = now;
  }
}

// Which parts of a clip were played, at whatever speed.
export class Watched {
  constructor(duration) {
    this.bins = new Uint8Array(Math.max(1, Math.ceil(duration / BIN)));
    this.before = null;
  }

  at(time, playing) {
    if (playing && this.before !== null && time >= this.before && time - this.before < 0.6) {
      const last = Math.min(this.bins.length - 1, Math.floor(time / BIN));
      for (let bin = Math.floor(this.before / BIN); bin <= last; bin += 1) this.bins[bin] = 1;
    }
    this.before = playing ? time : null;
  }

  // A loop's end: the last stretch was played although its time was never seen.
  ended() {
    if (this.before !== null) this.bins.fill(1, Math.floor(this.before / BIN));
    this.before = null;
  }

  share() {
    let seen = 0;
    for (const bin of this.bins) seen += bin;
    return Math.round((seen / this.bins.length) * 1000) / 1000;
  }
}
