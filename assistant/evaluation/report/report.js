"use strict";

// The report stands without this: here the cases are filtered, and what stands around them is added on opening.
// Whatever comes from articles and questions goes into the page as text, never as markup.

const { cases, articles, words, run } = JSON.parse(document.getElementById("data").textContent);
const details = [...document.querySelectorAll("details.case")];
const byId = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function button(label, press) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", () => press(made));
  return made;
}

// --- Articles: offsets count code points, strings of this language count UTF-16 units ----------------------

const points = new Map();

function cut(article, start, end) {
  const [first, text] = pieceAround(article, start);
  if (!points.has(text)) points.set(text, [...text]);
  return points.get(text).slice(start - first, end - first).join("");
}

function pieces(article) {
  return articles[article].slice(2);
}

function pieceAround(article, offset) {
  return pieces(article).findLast(([first]) => first <= offset);
}

// One piece of an article, with the expected words highlighted and the cited ones underlined.
function passage(article, [first, text], gold, cited) {
  const end = first + [...text].length;
  const inside = (spans) => spans.filter(([at, from, to]) => at === article && from >= first && to <= end);
  const marked = [...inside(gold), ...inside(cited)];
  const bounds = [...new Set([first, end, ...marked.flatMap(([, from, to]) => [from, to])])].sort((a, b) => a - b);
  const paragraph = element("p", { dir: "auto", class: "passage" });
  if (articles[article][1]) paragraph.lang = articles[article][1];
  bounds.slice(0, -1).forEach((from, index) => {
    const within = (spans) => inside(spans).some(([, start, stop]) => start <= from && from < stop);
    const part = cut(article, from, bounds[index + 1]);
    const shown = within(cited) ? element("u", {}, part) : part;
    paragraph.append(within(gold) ? element("mark", {}, shown) : shown);
  });
  return paragraph;
}

// A window onto the article, opened at the expected words.
function goldInArticle({ gold, cited }) {
  const reading = element("div", { class: "reading-window", role: "region", "aria-label": words.in_article, tabindex: "0" });
  for (const article of new Set(gold.map(([at]) => at))) {
    reading.append(element("p", { class: "source" }, element("bdi", {}, articles[article][0])));
    const around = pieces(article).filter((piece) => gold.some(([at, from]) => at === article && pieceAround(at, from) === piece));
    reading.append(...around.flatMap((piece, index) => [
      ...(index ? [element("p", { class: "note" }, words.elsewhere)] : []),
      passage(article, piece, gold, cited),
    ]));
  }
  return element("section", { class: "around" }, element("h4", {}, words.in_article), reading);
}

function retrievedTable({ retrieved }) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const head = [words.rank, words.score, words.mark, words.sentence].map((label) => element("th", { scope: "col" }, label));
  const rows = retrieved.map(([article, start, end, rank, score, mark]) => {
    const sentence = element("td", {}, element("blockquote", { dir: "auto" }, cut(article, start, end)),
      element("p", { class: "source" }, element("bdi", {}, articles[article][0])));
    return element("tr", {},
      element("th", { scope: "row" }, String(rank)),
      element("td", { class: "number" }, number.format(score)),
      element("td", {}, element("span", { class: `verdict ${mark}` }, words[`mark_${mark}`])),
      sentence);
  });
  return element("section", { class: "retrieved" }, element("h4", {}, words.retrieved),
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
}

// --- A case, when it is opened -----------------------------------------------------------------------------

function fill(index) {
  const body = details[index].querySelector(".body");
  if (body.querySelector(".buttons")) return;
  const one = cases[index];
  if (one.gold.length) body.append(goldInArticle(one));
  if (one.retrieved.length) body.append(retrievedTable(one));
  const flag = button("", () => setDisputed(index, !disputed.has(index)));
  flag.className = "flag";
  body.append(element("p", { class: "buttons" }, button(words.copy_record, () => copy(line(one.record))), flag));
  showFlag(index);
  const expected = body.querySelector("mark");
  const reading = expected?.closest(".reading-window");
  if (reading) reading.scrollTop = expected.offsetTop - reading.clientHeight / 3;
}

details.forEach((one, index) => one.addEventListener("toggle", () => one.open && fill(index)));

// --- Filters -----------------------------------------------------------------------------------------------

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[’ʼ]/g, "'").toLowerCase();
const texts = details.map((one) => fold(one.textContent));

