// Drawing the page around the player: proposal and scores, the question, progress, what to say while there is nothing.

import { count, element, span, tier } from "./format.js";
import { drawScores } from "./scores.js";

const at = (id) => document.getElementById(id);

export function say(text) {
  const place = at("say");
  place.textContent = text;
  place.classList.add("say-seen");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.classList.remove("say-seen"), 3500);
}

export function paintItem(item, blind) {
  // A sheet's file names would tell what its pictures shall.
  at("clip-name").textContent = item.subject === "persons" ? "" : item.clips.map((clip) => clip.name).filter((name, place, all) => all.indexOf(name) === place).join(" · ");
  at("clip-name").title = at("clip-name").textContent;
  at("proposal").hidden = !item.proposal;
  if (item.proposal) {
    at("proposal-tier").replaceChildren(tier(item.proposal.word));
    at("proposal-policy").textContent = `policy ${item.proposal.policy}`;
  }
  at("blind").hidden = Boolean(item.proposal) || !blind;
  at("score-frame").hidden = !item.scores.length;
  // Where there are no scores to read, the guideline has the room.
  at("guide").hidden = Boolean(item.scores.length);
  drawScores(at("scores"), item.scores);
  const bare = item.clips.some((clip) => !clip.media);
  at("stage").classList.toggle("stage-empty", bare);
  at("stage-note").textContent = bare ? "No preview has been made of this clip yet." : "";
}

export function paintQuestion(question, item, onAnswer) {
  at("question").textContent = question.text;
  at("answers").replaceChildren(
    ...question.options.map((option) => {
      const proposed = item.proposal?.word === option.key;
      const button = element(
        "button",
        { type: "button", class: `answer answer-${option.key}${proposed ? " answer-proposed" : ""}`, "aria-keyshortcuts": option.hotkey },
        element("kbd", {}, option.hotkey),
        question.kind === "tier" ? tier(option.key) : element("span", {}, option.label),
      );
      button.addEventListener("click", (event) => onAnswer(option, event));
      return button;
    }),
  );
  at("accept").hidden = !question.options.some((option) => option.key === item.proposal?.word);
}

// `past`: the reasons belong to the clip before, answered with this word.
export function paintReasons(question, chosen, past, onToggle) {
  const title = at("reasons-title");
  title.classList.toggle("reason-title-past", Boolean(past));
  title.replaceChildren(...(past ? ["Why was the last one ", tier(past), "?"] : ["Reasons"]));
  at("reasons").replaceChildren(
    ...question.reasons.map((reason) => {
      const chip = element(
        "button",
        { type: "button", class: "reason", "aria-pressed": String(chosen.has(reason.key)), "aria-keyshortcuts": reason.hotkey },
        element("kbd", {}, reason.hotkey),
        reason.label,
      );
      chip.addEventListener("click", () => onToggle(reason));
      return chip;
    }),
  );
  at("reasons-frame").hidden = !question.reasons.length;
}

export function paintProgress(progress) {
  const left = Math.max(0, progress.places - progress.done);
  const parts = [`${count(progress.done)} / ${count(progress.places)}`];
  if (progress.seconds) parts.push(`${span(left * progress.seconds)} left`, `${progress.seconds.toFixed(1)} s a clip`);
  at("progress").textContent = parts.join(" · ");
}

export function paintOutbox(outbox) {
  const pill = at("outbox");
  pill.hidden = !outbox.offline && outbox.durable;
  pill.classList.toggle("outbox-off", outbox.offline);
  if (outbox.offline) pill.textContent = `No line: ${outbox.size} kept here, sent when it is back`;
  else if (!outbox.durable) pill.textContent = "This browser keeps nothing: do not close the page while judgments wait";
}

const LULLS = {
  done: ["Done.", "Nothing in this queue waits for you any more. Thank you."],
  leased: ["The rest is with others.", "They hold what is left. What they do not finish comes to you; this page looks again by itself."],
  preparing: ["Being prepared.", "What is left is still being made ready for the browser. This page looks again by itself."],
  paused: ["Paused.", "A curator has paused this queue. What you judged is kept."],
  closed: ["Closed.", "This queue is finished. What you judged is kept."],
  loading: ["One moment…", "Getting the next clip."],
  offline: ["No line.", "Everything that you judged is kept in this browser and goes out when the line is back."],
};
const AGAIN_MS = 5000;

export function paintLull(feed) {
  const state = feed.unreachable ? "offline" : (feed.empty?.state ?? "loading");
  const [title, text] = LULLS[state] ?? ["Not now.", feed.empty?.message ?? ""];
  at("room").hidden = true;
  at("lull").hidden = false;
  at("lull").dataset.state = state;
  at("lull-title").textContent = title;
  at("lull-text").textContent = text;
  const until = feed.empty?.until ? new Date(feed.empty.until) : null;
  at("lull-until").textContent = until ? `At the latest at ${until.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}.` : "";
  at("lull-next").hidden = !["done", "paused", "closed"].includes(state);
  clearTimeout(paintLull.timer);
  if (["leased", "paused", "preparing"].includes(state)) paintLull.timer = setTimeout(() => feed.fill(), AGAIN_MS);
}
