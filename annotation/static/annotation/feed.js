// The items ahead: leased, their clips fetched into memory, so that the line may fail and the room goes on.

import { NotSignedIn, Refused, Unreachable, blob, get, post } from "./api.js";

const MOST_AHEAD = 12;

export class Feed extends EventTarget {
  constructor({ urls, outbox, signIn, leaseSeconds, left }) {
    super();
    this.urls = urls;
    this.outbox = outbox;
    this.signIn = signIn;
    this.left = left;
    this.items = [];
    this.handedOut = null;
    this.empty = null;
    this.wait = 0;
    setInterval(() => this.#renew(), Math.max(10, leaseSeconds / 4) * 1000);
    window.addEventListener("online", () => this.fill());
    window.addEventListener("pagehide", () => this.#giveBack());
  }

  // Few items ahead where few are left, so that nobody sits on what others could do.
  get depth() {
    return Math.max(1, Math.min(MOST_AHEAD, Math.ceil(this.left() / 4)));
  }

  get next() {
    return this.items[0] ?? null;
  }

  // The next item, or null while there is none here.
  take() {
    this.handedOut = this.items.shift() ?? null;
    this.fill();
    return this.handedOut;
  }

  // Put an item in front again (after an undo); the one on the screen goes behind it.
  putBack(item) {
    this.items.unshift(item);
    this.#tell();
  }

  async fill() {
    if (this.filling) return;
    this.filling = true;
    try {
      while (this.items.length < this.depth) {
        const answer = await post(this.urls.claim, { have: this.#have() });
        if (answer.state !== "item") {
          this.empty = answer;
          break;
        }
        this.empty = null;
        const item = answer.item;
        if (this.#have().includes(item.slot)) break;
        this.items.push(item);
        this.#fetch(item);
        this.#tell();
      }
      this.wait = 0;
      this.unreachable = false;
    } catch (error) {
      if (error instanceof NotSignedIn) {
        await this.signIn();
        setTimeout(() => this.fill(), 0);
      } else if (error instanceof Unreachable) {
        this.unreachable = true;
        this.wait = Math.min(8000, this.wait ? this.wait * 2 : 500);
        setTimeout(() => this.fill(), this.wait);
      } else if (error instanceof Refused) {
        this.empty = { state: "refused", message: error.message };
      } else {
        throw error;
      }
    } finally {
      this.filling = false;
      this.#tell();
    }
  }

  async #fetch(item) {
    item.known = this.around(item);
    // One at a time: the next clip must not share the line with the one after it.
    this.line = (this.line ?? Promise.resolve()).then(async () => {
      for (const clip of [...item.clips, ...(item.candidates ?? []).map((one) => one.clip)]) await this.#bytes(item, clip);
      item.here = item.clips.every((clip) => clip.source || !clip.media);
      this.#tell();
      this.dispatchEvent(new CustomEvent("source", { detail: item }));
    });
    await this.line;
  }

  async #bytes(item, clip) {
    if (!clip.media?.url || clip.source) return;
    for (let tries = 0; tries < 5 && !item.gone; tries += 1) {
      try {
        clip.source = URL.createObjectURL(await blob(clip.media.url));
        return;
      } catch (error) {
        if (error instanceof NotSignedIn) await this.signIn();
        else if (!(error instanceof Unreachable)) throw error;
        await new Promise((done) => setTimeout(done, 1000 * (tries + 1)));
      }
    }
  }

  // The same item leased anew: what was fetched of it is still here.
  again(item, before) {
    item.clips.forEach((clip, place) => {
      clip.source = before.clips[place]?.source;
    });
    return Object.assign(item, { known: before.known, here: before.here });
  }

  // Two promises: the sound's outline need not wait for what was measured.
  around(item) {
    return {
      context: get(item.context_url).catch(() => null),
      waveform: item.clips[0].waveform ? get(item.clips[0].waveform).catch(() => null) : Promise.resolve(null),
    };
  }

  // An item that is done with; its bytes may go.
  drop(item) {
    item.gone = true;
    setTimeout(() => {
      if (item.gone) for (const clip of item.clips) for (const one of [clip.source, clip.original?.source]) if (one) URL.revokeObjectURL(one);
    }, 120000);
  }

  #have() {
    const held = this.items.map((item) => item.slot);
    if (this.handedOut) held.push(this.handedOut.slot);
    return [...new Set([...held, ...this.outbox.slots()])];
  }

  async #renew() {
    const renew = this.#have();
    if (!renew.length) return;
    try {
      const { renewed } = await post(this.urls.leases, { renew });
      // What went to somebody else meanwhile need not be shown; what is on the screen may still count.
      this.items = this.items.filter((item) => renewed[item.slot]);
    } catch {
      /* the next round tries again; a lease that ran out is still accepted where nobody took it */
    }
  }

  #giveBack() {
    const kept = new Set(this.outbox.slots());
    const release = this.items.map((item) => item.slot).filter((slot) => !kept.has(slot));
    if (this.handedOut && !kept.has(this.handedOut.slot)) release.push(this.handedOut.slot);
    if (release.length) post(this.urls.leases, { release }, { keepalive: true }).catch(() => {});
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
