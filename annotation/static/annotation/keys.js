// One listener, one map: a key never needs a modifier and works wherever the focus is, except in a text field.

const TEXT = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable=true]";

function name(event) {
  const key = event.key;
  if (key.length === 1 && key.charCodeAt(0) > 127 && /^Key[A-Z]$/.test(event.code)) return event.code[3].toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}

export class Keys {
  constructor() {
    this.actions = new Map();
    this.layers = [];
    window.addEventListener("keydown", (event) => this.#press(event), { capture: true });
  }

  set(key, action) {
    this.actions.set(key, action);
  }

  // A sheet's own keys while it is open; everything else rests.
  push(actions) {
    this.layers.push(actions);
  }

  // False where it was not there any more.
  pop(actions) {
    const before = this.layers.length;
    this.layers = this.layers.filter((layer) => layer !== actions);
    return this.layers.length < before;
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const layer = this.layers.at(-1);
    const key = name(event);
    if (event.target instanceof Element && event.target.matches(TEXT) && !(layer && key === "Escape")) return;
    const action = layer ? layer.get(key) : this.actions.get(key);
    if (!action) return;
    if (key === "Enter" && event.target instanceof Element && event.target.closest("a, button, summary")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && !action.repeats) return;
    (action.run ?? action)(event);
  }
}
