// The page about the widget: the line to paste follows the form, and a button copies it.
"use strict";

(() => {
  const form = document.querySelector("form");
  const tag = document.getElementById("tag");
  const button = document.getElementById("copy");
  const told = document.getElementById("told");
  let latest = 0;

  // The server writes the line, with or without this script.
  form.addEventListener("input", async () => {
    const current = ++latest;
    const answer = await fetch(`?${new URLSearchParams(new FormData(form))}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && current === latest) tag.textContent = page.getElementById("tag").textContent;
  });

  button.hidden = false;
  button.addEventListener("click", async () => {
    told.textContent = (await copied()) ? button.dataset.copied : button.dataset.failed;
  });

  async function copied() {
    try {
      await navigator.clipboard.writeText(tag.textContent);
      return true;
    } catch {
      // Over plain HTTP browsers offer no clipboard but this one.
      getSelection().selectAllChildren(tag);
      return document.execCommand("copy");
    }
  }
})();
