// The frame's few behaviours: theme, menus that close, fragments that fail politely.

const YEAR = 60 * 60 * 24 * 365;

export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
  document.dispatchEvent(new CustomEvent("rushes:theme", { detail: { theme } }));
}

export function notify(text, level = "info") {
  const notice = document.createElement("p");
  notice.className = `notice notice-${level}`;
  notice.textContent = text;
  document.getElementById("notices")?.append(notice);
  return notice;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) {
    setTheme(document.documentElement.dataset.theme === "light" ? "dark" : "light");
    return;
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form that must be meant: <form data-confirm="What happens?">
document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A control that sends its form by being changed: <select data-submits>
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

// A choice that asks for at least so much elsewhere: <select data-least="overlap" data-least-of='{"audit": 2}'>
document.addEventListener("change", (event) => {
  const { least, leastOf } = event.target.dataset;
  if (!least) return;
  const number = event.target.form.elements[least];
  const wanted = JSON.parse(leastOf)[event.target.value] ?? 1;
  if (Number(number.value) < wanted) {
    number.dataset.raisedFrom = number.value;
    number.value = wanted;
  } else if (number.dataset.raisedFrom && wanted === 1) {
    number.value = number.dataset.raisedFrom;
    delete number.dataset.raisedFrom;
  }
});

// A job that somebody looks at has ended: its list shows it, and this says it to those who hear the page.
document.addEventListener("jobended", (event) => {
  document.getElementById("said").textContent = event.detail.text;
});

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) return;
  const text = status === 403 ? event.detail.xhr.responseText : "";
  notify(text || `The server answered ${status}. Nothing was changed here; try again.`, "error");
});

document.addEventListener("htmx:sendError", () => {
  notify("The server cannot be reached. Nothing is lost; this page keeps trying.", "error");
});
