// Scores beside their thresholds: a bar, a mark for each threshold, and a cross where a rule fails.

import { TIERS, element } from "./format.js";

export function drawScores(place, groups) {
  const columns = ["label", "value", "gauge", "rules"].map((name) => element("col", { class: `score-col-${name}` }));
  place.replaceChildren(element("colgroup", {}, ...columns));
  for (const group of failingFirst(groups)) {
    const body = element("tbody");
    body.append(element("tr", { class: "score-group" }, element("th", { colspan: "4", scope: "rowgroup" }, group.name)));
    for (const row of group.rows) body.append(scoreRow(row));
    place.append(body);
  }
}

const failing = (row) => row.rules.some((rule) => rule.passes === false);

// What speaks against the clip stands on top, where it is seen without scrolling; the rest keeps its groups.
function failingFirst(groups) {
  const against = groups.flatMap((group) => group.rows.filter(failing));
  const rest = groups.map((group) => ({ ...group, rows: group.rows.filter((row) => !failing(row)) })).filter((group) => group.rows.length);
  return against.length ? [{ name: `fails ${against.length === 1 ? "a rule" : "rules"}`, rows: against }, ...rest] : rest;
}

function scoreRow(row) {
  const fails = failing(row);
  const label = element("th", { scope: "row", title: `${row.label}: ${row.formula}${row.unit ? ` (${row.unit})` : ""}` }, row.label);
  const rules = element("td", { class: "score-rules" });
  for (const rule of row.rules) {
    const state = rule.passes === null ? "unknown" : rule.passes ? "holds" : "fails";
    rules.append(
      element(
        "span",
        { class: `score-rule score-${state}`, title: `${rule.tier}: ${rule.long}, ${state}` },
        element("b", { "aria-hidden": "true" }, TIERS[rule.tier]),
        rule.words,
        state === "fails" ? element("span", { class: "cross", role: "img", "aria-label": "fails" }, "✗") : null,
      ),
    );
  }
  if (row.value === null) {
    const why = element("td", { colspan: "2", class: "score-missing", title: row.reason }, row.reason.replace(/^\S+ ran and /, ""));
    return element("tr", {}, label, why, rules);
  }
  const value = element("td", { class: "score-value" }, row.text);
  // A long unit stands in the label's title; beside the number there is room for a short one.
  if (row.unit && row.unit.length < 6) value.append(element("span", { class: "score-unit" }, ` ${row.unit}`));
  return element("tr", { class: fails ? "score-bad" : "" }, label, value, element("td", { class: "score-gauge" }, bar(row, fails)), rules);
}

function bar(row, fails) {
  const svg = element("svg:svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(element("svg:rect", { class: "score-track", x: 0, y: 4, width: 100, height: 4 }));
  if (row.at !== null) {
    svg.append(element("svg:rect", { class: fails ? "score-fill-bad" : "score-fill", x: 0, y: 4, width: (row.at * 100).toFixed(2), height: 4 }));
  }
  for (const mark of row.marks) {
    const x = (Math.min(0.992, mark) * 100).toFixed(2);
    svg.append(element("svg:rect", { class: "score-mark", x, y: 0, width: 0.9, height: 12 }));
  }
  return svg;
}
