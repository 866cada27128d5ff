// The conversations, kept in this browser alone. Where it keeps nothing, they last as long as the page.

import { byId, counted, CURRENT, date, element, fillBox, session, today, words } from "./page.js";

const KEPT = "sourcier.conversations"; // [{id, date, turns}], the last one that was carried on first.
const MOST = 50;

/** Bytes of a conversation that can be sent to be shown again; earlier turns fall away. */
const ROOM = 52 * 1024;

const dialog = byId("history");
const list = dialog.querySelector("ul");

let unkept = null; // The conversations, where the browser does not keep them.
let current = session(CURRENT) ?? crypto.getRandomValues(new Uint32Array(2)).join("-");

function read() {
  if (unkept) return unkept;
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => Array.isArray(one?.turns) && one.turns.length) : [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) unkept = [];
    return [];
  }
}

function write(conversations) {
  if (unkept) {
    unkept = conversations;
    return;
  }
  try {
    localStorage.setItem(KEPT, JSON.stringify(conversations));
  } catch {
    if (conversations.length > 1) write(conversations.slice(0, -1)); // The oldest makes room.
    else unkept = conversations;
  }
}

/** Keep what is on the page as the current conversation. */
export function keep(turns) {
  const others = read().filter((one) => one.id !== current);
  if (turns.length) write([{ id: current, date: today(), turns }, ...others].slice(0, MOST));
  session(CURRENT, current);
}

/** From now on, what is kept is another conversation. */
export function begin() {
  current = crypto.getRandomValues(new Uint32Array(2)).join("-");
  session(CURRENT, current);
}

/** How many turns of the current conversation were asked to be shown again. */
export function recallCurrent() {
  const found = read().find((one) => one.id === current);
  return found ? recall(found) : 0;
}

function recall(conversation) {
  current = conversation.id;
  session(CURRENT, current);
  const turns = fitting(conversation.turns);
  fillBox(document.querySelector("#memory textarea, #memory input"), JSON.stringify(turns));
  byId("recall").click();
  return turns.length;
}

/** The last turns that fit into a request, without what is not shown. */
function fitting(turns) {
  const slim = turns.map((turn) => ({ ...turn, answer: { ...turn.answer, answer: "", hits: [], timings_ms: {} } }));
  const size = (turn) => new TextEncoder().encode(JSON.stringify(JSON.stringify(turn))).length;
  let left = ROOM;
  let first = slim.length;
  while (first > 0 && (left -= size(slim[first - 1])) >= 0) first -= 1;
  return slim.slice(first);
}

function erase(id) {
  write(read().filter((one) => one.id !== id));
  if (id === current) byId("restart").click();
  fill();
}

function fill() {
  const conversations = read();
  list.replaceChildren(...conversations.map(entry));
  if (!conversations.length) list.append(element("li", words.noConversations));
  if (unkept) dialog.querySelector(".note").textContent = words.conversationsNotKept;
  byId("erase-all").hidden = !conversations.length;
}

function entry(conversation) {
  const question = conversation.turns[0].answer.question;
  const item = element("li");
  const open = element("button", question, { type: "button", class: "open" });
  open.append(element("small", `${date(conversation.date)} · ${counted(conversation.turns.length, words.questions)}`));
  open.addEventListener("click", () => {
    dialog.close();
    recall(conversation);
  });
  const label = words.erase.replace("{question}", () => question);
  const remove = element("button", "×", { type: "button", class: "erase", "aria-label": label, title: label });
  remove.addEventListener("click", () => {
    erase(conversation.id);
    (list.querySelector("button") ?? dialog.querySelector("header button")).focus();
  });
  item.append(open, remove);
  if (conversation.id === current) open.setAttribute("aria-current", "true");
  return item;
}

export function showAll() {
  fill();
  dialog.showModal();
}

byId("erase-all").addEventListener("click", () => {
  write([]);
  byId("restart").click();
  dialog.close();
});
