// What every part of the page needs: its words, its elements, and ways to tell the reader something.

export const words = JSON.parse(document.body.dataset.words);

export const byId = (id) => document.getElementById(id);

export const questionBox = () => document.querySelector("#question textarea");

/** An element with a text and attributes; whatever a text says, it stays a text. */
export function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A text whose lines are not broken at its thin spaces, which stand within numbers and beside quotation marks. */
export const unbroken = (text) =>
  text.split(/(\S(?:\u2009\S)+)/u).map((piece, at) => (at % 2 ? element("span", piece, { class: "whole" }) : piece));

/** Put a text into a box of Gradio's as if it had been typed. */
export function fillBox(box, text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Put a question into its box, and the reader behind it. */
export function propose(question) {
  fillBox(questionBox(), question);
  questionBox().focus();
}

/** Of this tab: the id of its conversation, which so survives a reload. */
export const CURRENT = "sourcier.current";

/** A value of what ``storage`` gives, set where one is given; null where there is none or the browser forbids it. */
const valueOf = (storage) => (key, value) => {
  try {
    if (value === null) storage().removeItem(key);
    else if (value !== undefined) storage().setItem(key, value);
    return storage().getItem(key);
  } catch {
    return null;
  }
};

/** Of this tab, and of this browser. */
export const session = valueOf(() => sessionStorage);
export const lasting = valueOf(() => localStorage);

export const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, words.thousands);

export function counted(value, [one, many]) {
  return (words.singular.includes(value) ? one : many).replace("{n}", number(value));
}

export function date(iso) {
  if (!iso) return words.unknownDate;
  const [year, month, day] = iso.split("-").map(Number);
  return `${day === 1 ? words.firstOfMonth : day} ${words.months[month - 1]} ${year}`;
}

/** Today, as in the reader's own time. */
export function today() {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}

let silence = 0;

/** A short word to everybody, gone after a moment. */
export function say(text) {
  byId("said").textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => byId("said").replaceChildren(), 4000);
}

/** Read out to those who cannot see it come. */
export function announce(text, language = words.language) {
  byId("heard").append(element("p", text, { lang: language }));
}

export async function copy(text, done = words.copied) {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    say(copyByHand(text) ? done : words.copyFailed);
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

export function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  element("a", "", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
