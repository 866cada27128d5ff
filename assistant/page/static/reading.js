// What can be done with an answer and with the conversation: reading the sources, copying, exporting, rating,
// keeping.

import "./copy.js";
import * as card from "./card.js";
import { begin, keep, recallCurrent, showAll } from "./history.js";
import { byId, copy, download, fillBox, propose, today, words } from "./page.js";
import * as panel from "./panel.js";
import { criticise, praise } from "./rating.js";
import { htmlOf, markdown, markdownOf, plainText, turnOf, turnsOnPage } from "./turns.js";

export { begin as beginAnew, recallCurrent, showAll };

export const keepPage = () => keep(turnsOnPage());

/** By what was clicked in an answer. */
const ANSWER_TOOLS = {
  ".copy": (answer) => copy(plainText(turnOf(answer))),
  ".markdown": (answer) => copy(markdown(turnOf(answer))),
  ".link": (answer) => copy(shareLink(turnOf(answer).answer.question), words.linkCopied),
  ".up": praise,
  ".down": criticise,
  ".again": (answer) => {
    propose(turnOf(answer).answer.question);
    byId("again").click();
  },
  ".digest": (answer) => {
    const { question, citations } = turnOf(answer).answer;
    const articles = [...new Set(citations.map((one) => one.article_id))];
    fillBox(document.querySelector("#digested textarea, #digested input"), JSON.stringify({ subject: question, articles }));
    byId("digest").click();
  },
  ".revise": (answer) => propose(answer.querySelector(".revise").textContent),
};

/** A link to the question, not to its answer: whoever follows it finds the question in the box. */
const shareLink = (question) => new URL(`./?q=${encodeURIComponent(question)}`, document.baseURI).href;

const fileName = (suffix) => `${words.title.toLowerCase()}-${today()}.${suffix}`;

const PAGE_TOOLS = {
  "#export-markdown": () => download(fileName("md"), "text/markdown", markdownOf(turnsOnPage())),
  "#export-html": () => download(fileName("html"), "text/html", htmlOf(turnsOnPage())),
  "#print": () => window.print(),
};

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  const link = at("#chat .answer :is(a.cite, a.title)");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    card.close();
    panel.open(link);
  }
  for (const [selector, use] of Object.entries(ANSWER_TOOLS)) if (at(`.answer ${selector}`)) use(at(".answer"));
  for (const [selector, use] of Object.entries(PAGE_TOOLS)) {
    if (!at(selector)) continue;
    byId("exports").hidePopover();
    use();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open], #exports:popover-open")) return;
  if (!card.isOpen() && !panel.isOpen()) return;
  event.preventDefault();
  if (card.isOpen()) card.close();
  else panel.close();
});
