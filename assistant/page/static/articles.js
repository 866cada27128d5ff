// The articles behind the citations. They are hostile text: they enter the page as text nodes only.

import { element, unbroken, words } from "./page.js";

const CITATION = /\/articles\/([^/?#]+)#s(\d+)$/;
const articles = new Map();

/** The article id of a citation's link, as it is quoted there, and the number of the sentence. */
export function target(link) {
  const [, id, number] = CITATION.exec(link.getAttribute("href"));
  return { id, number: Number(number) };
}

/** The article behind a quoted id; one that could not be had is asked for again. */
export function article(id) {
  if (!articles.has(id)) articles.set(id, fetched(id));
  return articles.get(id);
}

async function fetched(id) {
  try {
    const response = await fetch(`../api/articles/${id}`);
    if (response.ok || response.status === 404) mark(id, !response.ok);
    if (response.ok) return await response.json();
    throw new Error(response.status === 404 ? "gone" : "articleUnreachable");
  } catch (error) {
    articles.delete(id);
    throw error.message === "gone" ? error : new Error("articleUnreachable");
  }
}

/** Mute the citations of an article that has left the corpus, and say why beside their source. */
function mark(id, gone) {
  for (const link of document.querySelectorAll("#chat a.cite")) {
    if (target(link).id === id) link.classList.toggle("gone", gone);
  }
  for (const source of document.querySelectorAll("#chat .sources li:has(a.cite)")) {
    if (target(source.querySelector("a.cite")).id !== id) continue;
    source.querySelector(".why")?.remove();
    if (gone) source.querySelector(".line").append(" ", element("span", words.gone, { class: "why" }));
  }
}

/** The text as it is stored, not a character more: sentences in elements, all between them as it stands. */
export function bodyOf({ text, sentences }, cited) {
  const points = Array.from(text); // Offsets count code points, strings count UTF-16 units.
  const slice = (start, end) => points.slice(start, end).join("");
  const body = document.createDocumentFragment();
  let paragraph = null;
  let position = 0;
  for (const sentence of sentences) {
    const gap = slice(position, sentence.start);
    if (paragraph?.number !== sentence.paragraph) {
      body.append(gap);
      paragraph = { number: sentence.paragraph, element: element("p") };
      if (position && gap.split("\n").length === 2) paragraph.element.className = "close";
      body.append(paragraph.element);
    } else {
      paragraph.element.append(gap);
    }
    const name = sentence.number === cited ? "mark" : "span";
    const shown = element(name);
    shown.append(...unbroken(slice(sentence.start, sentence.end)));
    paragraph.element.append(shown);
    position = sentence.end;
  }
  body.append(slice(position));
  return body;
}
