// The panel votes blind, then sees what the others said, and may change its mind.

import { element, tier } from "./format.js";
import { choose } from "./sheets.js";

// Resolves to the second vote where there is one, as soon as it is said: it is sent while the next item plays already.
export async function afterVote({ item, entry, result, questions, keys, outbox, activity }) {
  if (!result || result.state === "refused" || !result.others) return null;
  const dialog = document.getElementById("others");
  const question = questions.get(item.questions[0]);
  dialog.querySelector("ul").replaceChildren(
    ...result.others.votes.map((vote) =>
      element(
        "li",
        {},
        element("b", {}, vote.rater),
        word(vote),
        vote.reasons.length ? element("span", { class: "muted" }, vote.reasons.join(", ")) : null,
        vote.note ? element("q", {}, vote.note) : null,
      ),
    ),
    element("li", { class: "others-own" }, element("b", {}, "You"), word({ kind: entry.kind, answer: entry.answers[question.key] })),
  );
  dialog.querySelector("[data-options]").replaceChildren(
    ...question.options.map((option) =>
      element("button", { class: "btn", type: "button", "data-choice": option.key, "data-key": option.hotkey }, element("kbd", {}, option.hotkey), option.label),
    ),
  );
  const own = entry.answers[question.key];
  const found = await choose(dialog, keys, [["Enter", () => dialog.leave("")]]);
  // Three people, three answers: then the panel's word after seeing them settles it, even if it stays the same.
  const tied = result.item_state === "disputed";
  const final = found ?? (tied ? own : null);
  if (!final || (final === own && !tied)) return null;
  const second = {
    ...entry,
    id: crypto.randomUUID(),
    kind: "answer",
    answers: { ...entry.answers, [question.key]: final },
    supersedes: entry.id,
    details: { seen: true },
    active_ms: activity.read(),
    at: Date.now(),
  };
  outbox.put(second);
  return second;
}

function word(vote) {
  if (vote.kind === "cannot") return element("span", { class: "muted" }, "could not judge");
  return ["sft", "pretrain", "reject"].includes(vote.answer) ? tier(vote.answer) : element("span", {}, vote.answer);
}