function filter() {
  const value = (id) => byId(id)?.value ?? "";
  const wanted = fold(value("by-text")).split(/\s+/);
  const [cause, state, slice] = [value("by-cause"), value("by-state"), value("by-slice")];
  let shown = 0;
  details.forEach((one, index) => {
    const fits = (!cause || one.closest(".group").dataset.cause === cause) &&
      (!state || cases[index].state === state) &&
      (!slice || cases[index].slices.includes(Number(slice))) &&
      wanted.every((word) => texts[index].includes(word));
    one.hidden = !fits;
    shown += fits;
  });
  for (const group of document.querySelectorAll("section.group")) {
    group.hidden = !group.querySelector("details.case:not([hidden])");
  }
  byId("shown-count").textContent = words.shown_count[words.singular.includes(shown) ? 0 : 1].replace("{n}", shown);
}

const filters = byId("filters");
if (filters) {
  filters.hidden = false;
  filters.addEventListener("input", filter);
  filters.addEventListener("reset", () => setTimeout(filter));
  filters.addEventListener("submit", (event) => event.preventDefault());
  for (const link of document.querySelectorAll("a[data-cause]")) {
    link.addEventListener("click", () => {
      filters.reset();
      byId("by-cause").value = link.dataset.cause;
      setTimeout(filter);
    });
  }
  filter();
}

// Up and down go from case to case, while one has the focus.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || !event.target.matches("details.case > summary")) return;
  const visible = details.filter((one) => !one.hidden);
  const next = visible[visible.indexOf(event.target.parentElement) + step];
  if (next) next.querySelector("summary").focus();
  event.preventDefault();
});

// --- References that an editor disputes ----------------------------------------------------------------------

const shelf = `sourcier disputed ${run}`;
const disputed = new Set();

const line = (record) => JSON.stringify(record);
const disputedLines = () => [...disputed].map((index) => line({ ...cases[index].record, disputed: true })).join("\n") + "\n";

// A browser may refuse storage to a file: the list then lasts as long as the page.
function stored(access) {
  try {
    return access(window.localStorage);
  } catch {
    return null;
  }
}

function setDisputed(index, on) {
  if (on) disputed.add(index);
  else disputed.delete(index);
  stored((storage) => storage.setItem(shelf, JSON.stringify([...disputed].map((at) => cases[at].record.id))));
  showFlag(index);
  showDisputed();
}

function showFlag(index) {
  const flag = details[index].querySelector(".flag");
  if (!flag) return;
  flag.setAttribute("aria-pressed", disputed.has(index));
  flag.textContent = words.dispute;
}

function showDisputed() {
  const list = byId("disputed");
  list.hidden = disputed.size === 0;
  byId("dispute-count").textContent = disputed.size;
  list.querySelector("ul").replaceChildren(...[...disputed].map((index) => element("li", {},
    element("a", { href: `#case-${index + 1}` }, element("bdi", {}, cases[index].record.question)))));
}

if (byId("disputed")) {
  const ids = JSON.parse(stored((storage) => storage.getItem(shelf)) ?? "[]");
  cases.forEach((one, index) => ids.includes(one.record.id) && disputed.add(index));
  byId("dispute-copy").addEventListener("click", () => copy(disputedLines()));
  byId("dispute-save").addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([disputedLines()], { type: "application/jsonl" }));
    element("a", { href: address, download: "disputed.jsonl" }).click();
    URL.revokeObjectURL(address);
  });
  byId("dispute-clear").addEventListener("click", () => [...disputed].forEach((index) => setDisputed(index, false)));
  showDisputed();
}

// --- Copying -----------------------------------------------------------------------------------------------

async function copy(text) {
  const byHand = byId("by-hand");
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = false;
    byHand.value = text;
  }
  byHand.hidden = done;
  if (!done) byHand.select();
  const said = byId("said");
  said.textContent = done ? words.copied : words.copy_failed;
  setTimeout(() => said.textContent = "", 4000);
}

// An address with the name of a case opens it.
function openNamed() {
  const named = location.hash.startsWith("#case-") && byId(location.hash.slice(1));
  if (!named) return;
  named.hidden = false;
  named.closest(".group").hidden = false;
  named.open = true;
  named.scrollIntoView();
}

window.addEventListener("hashchange", openNamed);
openNamed();
