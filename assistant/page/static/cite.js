// What cannot be told on the server: which sentence the address is about, and so what is to be cited.

import "./copy.js";
import { addressOf } from "./fragment.js";
import { byId, copy, words } from "./page.js";

const sentences = [...document.querySelectorAll(".text span[id]")];
const original = byId("in-original");
const origin = original?.href;

/** The place of the sentence in the address, -1 where it is about the whole article. */
const current = () => sentences.findIndex((sentence) => `#${sentence.id}` === location.hash);

function show() {
  const at = current();
  const quotation = at < 0 ? "" : sentences[at].textContent;
  byId("cited").textContent =
    at < 0 ? words.cite : words.citeSentence.replace("{n}", at + 1).replace("{total}", sentences.length);
  byId("quotation").textContent = quotation && `${words.quoted.replace("{text}", () => quotation)} — `;
  byId("address").textContent = location.origin + location.pathname + (at < 0 ? "" : location.hash);
  byId("previous").disabled = at < 0;
  byId("next").disabled = at === sentences.length - 1;
  if (!original) return;
  original.hidden = at < 0;
  original.href = at < 0 ? origin : addressOf(origin, quotation);
}

/** Makes a sentence the one that the address is about, without a step in the history; -1 is the whole article.
    `top` is how far below the top of the window it shall be, where the style should not decide. */
function choose(at, top = "") {
  if (at >= 0) sentences[at].style.scrollMarginBlockStart = top;
  location.replace(at < 0 ? "#0" : `#${sentences[at].id}`);
  // Of no sentence: the mark goes and nothing moves, where "#" alone would lead to the top.
  if (at < 0) history.replaceState(null, "", location.pathname + location.search);
}

addEventListener("hashchange", show);
byId("previous").addEventListener("click", () => choose(current() - 1));
byId("next").addEventListener("click", () => choose(current() + 1));
byId("copy").addEventListener("click", () => copy(document.querySelector(".reference").textContent));
document.querySelector(".text").addEventListener("click", (event) => {
  const at = sentences.indexOf(event.target.closest("span[id]"));
  if (at < 0 || !getSelection().isCollapsed) return;
  // It is being read where it is.
  choose(at === current() ? -1 : at, `${sentences[at].getBoundingClientRect().top}px`);
});

byId("sentences").hidden = byId("copy").hidden = false;
show();
