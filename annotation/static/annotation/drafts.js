// Partial work on an item goes to the server as it is made, so that another page, or another day, can go on with it.

import { post } from "./api.js";

const QUIET_MS = 400;

export class Drafts {
  #timer = null;
  #waiting = null;

  constructor() {
    addEventListener("pagehide", () => this.#send(true));
  }

  keep(item, answers, reasons) {
    if (!item.draft_url || item.supersedes) return;
    this.#waiting = { url: item.draft_url, content: { answers: { ...answers }, reasons: [...reasons] } };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(false), QUIET_MS);
  }

  // Judged: there is nothing partial any more.
  forget() {
    clearTimeout(this.#timer);
    this.#waiting = null;
  }

  #send(keepalive) {
    const draft = this.#waiting;
    this.forget();
    // Without a line the page itself still has it; the judgment is what must not be lost, and the outbox keeps that.
    if (draft) post(draft.url, draft.content, { keepalive }).catch(() => {});
  }
}
