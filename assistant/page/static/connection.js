// What happens between the page and the server while a question is under way, told in the page's own words.
// Gradio's messages about it are in English, and after a broken connection it would wait for a route that is shut.

import { byId, questionBox, session, words } from "./page.js";

const DRAFT = "sourcier.draft"; // A question to bring back after the page has been loaded again…
const PENDING = "sourcier.pending"; // …and whether it had been sent already.

const trouble = byId("trouble");

let severed = false; // The server has forgotten this page: it was started again, or the line was cut.
let leaving = false;
let underWay = () => false;

/** Watch Gradio's requests; ``isAsking`` tells whether a question is under way, ``settle`` ends it. */
export function watch(isAsking, settle) {
  underWay = isAsking;
  const fetchPlainly = window.fetch;
  window.fetch = async (resource, options) => {
    const address = String(resource?.url ?? resource);
    if (/\/queue\/join$/.test(address.split("?")[0])) return join(() => fetchPlainly(resource, options), settle);
    const response = await fetchPlainly(resource, options);
    if (/\bconfig$/.test(address) && response.ok) return located(await response.json());
    if (/\/heartbeat\//.test(address) && response.ok) follow(response.clone()).then(() => sever(settle));
    return response;
  };
  addEventListener("pagehide", () => (leaving = true));
}

/** What Gradio is told, with the address that the page was found at: behind a proxy, the server may not know it. */
const located = (config) => Response.json({ ...config, root: new URL(".", document.baseURI).href.slice(0, -1) });

/** Hand an event over. Where that fails, Gradio is told that there was nothing to be done, and whoever asked is told. */
async function join(ask, settle) {
  let response = null;
  try {
    response = await ask();
  } catch {
    // The server cannot be reached.
  }
  if (response?.ok) return response;
  if (underWay()) {
    const seconds = response?.headers.get("retry-after") ?? 60;
    tell(response?.status === 429 ? words.rateLimited.replace("{seconds}", seconds) : words.unreachable);
    settle();
  }
  return new Response('{"detail":[]}', { status: 422, headers: { "content-type": "application/json" } });
}

/** Until the stream ends, however it does. */
async function follow(response) {
  const reader = response.body.getReader();
  try {
    while (!(await reader.read()).done);
  } catch {
    // Cut off.
  }
}

function sever(settle) {
  severed = !leaving;
  if (severed && underWay()) {
    tell(words.unreachable);
    settle();
  }
}

export const isSevered = () => severed;

/** Load the page anew, which brings the conversation back, and ask there; if the server is there. */
export async function reconnect(question) {
  let there = false;
  try {
    there = (await fetch("../healthz")).ok;
  } catch {
    // Not yet.
  }
  if (!there) {
    tell(words.unreachable);
    return;
  }
  session(DRAFT, question);
  session(PENDING, "1");
  location.reload();
}

/** The question that the page was loaded anew for, and whether it had been sent. */
export function takeUp() {
  const taken = { question: session(DRAFT), sent: session(PENDING) === "1" };
  session(DRAFT, null);
  session(PENDING, null);
  return taken;
}

export function tell(message) {
  trouble.querySelector("p").textContent = message;
  trouble.hidden = false;
}

export function calm() {
  trouble.hidden = true;
}

/** Take the message to the question box, and a retry to whoever asks. */
export function settleIn(retry) {
  document.getElementById("question").before(trouble);
  trouble.querySelector("button").addEventListener("click", () => {
    questionBox().focus();
    retry();
  });
}
