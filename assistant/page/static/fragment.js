// Links to a sentence within a page of someone else.
// WICG, "URL Fragment Text Directives": https://wicg.github.io/scroll-to-text-fragment/

/** Characters of a sentence that is looked for as a whole; a longer one by its first and last words. */
const WHOLE = 150;
const WORDS = 6;

const EDGES = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** The text directive that finds a sentence: "text=start,end" or "text=whole". */
export function textDirective(sentence) {
  // A browser matches whole words: quotation marks and stops at the edges could only be in the way.
  const words = sentence.replace(EDGES, "").split(/\s+/u);
  const whole = words.length <= 2 * WORDS || sentence.length <= WHOLE;
  const ends = whole ? [words] : [words.slice(0, WORDS), words.slice(-WORDS)];
  return `text=${ends.map((end) => encoded(end.join(" "))).join(",")}`;
}

/** `address` at a sentence; a fragment that it has stays before the directive. */
export function addressOf(address, sentence) {
  const plain = address.split(":~:")[0];
  return `${plain}${plain.includes("#") ? "" : "#"}:~:${textDirective(sentence)}`;
}

/** The dash is the sign of a prefix; "," and "&" are encoded like everything else. */
const encoded = (text) => encodeURIComponent(text).replaceAll("-", "%2D");
