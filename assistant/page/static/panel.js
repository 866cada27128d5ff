// The article behind a citation, at the cited sentence, and the way to the answer's other citations.

import { article, bodyOf, target } from "./articles.js";
import { close as closeCard } from "./card.js";
import { byId, date, element, questionBox, words } from "./page.js";

const panel = byId("panel");

let citations = []; // Those of the answer that is being read, in order.
let current = -1;
let origin = null; // Where the focus goes back to.

export const isOpen = () => !panel.hidden;

export function open(link) {
  const quoted = [...link.closest(".answer").querySelectorAll(":is(.worded, blockquote) a.cite")];
  citations = quoted.filter((one, index) => quoted.findIndex((other) => other.href === one.href) === index);
  origin = link;
  show(citations.findIndex((citation) => citation.href === link.href));
}

export function close() {
  panel.hidden = true;
  document.body.classList.remove("reading");
  citations[current]?.removeAttribute("aria-current");
  citations = [];
  current = -1;
  (origin?.isConnected ? origin : questionBox())?.focus();
  closeCard(); // Who comes back from the article has seen what a citation stands for.
}

async function show(index) {
  current = index;
  const citation = citations[index];
  const { id, number } = target(citation);
  let found = null;
  let failure = null;
  try {
    found = await article(id);
  } catch (error) {
    failure = error.message;
  }
  if (citations[current] !== citation) return; // Another one was chosen meanwhile.
  for (const one of document.querySelectorAll(".cite[aria-current]")) one.removeAttribute("aria-current");
  citation.setAttribute("aria-current", "true");
  byId("place").textContent = words.place.replace("{n}", index + 1).replace("{total}", citations.length);
  byId("previous").disabled = index === 0;
  byId("next").disabled = index === citations.length - 1;
  byId("whole").href = `../articles/${id}?ui=${words.language}#s${number}`;
  byId("whole").hidden = failure === "gone";
  if (found) fill(found, number);
  else fillFailure(failure);
  panel.hidden = false;
  document.body.classList.add("reading");
  (byId("article-text").querySelector("mark") ?? byId("article-title")).scrollIntoView({ block: "center" });
  byId("article-title").focus({ preventScroll: true });
}

function fill(found, number) {
  byId("article-title").textContent = found.title || words.untitled;
  const facts = [date(found.published), found.source, found.author].filter(Boolean);
  byId("article-facts").replaceChildren(...facts.map((fact) => element("bdi", fact)));
  byId("article-title").lang = byId("article-text").lang = found.language ?? "";
  byId("article-text").replaceChildren(bodyOf(found, number));
}

function fillFailure(failure) {
  byId("article-title").textContent = words[failure];
  byId("article-facts").textContent = failure === "gone" ? words.goneHint : "";
  byId("article-title").lang = words.language;
  byId("article-text").replaceChildren();
}

byId("close").addEventListener("click", close);
byId("previous").addEventListener("click", () => show(current - 1));
byId("next").addEventListener("click", () => show(current + 1));
