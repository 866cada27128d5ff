// The chat page beyond Gradio, which carries questions and answers: asking, following an answer as it comes, and
// names for what Gradio leaves unnamed. What can be done with an answer is loaded when there is going to be one.

import * as connection from "./connection.js";
import { announce, byId, CURRENT, lasting, number, propose, questionBox, session, words } from "./page.js";

// Before Gradio starts: its own strings in the language of the page, and one request less, since none of
// the page's events can be called from outside.
Object.defineProperty(navigator, "language", { get: () => words.language });
Object.defineProperty(navigator, "languages", { get: () => [words.language] });
window.gradio_api_info = { named_endpoints: {}, unnamed_endpoints: {} };
connection.watch(() => asking, giveUp);

// --- Asking -----------------------------------------------------------------------------------------------

let asking = false;
let following = true; // The last question is kept at the top until the reader scrolls.
let before = null; // What the last reply said when the question was asked, until something else is there…
const heard = new Set(); // …and what of the new one has been read out.

let loading = null;
const reading = () => (loading ??= import("./reading.js"));

const rows = () => document.querySelectorAll("#chat .bot-row");
const lastReply = () => [...rows()].at(-1)?.querySelector(".answer, .trouble");

/** What a reply says, sentence by sentence. */
const SAID = ".understood, .disagreement, .dateline, blockquote, .told .fact, .abstention, .caution, .problem, .stopped";

/** What a model says of it: the last to come, though the first to be seen. */
const WORDED = [".by-model > :is(h3, .worded)", ".translation", ".by-model > .fault"];
const said = (reply) => [SAID, ...WORDED].flatMap((selector) => [...(reply?.querySelectorAll(selector) ?? [])]);

const isWording = () => Boolean(lastReply()?.querySelector(".wording"));

/** The last reply by its place and words: Gradio may draw the very same one anew at any time. */
const lastSaid = () => [rows().length, ...said(lastReply()).map((one) => one.textContent)].join("\n");

/** Something is being asked, by whichever way. */
function begin() {
  if (asking && !isWording()) return;
  asking = following = true;
  before = lastSaid();
  heard.clear();
  connection.calm();
  byId("heard").replaceChildren();
  announce(words.thinking);
  reading().catch(() => (loading = null)); // Not reachable, as will be told.
}

/** The server does not get to say any more. */
function giveUp() {
  asking = false;
  lastReply()?.querySelector(".wording")?.remove();
}

function submit() {
  if (!questionBox().value.trim()) return;
  if (connection.isSevered()) connection.reconnect(questionBox().value);
  else document.querySelector("#question .submit-button").click();
}

/** The reply as it comes: each of its sentences is read out once, and the whole is kept. */
function listen() {
  const reply = lastReply();
  if (!asking || !reply || lastSaid() === before) return;
  before = null;
  for (const sentence of said(reply)) {
    if (heard.has(sentence.textContent)) continue;
    heard.add(sentence.textContent);
    announce(sentence.textContent, sentence.querySelector(".quote[lang]")?.lang || words.language);
  }
  if (reply.querySelector(".thinking")) return;
  asking = isWording();
  reading().then(({ keepPage }) => keepPage());
}

/** Keep the last question at the top while its answer comes. */
function follow() {
  const log = document.querySelector("#chat [role=log]");
  const question = [...document.querySelectorAll("#chat .user-row")].at(-1);
  if (following && question) {
    log.scrollTop += question.getBoundingClientRect().top - log.getBoundingClientRect().top - 12;
  }
}

for (const scrolling of ["wheel", "touchmove"]) {
  document.addEventListener(scrolling, () => (following = false), { passive: true });
}

/** What is unfolded comes into view, and stays there. */
document.addEventListener(
  "toggle",
  ({ target }) => {
    // The quotations come unfolded.
    if (target.localName !== "details" || !target.open || target.matches(".quotations")) return;
    following = false;
    target.scrollIntoView({ block: "nearest" });
  },
  { capture: true },
);

/** How much room is left, once it matters. */
function count() {
  const length = [...questionBox().value].length;
  const shown = byId("count");
  const text = words.characters.replace("{n}", number(length)).replace("{limit}", number(words.questionLimit));
  if (shown.textContent === text) return; // It stands where changes are watched.
  shown.textContent = text;
  shown.hidden = length < 0.8 * words.questionLimit;
  shown.classList.toggle("over", length > words.questionLimit);
}

// --- Clicks and keys --------------------------------------------------------------------------------------

