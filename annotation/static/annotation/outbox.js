// Judgments that wait in the browser until the server has them. Ids are made here, so sending twice changes nothing.

import { NotSignedIn, Refused, Unreachable, post } from "./api.js";

const LONGEST_WAIT = 8000;

export class Outbox extends EventTarget {
  constructor({ user, url, signIn }) {
    super();
    this.prefix = `rushes.outbox.${user}.`;
    this.url = url;
    this.signIn = signIn;
    this.entries = new Map();
    this.waiters = new Map();
    this.offline = false;
    this.durable = true;
    this.wait = 0;
    this.#load();
    window.addEventListener("online", () => this.#soon(0));
    window.addEventListener("storage", (event) => {
      if (event.key?.startsWith(this.prefix) && event.newValue === null) this.#forget(event.key.slice(this.prefix.length));
    });
  }

  get size() {
    return this.entries.size;
  }

  slots() {
    return [...this.entries.values()].map((entry) => entry.slot);
  }

  // Keep an entry; `held` ones are not sent before release().
  put(entry, { held = false } = {}) {
    this.entries.set(entry.id, { ...entry, held, tries: 0 });
    this.#keep(entry.id);
    const told = new Promise((resolve) => this.waiters.set(entry.id, resolve));
    if (!held) this.#soon(0);
    this.#changed();
    return told;
  }

  amend(id, change) {
    const entry = this.entries.get(id);
    if (!entry || entry.sending) return false;
    change(entry);
    this.#keep(id);
    return true;
  }

  release(id) {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.held = false;
    this.#keep(id);
    this.#soon(0);
  }

  releaseAll() {
    for (const [id, entry] of this.entries) if (entry.held) this.release(id);
  }

  // Take back what was never sent; false where it is under way or gone.
  remove(id) {
    const entry = this.entries.get(id);
    if (!entry || entry.sending || entry.tries) return false;
    this.#forget(id);
    return true;
  }

  // What became of an entry, now or when the line is back.
  told(id) {
    if (!this.entries.has(id)) return Promise.resolve(null);
    return new Promise((resolve) => {
      const before = this.waiters.get(id);
      this.waiters.set(id, (answer) => {
        before?.(answer);
        resolve(answer);
      });
    });
  }

  #soon(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#flush(), delay);
  }

  async #flush() {
    if (this.flushing) {
      this.again = true;
      return;
    }
    this.flushing = true;
    try {
      for (const entry of [...this.entries.values()]) {
        if (!entry.held && this.entries.has(entry.id)) await this.#send(entry);
      }
      this.#line(true);
      this.wait = 0;
    } catch (error) {
      if (error instanceof NotSignedIn) {
        await this.signIn();
        this.again = true;
      } else if (error instanceof Unreachable) {
        this.#line(false);
        this.wait = Math.min(LONGEST_WAIT, this.wait ? this.wait * 2 : 500);
        this.#soon(this.wait);
      } else {
        throw error;
      }
    } finally {
      this.flushing = false;
      if (this.again) {
        this.again = false;
        this.#soon(0);
      }
    }
  }

  async #send(entry) {
    const { held, tries, sending, ...body } = entry;
    entry.sending = true;
    entry.tries += 1;
    try {
      const answer = await post(this.url, body);
      this.#settle(entry, { ...answer, entry: body });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // The server will never take this one: say so, keep it where the rater can see it, and let the others go.
      this.#settle(entry, { state: "refused", reason: error.code, message: error.message, entry: body });
      try {
        localStorage.setItem(`rushes.refused.${entry.id}`, JSON.stringify({ ...body, message: error.message }));
      } catch {
        /* shown on the page at least */
      }
    } finally {
      entry.sending = false;
    }
  }

  #settle(entry, answer) {
    const waiter = this.waiters.get(entry.id);
    this.#forget(entry.id);
    waiter?.(answer);
    this.dispatchEvent(new CustomEvent("answer", { detail: answer }));
  }

  #line(up) {
    if (this.offline === !up) return;
    this.offline = !up;
    this.#changed();
  }

  #keep(id) {
    const { held, tries, sending, ...body } = this.entries.get(id);
    try {
      localStorage.setItem(this.prefix + id, JSON.stringify(body));
    } catch {
      this.durable = false;
    }
  }

  #forget(id) {
    this.entries.delete(id);
    this.waiters.delete(id);
    try {
      localStorage.removeItem(this.prefix + id);
    } catch {
      /* nothing was kept */
    }
    this.#changed();
  }

  // What an earlier page could not send goes first, in the order in which it was judged.
  #load() {
    const found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.prefix)) found.push(JSON.parse(localStorage.getItem(key)));
      }
    } catch {
      this.durable = false;
    }
    found.sort((a, b) => a.at - b.at);
    for (const entry of found) this.entries.set(entry.id, { ...entry, held: false, tries: 1 });
    if (found.length) this.#soon(0);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
