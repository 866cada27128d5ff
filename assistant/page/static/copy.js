// Browsers put plain spaces in place of no-break ones into the clipboard; a quotation keeps its own.
"use strict";

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  const quoted = [...document.querySelectorAll(".text, .quote")];
  if (!quoted.some((one) => selection.containsNode(one, true))) return;
  event.clipboardData.setData("text/plain", selection.toString());
  event.preventDefault();
});
