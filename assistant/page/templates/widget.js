// The widget: a button on a page of another site and, from the first click on, the chat in a frame.
// Its attributes, events and the policy it needs are in docs/widget.md.
"use strict";

(() => {
  const script = document.currentScript;
  if (!script || window.sourcier?.toggle) return;

  const { dataset } = script;
  const base = new URL(".", script.src);
  const tell = (what) => document.dispatchEvent(new CustomEvent(`sourcier:${what}`));

  // --- What the page asks for; whatever is not among the documented values is as good as nothing ------------

  const WORDS = {{ strings|tojson }};
  const tags = [dataset.lang, document.documentElement.lang.slice(0, 2), "{{ default_language }}"];
  const language = tags.find((tag) => Object.hasOwn(WORDS, tag));
  const words = WORDS[language];

  const given = (name, pattern, otherwise) => pattern.exec(dataset[name] ?? "")?.[0] ?? otherwise;
  const title = given("title", /^.{1,{{ title_limit }}}$/u, words.title);
  const color = given("color", /^{{ color }}$/i, "{{ default_color }}");
  const side = given("position", /^bottom-(left|right)$/, "bottom-right").slice(7);
  const theme = given("theme", /^(light|dark)$/, "");
  const timeout = given("timeout", /^[1-9]\d?$/, 20);

  // Black or white, whichever has the better contrast by WCAG's relative luminance.
  const [red, green, blue] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  const ink = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#000" : "#fff";

  const style = new CSSStyleSheet();
  const look = `--ground: ${color}; --ink: ${ink}; --${side}: 16px; color-scheme: ${theme || "light dark"}`;
  style.replaceSync(`button, div {${look}}` + {{ style|tojson }});

  // --- What stands in the page: no inline style and no HTML, so that no policy of a host has to allow any ----

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  const page = `${base}${language}/`;
  const elsewhere = { href: page, target: "_blank", rel: "noopener" };
  const called = (name) => ({ ariaLabel: name, title: name });
  const launcher = element("button", { ...called(words.open), className: "launcher", ariaHasPopup: "dialog" }, "«\u202f»");
  const tab = element("a", { ...called(words.tab), ...elsewhere }, "↗\ufe0e");
  const quit = element("button", called(words.close), "×");
  const note = element("p", { role: "status" });
  // The ends of the panel for the keyboard: from each, the focus goes on to the other.
  const [first, last] = [0, 0].map((tabIndex) => element("span", { tabIndex }));
  const head = element("div", { className: "head" }, element("b", {}, title), tab, quit);
  const dialog = { className: "panel", role: "dialog", ariaModal: "true", ariaLabel: title, hidden: true };
  const panel = element("div", dialog, first, head, note, last);
  const host = element("sourcier-widget", {});
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [style];
  root.append(launcher, panel);

  // --- The frame ------------------------------------------------------------------------------------------

  let frame;
  let waiting;

  function load() {
    frame?.remove();
    const src = `${page}?embed=1&theme=${theme}`;
    frame = element("iframe", { src, title, className: "loading", allow: "clipboard-write" });
    note.textContent = words.loading;
    last.before(frame);
    waiting = setTimeout(refuse, timeout * 1000);
  }

  // No browser tells that it shows no frame: all there is to notice is that nothing comes from it.
  function refuse() {
    frame.hidden = true;
    note.replaceChildren(words.refused, element("a", elsewhere, words.tab));
    tell("refused");
  }

  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== base.origin || !frame || source !== frame.contentWindow) return;
    if (data?.type === "sourcier:escape") close();
    if (data?.type !== "sourcier:ready") return;
    clearTimeout(waiting);
    note.replaceChildren();
    frame.hidden = false;
    frame.className = "";
    if (root.activeElement === quit) frame.focus();
    tell("ready");
  });

  // --- Opening and closing --------------------------------------------------------------------------------

  function open(focus = true) {
    if (!panel.hidden) return;
    panel.hidden = false;
    launcher.hidden = true;
    if (!frame || frame.hidden) load();
    if (focus) (frame.className ? quit : frame).focus();
    tell("open");
  }

  function close() {
    if (panel.hidden) return;
    const within = root.activeElement;
    panel.hidden = true;
    launcher.hidden = false;
    if (within) launcher.focus();
    tell("close");
  }

  launcher.onclick = () => open();
  quit.onclick = close;
  panel.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  last.onfocus = () => tab.focus();
  first.onfocus = () => (frame.hidden ? note.lastChild : frame).focus();

  const toggle = () => (panel.hidden ? open() : close());
  window.sourcier = Object.freeze({ open: () => open(), close, toggle });

  function attach() {
    document.body.append(host);
    // By itself it neither covers a phone nor takes the focus.
    if (dataset.open === "true" && innerWidth > 640) open(false);
  }

  document.body ? attach() : addEventListener("DOMContentLoaded", attach);
})();
