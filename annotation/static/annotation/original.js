// The clip in original quality, for what a preview cannot show; the judgment says that it was seen.

import { blob, insist, post } from "./api.js";
import { say } from "./desk.js";

export class Original {
  constructor({ player, button, signIn }) {
    Object.assign(this, { player, button, signIn });
  }

  show(item) {
    this.item = item;
    this.on = false;
    this.button.hidden = !item.original_url;
    this.#paint();
  }

  async toggle() {
    const { item } = this;
    if (!item?.original_url || this.asking === item) return;
    const clip = item.clips[0];
    if (!this.on && !clip.original) {
      this.asking = item;
      say("Getting the original quality…");
      try {
        const { media } = await insist(() => post(item.original_url, { clip: clip.id }), this.signIn);
        const source = URL.createObjectURL(await insist(() => blob(media.url), this.signIn));
        clip.original = { ...media, source };
      } catch (error) {
        say(error.message);
        return;
      } finally {
        this.asking = null;
      }
    }
    // Judged meanwhile: the next clip starts with its preview.
    if (this.item !== item) return;
    this.on = !this.on;
    if (this.on) item.details = { ...item.details, original: true };
    this.player.swap(this.on ? clip.original.source : (clip.source ?? clip.media?.url), this.on ? clip.original.timestamps : clip.media?.timestamps);
    this.#paint();
    say(this.on ? `Original quality, ${clip.original.width} × ${clip.original.height}` : "Preview");
  }

  #paint() {
    this.button.setAttribute("aria-pressed", String(this.on));
  }
}
