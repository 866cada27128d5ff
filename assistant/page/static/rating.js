// What readers think of an answer, told to the server without saying who they are.

import { byId, say, words } from "./page.js";
import { turnOf } from "./turns.js";

const dialog = byId("rating");
const form = dialog.querySelector("form");

let rated = null; // The answer that the dialog is about.

export function praise(answer) {
  send(answer, { rating: "up" });
}

export function criticise(answer) {
  rated = answer;
  form.reset();
  const { abstained } = turnOf(answer).answer;
  for (const choice of form.querySelectorAll("[name=reason]")) {
    choice.parentElement.hidden = abstained !== (choice.value === "missed") && choice.value !== "other";
  }
  dialog.returnValue = "";
  dialog.showModal();
}

dialog.addEventListener("close", () => {
  if (dialog.returnValue !== "send") return;
  const reason = new FormData(form).get("reason");
  send(rated, { rating: "down", reason, comment: byId("comment").value.trim() });
});

async function send(answer, opinion) {
  const { answer: given, generation } = turnOf(answer);
  const body = JSON.stringify({ answer: given, generation, ...opinion });
  try {
    const headers = { "content-type": "application/json" };
    const { ok, status } = await fetch("../api/feedback", { method: "POST", headers, body });
    say(ok ? words.ratingKept : status === 507 ? words.feedbackFull : words.ratingFailed);
    if (ok) show(answer, opinion.rating);
  } catch {
    say(words.ratingFailed);
  }
}

function show(answer, rating) {
  for (const one of ["up", "down"]) answer.querySelector(`.${one}`).setAttribute("aria-pressed", one === rating);
}
