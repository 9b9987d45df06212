// After a correction its reasons may follow while the next clip already plays; the strip says which clip they go to.

const AMEND_MS = 2500;

export class Amending {
  constructor({ outbox, onStop }) {
    this.outbox = outbox;
    this.onStop = onStop;
    this.now = null;
  }

  start(id, word) {
    this.now = { id, word, reasons: new Set() };
    this.#soon();
  }

  toggle(key) {
    const { id, reasons } = this.now;
    if (!reasons.delete(key)) reasons.add(key);
    this.outbox.amend(id, (entry) => {
      entry.reasons = [...reasons];
    });
    this.#soon();
  }

  // No reason more: what was said may go out.
  stop() {
    if (!this.now) return;
    const { id } = this.now;
    this.forget();
    this.outbox.release(id);
    this.onStop();
  }

  // The judgment itself is taken back.
  forget() {
    clearTimeout(this.timer);
    this.now = null;
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stop(), AMEND_MS);
  }
}
