// The review page: one item on the screen, the next behind it, one key per action.

import { Activity } from "./activity.js";
import { Amending } from "./amend.js";
import { Refused, get, insist, post } from "./api.js";
import { Boxes } from "./boxes.js";
import { paintItem, paintLull, paintOutbox, paintProgress, paintQuestion, paintReasons, say } from "./desk.js";
import { Drafts } from "./drafts.js";
import { Exchange } from "./exchange.js";
import { ExchangeTracks } from "./exchangetracks.js";
import { Feed } from "./feed.js";
import { Sheet, contradiction } from "./identity.js";
import { Keys } from "./keys.js";
import { Original } from "./original.js";
import { Outbox } from "./outbox.js";
import { afterVote } from "./panel.js";
import { Player } from "./player.js";
import { playerKeys } from "./playerkeys.js";
import { choose, open, signInAgain } from "./sheets.js";
import { Tracks } from "./tracks.js";

const data = JSON.parse(document.getElementById("review-data").textContent);
const at = (id) => document.getElementById(id);

const keys = new Keys();
const signIn = signInAgain({ dialog: at("signin"), keys, url: data.urls.login, user: data.user });
const outbox = new Outbox({ user: data.user, url: data.urls.judgments, signIn });
const activity = new Activity();
const drafts = new Drafts();
const progress = { ...data.progress };
const feed = new Feed({
  urls: data.urls,
  outbox,
  signIn,
  leaseSeconds: data.lease_seconds,
  left: () => Math.max(0, progress.places - progress.done),
});
const controls = {
  stage: at("stage"),
  time: at("time"),
  speeds: [...document.querySelectorAll("[data-speed]")],
  loop: at("loop"),
  sound: at("sound"),
  play: at("play"),
};
// A dispute is settled on the page on which it arose.
const pairs = data.queue.about === "pairs";
const sheet = data.queue.about === "identity";
const takes = [at("take-a"), at("take-b")];
const player = pairs ? new Exchange({ ...controls, takes }) : sheet ? new Sheet({ ...controls, rows: [at("row-a"), at("row-b")], counts: [at("count-a"), at("count-b")] }) : new Player({ ...controls, takes });
const onSeek = (share) => player.seekShare(share);
const tracks = pairs ? new ExchangeTracks(at("tracks"), { onSeek }) : sheet ? null : new Tracks(at("tracks"), { onSeek });

const boxes = pairs || sheet ? null : new Boxes(at("boxes"), at("boxes-switch"), { on: data.questions.some((question) => question.key === "speaker") });
const original = boxes && new Original({ player, button: at("quality"), signIn });
const questions = new Map(data.questions.map((question) => [question.key, question]));
const panel = data.queue.kind === "adjudication";
const past = [];
let current = null;
let answers = {};
let reasons = new Set();
const amending = new Amending({ outbox, onStop: () => current && paintAsked() });
let busy = false;

// Asking -----------------------------------------------------------------------------------------------------

function asked() {
  return current.questions.map((key) => questions.get(key));
}

function openQuestion() {
  return asked().find((question) => !(question.key in answers)) ?? asked().at(-1);
}

function show(item, since = null) {
  current = item;
  answers = { ...(item.draft?.answers ?? {}) };
  reasons = new Set(item.draft?.reasons ?? []);
  at("room").hidden = false;
  at("lull").hidden = true;
  player.show(item, { since });
  activity.start();
  tracks?.show(item, item.known);
  boxes?.show(item, item.known);
  original?.show(item);
  paintItem(current, data.queue.blind);
  paintAsked();
  if (feed.next) player.prepare(feed.next);
}

function advance(since = null) {
  const item = feed.take();
  if (item) {
    show(item, since);
    return;
  }
  current = null;
  player.rest();
  paintLull(feed);
}

feed.addEventListener("change", () => {
  if (!current && feed.next && !busy) advance();
  else if (current && feed.next) player.prepare(feed.next);
  if (!current && !busy) paintLull(feed);
});

feed.addEventListener("source", ({ detail }) => {
  at("room").dataset.ahead = String(feed.items.filter((item) => item.here).length);
  if (detail !== current) return;
  at("stage-note").textContent = "";
  player.mend(detail);
});

// Answering --------------------------------------------------------------------------------------------------

