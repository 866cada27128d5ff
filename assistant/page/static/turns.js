// Answers as data, and what is made of them outside the page: plain text, Markdown, one page of HTML.

import { date, element, today, words } from "./page.js";

/** Question, answer object and generation of an answer on the page; null while it is still coming. */
export function turnOf(answer) {
  const kept = answer?.querySelector(".turn");
  return kept ? JSON.parse(kept.textContent) : null;
}

export const turnsOnPage = () => [...document.querySelectorAll("#chat .answer:has(.turn)")].map(turnOf);

export const citationsOf = ({ answer }) => (answer.abstained ? answer.nearest : answer.citations);

/** The address of a citation, which holds anywhere. */
const address = (citation) => new URL(`..${citation.url}`, document.baseURI).href;

const facts = (citation) => [date(citation.published), citation.source].filter(Boolean).join(", ");

const heading = (citations) => words.sources[new Set(citations.map((one) => one.article_id)).size === 1 ? 0 : 1];

/** What is quoted, each piece with the numbers of its citations. */
function quotations({ answer }) {
  if (answer.abstained) return answer.nearest.map((near) => ({ text: near.quote, numbers: [near.number], near }));
  return answer.statements.map(({ text, citations }) => ({
    text,
    numbers: citations,
    near: answer.citations.find((one) => one.number === citations[0]),
  }));
}

/** What a model words of it, with citations numbered for it alone; null where it words nothing. */
function wordedIn({ answer }) {
  if (!answer.worded?.statements.length) return null;
  const sentences = answer.worded.statements.map(({ text, citations }) => ({
    text: citations.length ? text : `${text} (${words.unverified})`,
    numbers: citations,
  }));
  return { sentences, citations: answer.worded.citations };
}

// --- Plain text -------------------------------------------------------------------------------------------

/** What a model words, with the numbers and sources of its own; then the quotations with theirs. */
export function plainText(turn) {
  const marked = ({ text, numbers }) => [text, ...numbers.map((one) => `[${one}]`)].join(" ");
  const quoted = [...quotations(turn).map(marked), plainSources(citationsOf(turn))];
  const worded = wordedIn(turn);
  if (!worded) return quoted.join("\n\n");
  const said = [...worded.sentences.map(marked), ...(worded.citations.length ? [plainSources(worded.citations)] : [])];
  return [words.byModel, ...said, words.quotations, ...quoted].join("\n\n");
}

function plainSources(citations) {
  const sources = citations.map(
    (one) => `[${one.number}] ${one.title || words.untitled}, ${facts(one)}\n${address(one)}`,
  );
  return [heading(citations), ...sources].join("\n");
}

// --- Markdown ---------------------------------------------------------------------------------------------

/** A text in which Markdown finds nothing: shown, it is what it was, but for lines that were indented. */
const literal = (text) =>
  text
    .replace(/^[ \t]+/gm, "")
    .replace(/[\\`*_[\]<>~$&|]/g, "\\$&")
    .replace(/^[#+=-]/gm, "\\$&")
    .replace(/^(\d+)([.)])/gm, "$1\\$2");

const quoted = (text) => text.split("\n").map((line) => `> ${line}`).join("\n");

const linked = (text, citation) => `[${text}](<${address(citation)}>)`;

export function markdown(turn) {
  const cited = citationsOf(turn);
  const quotes = quotations(turn).map((quotation) => quoted(markedLiteral(quotation, cited)));
  const parts = [...notesOf(turn).map(literal), ...quotes, ...listed(cited)];
  const worded = wordedIn(turn);
  if (!worded) return parts.join("\n\n");
  const said = worded.sentences.map((sentence) => markedLiteral(sentence, worded.citations));
  const before = [`**${words.byModel}**`, ...said, ...listed(worded.citations), `**${words.quotations}**`];
  return [...before, ...parts].join("\n\n");
}

function markedLiteral({ text, numbers }, citations) {
  const chip = (number) => linked(`\\[${number}\\]`, citations.find((one) => one.number === number));
  return [literal(text), ...numbers.map(chip)].join(" ");
}

function listed(citations) {
  const sources = citations.map(
    (one) => `- \\[${one.number}\\] ${linked(literal(one.title || words.untitled), one)}, ${literal(facts(one))}`,
  );
  return sources.length ? [`**${heading(citations)}**`, sources.join("\n")] : [];
}

/** What is said before the quotations. */
function notesOf({ answer }) {
  if (answer.abstained) return [words.abstention, ...(answer.nearest.length ? [words.nearest] : [])];
  return answer.disagreement ? [words.disagreements[answer.disagreement.matter]] : [];
}

const oneLine = (text) => text.trim().replace(/\s*\n\s*/g, " ");

export function markdownOf(turns) {
  const parts = turns.flatMap((turn) => [
    `## ${literal(oneLine(turn.answer.question))}`,
    ...understood(turn).map((text) => literal(oneLine(text))),
    markdown(turn),
  ]);
  return `${[`# ${words.title}, ${date(today())}`, ...parts].join("\n\n")}\n`;
}

