// What Dash leaves to the page: figures follow the theme, a point leads to its clips, a figure can be kept as a picture.

const HERE = /^\/(corpora|review|sources|clips)\//;

function graphOf(element) {
  return element?.querySelector(".js-plotly-plot");
}

// A figure's points carry the address of their clips as the last of their custom data.
function leadOn(plot) {
  if (plot.dataset.leads || typeof plot.on !== "function") return;
  plot.dataset.leads = "1";
  plot.on("plotly_click", (event) => {
    const data = event.points?.[0]?.customdata;
    const address = Array.isArray(data) ? data[data.length - 1] : data;
    if (typeof address === "string" && HERE.test(address)) window.location.assign(address);
  });
  const frame = plot.closest("[data-marks]");
  if (frame) {
    plot.on("plotly_afterplot", () => requestAnimationFrame(() => mark(frame)));
    mark(frame);
  }
}

new MutationObserver(() => {
  for (const plot of document.querySelectorAll(".js-plotly-plot:not([data-leads])")) leadOn(plot);
}).observe(document.getElementById("content"), { childList: true, subtree: true, attributeFilter: ["class"] });

document.addEventListener("rushes:theme", (event) => {
  if (document.querySelector("[data-themed]")) window.dash_clientside?.set_props("theme", { data: event.detail.theme });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-picture]");
  if (button) {
    const name = button.dataset.picture;
    const plot = graphOf(document.querySelector(`[data-figure="${CSS.escape(name)}"]`));
    if (plot && window.Plotly?.downloadImage) {
      const { width, height } = plot.getBoundingClientRect();
      window.Plotly.downloadImage(plot, { format: "png", scale: 2, filename: name, width, height });
    }
  }
  // A link that belongs to the view on the screen takes the view's state along.
  const link = event.target.closest("a[data-with-state]");
  if (link) link.search = window.location.search;
});

document.addEventListener("submit", (event) => {
  const state = event.target.querySelector?.("input[data-state]");
  if (state) state.value = window.location.search;
});

// Thresholds ---------------------------------------------------------------------------------------------

function numberOf(side, ordinal) {
  const input = document.getElementById(JSON.stringify({ part: "number", side: `${side}${ordinal}` }));
  if (!input || input.value === "") return null;
  return Number(input.value);
}

// The thresholds of a rule in the figure's own numbers; a percentile is looked up among its values.
function boundsOf(frame) {
  const ordinal = frame.dataset.marks;
  const percentile = numberOf("percentile", ordinal);
  if (percentile === null) return [numberOf("low", ordinal), numberOf("high", ordinal)].filter((at) => at !== null);
  const values = JSON.parse(frame.closest("[data-rule]").querySelector("[data-values]").dataset.values);
  const at = values[Math.round(Math.min(100, Math.max(0, percentile)))];
  return at === null ? [] : [at];
}

function mark(frame) {
  const plot = graphOf(frame);
  if (!plot?.layout?.xaxis || !window.Plotly?.relayout) return;
  const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
  const bounds = boundsOf(frame);
  const old = (plot.layout.shapes || []).filter((shape) => shape.name === "mark");
  if (old.length === bounds.length && old.every((shape, i) => shape.x0 === bounds[i] && shape.line.color === accent)) return;
  const marks = bounds.map((at) => ({
    type: "line", name: "mark", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line: { color: accent, width: 2 },
  }));
  window.Plotly.relayout(plot, { shapes: [...(plot.layout.shapes || []).filter((s) => s.name !== "mark"), ...marks] });
}

function markAll() {
  for (const frame of document.querySelectorAll("[data-marks]")) mark(frame);
}

document.addEventListener("rushes:draft", (event) => {
  const changed = new Set(event.detail.changed.map((side) => side.replace(/\D+/, "")));
  for (const card of document.querySelectorAll("[data-rule]")) {
    card.querySelector(".tuning-changed").hidden = !changed.has(card.dataset.rule);
  }
  for (const part of document.querySelectorAll("[data-when]")) {
    part.hidden = (part.dataset.when === "changed") !== changed.size > 0;
  }
  requestAnimationFrame(markAll);
});
