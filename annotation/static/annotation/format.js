// Numbers and elements as every page of review writes them.

const NARROW = "\u202f";

export function clock(seconds) {
  const total = Math.max(0, Math.round(seconds * 1000));
  const minutes = Math.floor(total / 60000);
  const rest = total - minutes * 60000;
  return `${minutes}:${String(Math.floor(rest / 1000)).padStart(2, "0")}.${String(rest % 1000).padStart(3, "0")}`;
}

export function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)}${NARROW}s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}${NARROW}min`;
  return `${(seconds / 3600).toFixed(1)}${NARROW}h`;
}

export function count(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, NARROW);
}

export function element(tag, attributes = {}, ...children) {
  const made = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const TIERS = { sft: "S", pretrain: "P", reject: "R", undecided: "?" };

export function tier(word) {
  const badge = element("b", { "aria-hidden": "true" }, TIERS[word] ?? "?");
  return element("span", { class: `tier tier-${word}` }, badge, word);
}
