// What a citation stands for, shown beside it while the pointer or the focus is on it.
// WCAG 2.2, 1.4.13: Escape takes it away, the pointer can go onto it, and it stays until the reader leaves.

import { article, target } from "./articles.js";
import { date, element, unbroken, words } from "./page.js";
import { citationsOf, turnOf } from "./turns.js";

const card = document.getElementById("card");
const PAUSE = 100; // Milliseconds on a citation before the card comes, and off it before the card goes.

let shown = null; // The citation that the card is about.
let timer = 0;

export const isOpen = () => shown !== null;

export function close() {
  clearTimeout(timer);
  shown?.removeAttribute("aria-describedby");
  shown = null;
  if (card.matches(":popover-open")) card.hidePopover();
}

function open(link) {
  if (link === shown || !link.isConnected) return;
  close();
  const turn = turnOf(link.closest(".answer"));
  const citations = link.closest(".by-model") ? turn?.answer.worded?.citations : turn && citationsOf(turn);
  const citation = citations?.find((one) => `[${one.number}]` === link.textContent);
  if (!citation) return; // The answer is still coming.
  fill(citation);
  shown = link;
  link.setAttribute("aria-describedby", "card");
  card.showPopover();
  place(link);
  article(target(link).id).catch(() => {}); // So that it is there when the citation is followed.
}

function fill(citation) {
  const [title, facts, quote] = card.children;
  title.textContent = citation.title || words.untitled;
  facts.replaceChildren(...[date(citation.published), citation.source].filter(Boolean).map((one) => element("bdi", one)));
  quote.replaceChildren(...unbroken(citation.quote));
  title.lang = quote.lang = citation.language ?? "";
}

/** Below the citation, or above it where there is no room, and always within the window. */
function place(link) {
  const at = [...link.getClientRects()].at(-1);
  const { width, height } = card.getBoundingClientRect();
  const below = at.bottom + height + 8 <= innerHeight || at.top < height + 8;
  card.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, at.left))}px`;
  card.style.top = `${below ? at.bottom + 4 : at.top - height - 4}px`;
}

const soon = (action) => {
  clearTimeout(timer);
  timer = setTimeout(action, PAUSE);
};

const chip = (node) => node.closest?.("#chat .answer a.cite");

function leave() {
  if (shown && document.activeElement !== shown) soon(close);
  else clearTimeout(timer);
}

document.addEventListener("pointerover", ({ target: node, pointerType }) => {
  if (pointerType === "touch") return; // A tap opens the article itself.
  if (chip(node)) soon(() => open(chip(node)));
  else if (card.contains(node)) clearTimeout(timer);
  else leave();
});

document.documentElement.addEventListener("pointerleave", leave);

document.addEventListener("focusin", ({ target: node }) => {
  if (chip(node) && node.matches(":focus-visible")) open(chip(node));
});

document.addEventListener("focusout", ({ target: node }) => {
  if (node === shown) close();
});

document.addEventListener("scroll", close, { capture: true, passive: true });
