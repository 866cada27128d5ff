// The chat page beyond Gradio: opens citations in a panel, copies answers with their sources, and gives names
// to what Gradio leaves unnamed. Articles are hostile text: they enter the page as text nodes only.
"use strict";

(() => {
  const words = JSON.parse(document.body.dataset.words);
  const byId = (id) => document.getElementById(id);
  const panel = byId("panel");

  // Before Gradio starts: its own strings in the language of the page, and one request less, since none of
  // the page's events can be called from outside.
  Object.defineProperty(navigator, "language", { get: () => words.language });
  Object.defineProperty(navigator, "languages", { get: () => [words.language] });
  window.gradio_api_info = { named_endpoints: {}, unnamed_endpoints: {} };

  // --- Articles -----------------------------------------------------------------------------------------

  const CITATION = /\/articles\/([^/?#]+)#s(\d+)$/;
  const articles = new Map();

  function target(link) {
    const [, id, number] = CITATION.exec(link.getAttribute("href"));
    return { id, number: Number(number) };
  }

  /** The article behind an id that is quoted for URLs; one that could not be had is asked for again. */
  function article(id) {
    if (!articles.has(id)) {
      const asked = fetch(`../api/articles/${id}`).then((response) => {
        if (response.ok) return response.json();
        throw new Error(response.status === 404 ? "gone" : "unreachable");
      });
      articles.set(id, asked);
      asked.catch(() => articles.delete(id));
    }
    return articles.get(id);
  }

  function element(name, text = "", attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  /** The text as it is stored, not a character more: sentences in elements, all between them as it stands. */
  function bodyOf({ text, sentences }, cited) {
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
      paragraph.element.append(element(name, slice(sentence.start, sentence.end)));
      position = sentence.end;
    }
    body.append(slice(position));
    return body;
  }

  function date(iso) {
    if (!iso) return words.unknownDate;
    const day = new Date(`${iso}T00:00:00`);
    return day.toLocaleDateString(words.language === "en" ? "en-GB" : words.language, { dateStyle: "long" });
  }

  // --- The panel ----------------------------------------------------------------------------------------

  let citations = []; // Those of the answer that is being read, in order.
  let current = -1;
  let origin = null; // Where the focus goes back to.

  function open(link) {
    const quoted = [...link.closest(".answer").querySelectorAll("blockquote .cite")];
    citations = quoted.filter((one, index) => quoted.findIndex((other) => other.href === one.href) === index);
    origin = link;
    show(citations.findIndex((citation) => citation.href === link.href));
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
      failure = error.message === "gone" ? "gone" : "unreachable";
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

  function close() {
    panel.hidden = true;
    document.body.classList.remove("reading");
    citations[current]?.removeAttribute("aria-current");
    citations = [];
    current = -1;
    (origin?.isConnected ? origin : questionBox())?.focus();
  }

  // --- Copying ------------------------------------------------------------------------------------------

  /** The quotations with their numbers, then the numbered sources with addresses that work anywhere. */
  function copyText(answer) {
    const statements = [...answer.querySelectorAll("blockquote")].map((statement) => {
      const numbers = [...statement.querySelectorAll(".cite")].map((link) => link.textContent);
      return [statement.querySelector(".quote").textContent, ...numbers].join(" ");
    });
    const sources = [...answer.querySelectorAll(".sources li")].flatMap((source) => {
      const facts = [...source.querySelectorAll(".title, .fact")].map((fact) => fact.textContent).join(", ");
      return [...source.querySelectorAll(".cite")].map((link) => `${link.textContent} ${facts}\n${link.href}`);
    });
    const heading = answer.querySelector(".sources h3").textContent;
    return [...statements, [heading, ...sources].join("\n")].join("\n\n");
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say(words.copied);
    } catch {
      say(copyByHand(text) ? words.copied : words.copyFailed);
    }
  }

  /** Over plain HTTP browsers offer no clipboard but this one. */
  function copyByHand(text) {
    const box = element("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    return copied;
  }

  let silence = 0;

  function say(text) {
    byId("said").textContent = text;
    clearTimeout(silence);
    silence = setTimeout(() => byId("said").replaceChildren(), 4000);
  }

  // --- Following the conversation -----------------------------------------------------------------------

  let following = false;

  /** Keep the last question at the top while its answer comes, until the reader scrolls. */
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

  // --- Events -------------------------------------------------------------------------------------------

  const questionBox = () => document.querySelector("#question textarea");

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("#samples button, #question .submit-button")) following = true;
    const link = at("#chat .answer .cite");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
      event.preventDefault();
      open(link);
    } else if (at(".answer .copy")) {
      copy(copyText(at(".answer")));
    } else if (at("#close")) {
      close();
    } else if (at("#previous")) {
      show(current - 1);
    } else if (at("#next")) {
      show(current + 1);
    } else if (at("#samples button, #restart")) {
      questionBox()?.focus(); // The button is about to go.
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
    if (event.key === "Enter" && event.target === questionBox()) following = true;
  });

  // --- Names --------------------------------------------------------------------------------------------

  function name(selector, label) {
    for (const one of document.querySelectorAll(selector)) {
      if (one.getAttribute("aria-label") !== label) one.setAttribute("aria-label", label);
    }
  }

  function nameAll() {
    name("#question textarea", words.question); // Its label holds the button too.
    name("#question .submit-button", words.send);
    name("#chat [role=log]", words.conversation);
    // Gradio repeats the source of a message here, markup and all.
    for (const one of document.querySelectorAll("#chat [data-testid][aria-label]")) one.removeAttribute("aria-label");
  }

  const onChange = () => {
    nameAll();
    follow();
  };

  new MutationObserver(onChange).observe(document.querySelector("gradio-app"), {
    attributeFilter: ["aria-label"],
    childList: true,
    subtree: true,
  });
})();