/** Before Gradio hears of it: what asks. */
function asks(event, question) {
  if (!question.trim()) return;
  if (!connection.isSevered()) {
    begin();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  connection.reconnect(question);
}

document.addEventListener(
  "click",
  (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("#samples button")) asks(event, at("#samples button").textContent);
    else if (at("#question .submit-button, #again")) asks(event, questionBox().value);
    else if (at("#digest")) begin();
  },
  { capture: true },
);

document.addEventListener(
  "keydown",
  (event) => {
    if (event.target === questionBox() && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      asks(event, questionBox().value);
    }
  },
  { capture: true },
);

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  if (at(".trouble .retry")) submit();
  if (at("#samples button, #restart, .stop-button, .retry")) questionBox().focus(); // The button is about to go.
  if (at("#show-history")) reading().then(({ showAll }) => showAll());
  if (at("#history .open")) following = true;
  if (at("#restart")) {
    connection.calm();
    reading().then(({ beginAnew }) => beginAnew());
  }
});

document.addEventListener("input", (event) => {
  if (event.target === questionBox()) count();
});

// --- Worded answers, where there is a switch for them --------------------------------------------------------

const SWITCHED = "sourcier.worded"; // "off" where the reader turned it off.

/** As the reader left it, though Gradio turns it on when it starts. */
function keepSwitch() {
  const box = document.querySelector("#worded input");
  if (box?.checked && lasting(SWITCHED) === "off") box.click();
}

document.addEventListener(
  "click",
  ({ target }) => {
    if (target.matches?.("#worded input")) lasting(SWITCHED, target.checked ? null : "off");
  },
  { capture: true },
);

// --- In the frame of another page -------------------------------------------------------------------------

/** Two words and nothing else: that the page can be used, and that Escape found nothing to close here. */
function tellFrame(what) {
  if (parent === window) return;
  const origin = document.referrer ? new URL(document.referrer).origin : "*";
  parent.postMessage({ type: `sourcier:${what}` }, origin);
}

/** After all of ours have heard of it. */
addEventListener("keydown", (event) => {
  const opened = document.querySelector("dialog[open], #exports:popover-open");
  if (event.key === "Escape" && !event.defaultPrevented && !opened) tellFrame("escape");
});

// --- Names ------------------------------------------------------------------------------------------------

function attribute(selector, name, value) {
  for (const one of document.querySelectorAll(selector)) {
    if (one.getAttribute(name) !== value) one.setAttribute(name, value);
  }
}

function nameAll() {
  attribute("#question textarea", "aria-label", words.question); // Its label holds the buttons too.
  attribute("#question textarea", "aria-describedby", "count");
  attribute("#question .submit-button", "aria-label", words.send);
  attribute("#question .stop-button", "aria-label", words.stop);
  attribute("#chat [role=log]", "aria-label", words.conversation);
  attribute("#chat [role=log]", "aria-live", "off"); // It would read the whole answer again with each sentence.
  for (const one of document.querySelectorAll("#chat .answer .revise:not([aria-label])")) {
    one.setAttribute("aria-label", words.revise.replace("{question}", () => one.textContent));
  }
  // Gradio repeats the source of a message here, markup and all.
  for (const one of document.querySelectorAll("#chat [data-testid][aria-label]")) one.removeAttribute("aria-label");
}

// --- Start ------------------------------------------------------------------------------------------------

let started = false;

/** Once Gradio's box is there: beside it what belongs to it, in it what was asked for, above it what was said. */
function start() {
  started = true;
  connection.settleIn(submit);
  byId("question").after(byId("count"));
  const { question, sent } = connection.takeUp();
  const proposed = question ?? new URLSearchParams(location.search).get("q");
  if (proposed) propose(proposed);
  if (session(CURRENT)) recall(sent);
  else if (sent) submit();
  tellFrame("ready");
}

/** Bring the conversation of this tab back, and go on with it where a question was cut short. */
async function recall(sent) {
  document.body.classList.add("recalling");
  const { recallCurrent } = await reading();
  const recalled = recallCurrent();
  setTimeout(() => document.body.classList.remove("recalling"), recalled && 2000); // Or it does not come.
  if (sent) submitAfter(recalled);
}

/** Ask what is in the box as soon as the conversation is there again. */
function submitAfter(turns) {
  const timer = setInterval(() => {
    if (document.querySelectorAll("#chat .answer .turn").length < turns) return;
    clearInterval(timer);
    submit();
  }, 50);
}

const onChange = () => {
  nameAll();
  keepSwitch();
  if (!started && questionBox() && byId("again")) start();
  listen();
  follow();
  if (started) count();
};

new MutationObserver(onChange).observe(document.querySelector("gradio-app"), {
  attributeFilter: ["aria-label"],
  childList: true,
  subtree: true,
});
