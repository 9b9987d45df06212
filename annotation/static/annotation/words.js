// What was said, the spoken word lit. Words carry the source's own times.

import { element } from "./format.js";

export class Words {
  constructor(place) {
    this.place = place;
    this.set([]);
  }

  // `kind(word)` may tell words apart, by who is on the screen while they are spoken.
  set(words, kind = () => "") {
    this.spoken = words;
    this.now = -1;
    this.place.replaceChildren();
    this.place.hidden = !words.length;
    this.marks = words.map((word) => {
      const mark = element("span", { class: `word ${kind(word)}`.trim() }, `${word.text} `);
      this.place.append(mark);
      return mark;
    });
  }

  // No words, in the room that they had.
  clear() {
    this.spoken = [];
    this.marks = [];
    this.place.replaceChildren();
  }

  follow(time) {
    if (!this.marks.length) return;
    const now = this.spoken.findIndex((word) => time >= word.start_s && time < word.end_s);
    if (now === this.now) return;
    this.marks[this.now]?.classList.remove("word-now");
    this.marks[now]?.classList.add("word-now");
    this.marks[now]?.scrollIntoView({ block: "nearest" });
    this.now = now;
  }
}
