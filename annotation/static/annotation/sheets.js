// Sheets that lie over the page: help, sign in again, cannot judge, report, what the others said.

import { signIn as send, Unreachable } from "./api.js";

// Resolves to the sheet's returnValue in the same turn in which it is left: the dialog's own "close" event comes a turn
// later, and a key pressed in between belongs to the page already, not to a sheet that nobody sees any more.
export function open(dialog, keys, actions = new Map()) {
  const layer = new Map(actions);
  return new Promise((resolve) => {
    const leave = (value) => {
      if (!keys.pop(layer)) return;
      if (dialog.open) dialog.close(value);
      // The focus stays in what is not shown any more until the browser next paints; a text field would catch the keys.
      if (dialog.contains(document.activeElement)) document.activeElement.blur();
      resolve(dialog.returnValue);
    };
    layer.set("Escape", () => leave(""));
    keys.push(layer);
    dialog.leave = leave;
    dialog.oncancel = () => leave("");
    // What closed it by itself (its form, a gesture); an event left over from its last opening finds it open again.
    dialog.onclose = () => dialog.open || leave(dialog.returnValue);
    dialog.showModal();
  });
}

// Choose one of the buttons with data-choice by key or click; resolves to its choice, or null for closing.
export async function choose(dialog, keys, more = []) {
  dialog.returnValue = "";
  const actions = new Map(more);
  for (const button of dialog.querySelectorAll("[data-choice]")) {
    const take = () => dialog.leave(button.dataset.choice);
    button.onclick = take;
    if (button.dataset.key) actions.set(button.dataset.key, take);
  }
  const found = await open(dialog, keys, actions);
  return found || null;
}

// One password question at a time, however many requests fail together.
export function signInAgain({ dialog, keys, url, user }) {
  let asking = null;
  return () => {
    asking ??= ask(dialog, keys, url, user).finally(() => {
      asking = null;
    });
    return asking;
  };
}

function ask(dialog, keys, url, user) {
  const form = dialog.querySelector("form");
  const field = form.querySelector("input[type=password]");
  const error = form.querySelector("[role=alert]");
  return new Promise((resolve) => {
    const layer = new Map();
    keys.push(layer);
    error.textContent = "";
    field.value = "";
    dialog.oncancel = (event) => event.preventDefault();
    form.onsubmit = async (event) => {
      event.preventDefault();
      error.textContent = "";
      try {
        if (await send(url, user, field.value)) {
          field.value = "";
          keys.pop(layer);
          dialog.close();
          resolve();
          return;
        }
        error.textContent = "That password is not right. Nothing is lost; try again.";
      } catch (problem) {
        if (!(problem instanceof Unreachable)) throw problem;
        error.textContent = "The server cannot be reached. Nothing is lost; try again in a moment.";
      }
      field.select();
    };
    dialog.showModal();
    field.focus();
  });
}