function answer(option, event) {
  if (!current || busy) return;
  const question = openQuestion();
  const against = sheet && contradiction(option.key, current.details, current.clips);
  if (against) {
    say(against);
    return;
  }
  answers[question.key] = option.key;
  if (openQuestion() !== question || !asked().every((one) => one.key in answers)) {
    drafts.keep(current, answers, reasons);
    paintAsked();
    return;
  }
  submit({ kind: "answer", answers }, event);
}

function accept(event) {
  if (!current) return;
  const question = openQuestion();
  const option = current.proposal && question.options.find((one) => one.key === current.proposal.word);
  if (option) answer(option, event);
  else say(current.proposal ? "The policy is undecided here: choose an answer." : "There is no proposal to accept: choose an answer.");
}

function submit({ kind, answers: given = {}, more = [] }, event) {
  amending.stop();
  drafts.forget();
  const item = current;
  const entry = {
    id: crypto.randomUUID(),
    slot: item.slot,
    token: item.token,
    kind,
    answers: kind === "answer" ? given : {},
    reasons: [...reasons, ...more],
    active_ms: activity.read(),
    watched_share: player.watchedShare(),
    shown: item.shown,
    supersedes: item.supersedes ?? null,
    details: item.details ?? {},
    at: Date.now(),
  };
  past.push({ item, entry });
  if (past.length > 50) past.shift();
  const question = asked().at(-1);
  const corrects = kind === "answer" && item.proposal && given[question.key] !== item.proposal.word;
  const wait = corrects && !reasons.size && question.reasons.length > 0 && !panel;
  const told = outbox.put(entry, { held: wait });
  progress.done += item.supersedes ? 0 : 1;
  progress.mine += item.supersedes ? 0 : 1;
  learnSpeed(entry.active_ms);
  feed.drop(item);
  if (panel) {
    busy = true;
    player.pause();
    const late = setTimeout(() => say("Your vote is kept. What the others said comes as soon as the server has answered."), 700);
    told
      .then((result) => {
        clearTimeout(late);
        return afterVote({ item, entry, result, questions, keys, outbox, activity });
      })
      .then((second) => second && past.splice(-1, 1, { item, entry: second, second: true }))
      .finally(() => {
        busy = false;
        advance();
      });
    return;
  }
  if (data.correct && item.correcting) {
    told.then(() => location.assign(data.urls.me));
    return;
  }
  advance(event?.timeStamp ?? null);
  if (wait && current) {
    amending.start(entry.id, given[question.key]);
    paintAsked();
  } else if (wait) outbox.release(entry.id);
  paintProgress(progress);
}

function toggleReason(reason) {
  if (amending.now) {
    amending.toggle(reason.key);
  } else if (current) {
    if (!reasons.delete(reason.key)) reasons.add(reason.key);
    drafts.keep(current, answers, reasons);
  }
  paintChosen();
}

async function undo() {
  if (busy) return;
  const last = past.pop();
  if (!last) {
    say("Nothing to undo on this page. Earlier judgments can be corrected under “My work”.");
    return;
  }
  amending.forget();
  // A changed mind replaced a vote that the server has: taken back there, not here.
  if (!last.second && outbox.remove(last.entry.id)) {
    back(last.item, last.entry);
    return;
  }
  busy = true;
  say("Taking it back…");
  try {
    const told = await outbox.told(last.entry.id);
    if (told?.state === "refused") {
      say(told.message);
      return;
    }
    const url = `${data.urls.judgments}/${last.entry.id}/retract`;
    const id = crypto.randomUUID();
    const { item } = await insist(() => post(url, { id }), signIn);
    if (item) back(feed.again(item, last.item), last.entry);
    else say("Taken back.");
  } catch (error) {
    say(error instanceof Refused ? error.message : "It could not be taken back; try again.");
    past.push(last);
  } finally {
    busy = false;
  }
}

function back(item, entry) {
  if (current) feed.putBack(current);
  progress.done -= 1;
  progress.mine -= 1;
  feed.handedOut = item;
  item.gone = false;
  item.draft = { answers: {}, reasons: entry.reasons };
  show(item);
  paintProgress(progress);
  say("Undone. Judge it again.");
}