const understood = ({ answer }) =>
  answer.understood_as ? [words.understoodAs.replace("{question}", () => answer.understood_as)] : [];

// --- HTML -------------------------------------------------------------------------------------------------

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.55 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1.25rem; }
h1, blockquote { font-family: Charter, Georgia, serif; }
h2 { margin-top: 2.5rem; font-size: 1.1rem; white-space: pre-wrap; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 2px solid; font-size: 1.1rem; }
.quote { white-space: pre-wrap; overflow-wrap: anywhere; }
h3 { font-size: 0.85rem; }
ul { padding: 0; list-style: none; }
li { margin: 0.3rem 0; overflow-wrap: anywhere; }`;

/** The conversation as one file that needs nothing else: no script, every text escaped, absolute links. */
export function htmlOf(turns) {
  const title = `${words.title}, ${date(today())}`;
  const page = document.implementation.createHTMLDocument(title);
  page.documentElement.lang = words.language;
  page.head.prepend(
    element("meta", "", { charset: "utf-8" }),
    element("meta", "", {
      "http-equiv": "Content-Security-Policy",
      content: "default-src 'none'; style-src 'unsafe-inline'",
    }),
    element("meta", "", { name: "viewport", content: "width=device-width, initial-scale=1" }),
  );
  page.head.append(element("style", STYLE));
  page.body.append(element("h1", title), ...turns.flatMap(htmlParts));
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`;
}

function htmlParts(turn) {
  const cited = citationsOf(turn);
  const notes = [...understood(turn), ...notesOf(turn)];
  const parts = [element("h2", turn.answer.question), ...wordedParts(turn), ...notes.map((note) => element("p", note))];
  for (const { text, numbers, near } of quotations(turn)) {
    const quote = element("blockquote");
    quote.append(element("span", text, { class: "quote", lang: near?.language ?? "" }), ...chips(numbers, cited));
    parts.push(quote);
  }
  return [...parts, ...sourceList(cited)];
}

function wordedParts(turn) {
  const worded = wordedIn(turn);
  if (!worded) return [];
  const sentences = worded.sentences.map(({ text, numbers }) => {
    const sentence = element("p", text);
    sentence.append(...chips(numbers, worded.citations));
    return sentence;
  });
  const sources = sourceList(worded.citations);
  return [element("h3", words.byModel), ...sentences, ...sources, element("h3", words.quotations)];
}

const chips = (numbers, citations) =>
  numbers.flatMap((number) => [" ", link(`[${number}]`, citations.find((one) => one.number === number))]);

function sourceList(citations) {
  if (!citations.length) return [];
  const list = element("ul");
  for (const one of citations) {
    const source = element("li", `[${one.number}] `);
    source.append(link(one.title || words.untitled, one), `, ${facts(one)}`);
    list.append(source);
  }
  return [element("h3", heading(citations)), list];
}

const link = (text, citation) => element("a", text, { href: address(citation) });
