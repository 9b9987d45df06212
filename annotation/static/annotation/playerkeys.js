// The keys of the player, of whichever kind is on the page: one clip, two on one clock, or a sheet of two rows.

import { say } from "./desk.js";
import { ROW_KEYS } from "./identity.js";

const repeating = (run) => ({ run, repeats: true });

export function playerKeys({ player, about, boxes, original, item }) {
  const frame = (by) => {
    if (!player.step(by)) say("The times of this clip's frames are not known, so it cannot be stepped exactly.");
  };
  const shared = {
    j: repeating(() => player.back()),
    k: () => player.toggle(),
    l: () => player.forward(),
    ",": repeating(() => frame(-1)),
    ".": repeating(() => frame(1)),
    "-": () => player.slower(),
    "=": () => player.faster(),
    "+": () => player.faster(),
    m: () => player.toggleSound(),
  };
  if (about === "identity") return { ...shared, Enter: () => player.hearNext(), ...rowKeys(player, item) };
  const timeline = { ...shared, o: () => player.toggleLoop(), "[": () => player.firstHalf(), "]": () => player.lastHalf() };
  if (about === "pairs") return { ...timeline, ...exchangeKeys(player, item) };
  return { ...timeline, b: () => boxes.toggle(), p: () => original.toggle() };
}

function rowKeys(player, item) {
  const keys = {};
  ROW_KEYS.forEach((row, number) => {
    [...row].forEach((key, place) => {
      keys[key] = () => {
        if (!item()) return;
        const together = player.mark(number, place);
        if (together > 1) say(`${together} clips of one track go together.`);
      };
    });
  });
  return keys;
}

function exchangeKeys(player, item) {
  // Another responder beside the same initiator: looking is free, and an answer says which one was on the screen.
  const candidate = (by) => {
    if (!item()) return;
    if (!player.candidate(by)) say("There is no other candidate for this initiator.");
    else item().details = player.chosen ? { shown_pair: player.chosen } : {};
  };
  return {
    Enter: () => player.playExchange(),
    a: () => player.playOne(0),
    b: () => player.playOne(1),
    s: () => player.swapSides(),
    ArrowLeft: () => candidate(-1),
    ArrowRight: () => candidate(1),
  };
}