async function cannot(event) {
  if (!current || busy) return;
  const item = current;
  const found = await choose(at("cannot"), keys);
  if (found === null || current !== item) return;
  reasons = new Set();
  submit({ kind: "cannot", more: found === "none" ? [] : [found] }, event);
}

async function report() {
  if (!current || busy) return;
  const item = current;
  const clip = player.reported ? player.reported() : item.clips[0].id;
  if (clip === null) {
    say("Mark the clip that you mean with its key, or hear it with Enter; then report it.");
    return;
  }
  const dialog = at("report");
  dialog.querySelector("textarea").value = "";
  const found = await choose(dialog, keys);
  if (found === null) return;
  busy = true;
  try {
    const note = dialog.querySelector("textarea").value;
    await insist(() => post(data.urls.report, { clip, problem: found, note }), signIn);
    say("Reported. The clip is held until a curator has looked.");
    feed.drop(item);
    busy = false;
    advance();
  } catch (error) {
    say(error.message);
  } finally {
    busy = false;
  }
}

// Painting ---------------------------------------------------------------------------------------------------

function paintAsked() {
  const question = openQuestion();
  paintQuestion(question, current, answer);
  setKeys(question);
  paintChosen();
}

function paintChosen() {
  if (current) paintReasons(openQuestion(), amending.now?.reasons ?? reasons, amending.now?.word ?? null, toggleReason);
}

function learnSpeed(active) {
  const seconds = active / 1000;
  progress.seconds = progress.seconds ? progress.seconds * 0.9 + seconds * 0.1 : seconds;
}

// Keys -------------------------------------------------------------------------------------------------------

function setKeys(question) {
  for (const key of setKeys.own ?? []) keys.actions.delete(key);
  setKeys.own = [];
  for (const option of question.options) {
    keys.set(option.hotkey, (event) => answer(option, event));
    setKeys.own.push(option.hotkey);
  }
  for (const reason of question.reasons) {
    keys.set(reason.hotkey, () => toggleReason(reason));
    setKeys.own.push(reason.hotkey);
  }
}

const fixed = {
  " ": accept,
  u: undo,
  x: cannot,
  "!": report,
  "?": () => open(at("help"), keys, new Map([["?", () => at("help").leave("")]])),
  ...playerKeys({ player, about: data.queue.about, boxes, original, item: () => current }),
};
for (const [key, action] of Object.entries(fixed)) keys.set(key, action);

for (const button of document.querySelectorAll("[data-press]")) {
  button.addEventListener("click", (event) => {
    const action = fixed[button.dataset.press];
    (action.run ?? action)(event);
    button.blur();
  });
}
for (const button of document.querySelectorAll("[data-speed]")) {
  button.addEventListener("click", () => player.setSpeed(Number(button.dataset.speed)));
}
if (!sheet) at("stage").addEventListener("click", () => player.toggle());
player.addEventListener("time", ({ detail }) => {
  tracks?.at(detail.share, detail.time);
  boxes?.at(detail.time);
});
player.addEventListener("clips", ({ detail }) => tracks.redraw(detail));
player.addEventListener("broken", ({ detail }) => {
  at("stage-note").textContent = detail.here
    ? "This clip does not play. Press x and say so, or ! to report it."
    : "This clip is not here yet; it comes as soon as the line is back.";
});
outbox.addEventListener("change", () => paintOutbox(outbox));
outbox.addEventListener("answer", ({ detail }) => {
  if (detail.state === "refused") say(`Not taken: ${detail.message} It is kept in this browser.`);
  else if (detail.state === "surplus" && detail.reason === "full") say("Somebody else had finished that clip; yours is kept as an extra.");
  document.dispatchEvent(new CustomEvent("rushes:judged", { detail }));
});
window.addEventListener("pagehide", () => outbox.releaseAll());
setInterval(async () => {
  try {
    const fresh = await get(data.urls.progress);
    progress.places = fresh.places;
    progress.done = fresh.done + outbox.size;
    paintProgress(progress);
  } catch {
    /* the numbers of a moment ago stay */
  }
}, 20000);

paintProgress(progress);
paintOutbox(outbox);
if (data.correct) {
  data.correct.correcting = true;
  feed.handedOut = data.correct;
  data.correct.known = feed.around(data.correct);
  show(data.correct);
} else {
  feed.fill();
}
