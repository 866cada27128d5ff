"""What the assistant would give the reader: ``python -m benchmarks.reader.candidates OUT [SET …]``.

For each question of the held-out parts, every candidate sentence with its cheap signals, and the five best passages.
Retrieval is the assistant's own, so its mistakes are in the figures. Kept in a file, for the reader changes more often.
"""

import json
import pickle
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from assistant.calibration import load_calibration
from assistant.embedding import Embedder, load_embedder
from assistant.engine import Engine
from assistant.index import Generation
from assistant.ingest import ingest
from assistant.retrieve import propose, score_passages, score_sentences
from assistant.settings import Settings
from assistant.text import find_folded
from assistant.types import Sentence
from benchmarks.development import INDEXES, contains_answer, folder, index_of
from benchmarks.reader.data import article_key, held_out, read_paragraphs
from benchmarks.reader.found import Found, Sought

OWN = "own_corpus"
#: Passages given to the reader.
BEST = 5
#: Questions of each kind of a set, at most; the first ones by order of the file.
MOST = 300
ROOT = Path(__file__).parent.parent.parent


def main(out: str, names: Sequence[str]) -> None:
    embedder = load_embedder(Settings())
    for name in names or READERS:
        found = list(candidates(name, embedder))
        path = Path(out) / f"{name}.pickle"
        path.write_bytes(pickle.dumps(found))
        answerable = [f for f in found if f.sought.kind == "answerable"]
        reached = np.mean([any(f.right[p[2]].any() for p in f.passages) for f in answerable])
        print(
            f"{name}: {len(found)} questions, {len(answerable)} answerable; a right sentence is read in {reached:.3f}"
        )


def candidates(name: str, embedder: Embedder) -> Iterator[Found]:
    index = _own_index(embedder) if name == OWN else index_of(name, embedder)
    calibration = load_calibration()
    engine = Engine(Settings(index=index), embedder, calibration)
    generation = engine.generation()
    for sought in READERS[name]():
        proposed = propose(generation, engine.prepare(sought.question, sought.language))
        scores = score_sentences(proposed, calibration.sentence)
        order = np.argsort(-score_passages(proposed, scores, calibration.passage), kind="stable")[:BEST]
        sentences = [generation.sentence(row) for row in proposed.sentences]
        passages = []
        for place in order:
            members = np.flatnonzero(proposed.owners == place)
            title = generation.article_at(proposed.passages[place].article).title
            passages.append((title, [sentences[m].text for m in members], members))
        right = np.array([_is_right(sought, sentence, generation) for sentence in sentences], bool)
        yield Found(sought, proposed.signals, scores, right, passages)


def _is_right(sought: Sought, sentence: Sentence, generation: Generation) -> bool:
    if sought.quotes:
        return any(_overlaps(sentence, *quote) for quote in sought.quotes)
    in_article = not sought.articles or sentence.article.id in sought.articles
    return in_article and bool(sought.answers) and contains_answer(sentence.text, sought.answers)


def _overlaps(sentence: Sentence, article: str, quote: str) -> bool:
    if sentence.article.id != article:
        return False
    found = find_folded(sentence.article.text, quote)
    return found is not None and found[0] < sentence.end and sentence.start < found[1]


def _own_index(embedder: Embedder) -> Path:
    ingest([ROOT / "corpus" / "articles"], INDEXES / OWN, embedder)
    return INDEXES / OWN


# --- Questions -------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    with open(path, encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _at_most(found: Iterator[Sought]) -> Iterator[Sought]:
    counts: dict[str, int] = {}
    for sought in found:
        counts[sought.kind] = counts.get(sought.kind, 0) + 1
        if counts[sought.kind] <= MOST:
            yield sought


def _piaf() -> Iterator[Sought]:
    paragraphs = read_paragraphs("piaf_fr_dev")
    for r in _lines(folder("piaf_fr_dev") / "questions_all.jsonl"):
        if not r["answerable"]:
            yield Sought(r["question"], "fr", "far")
        elif r["standalone"] and held_out(article_key(paragraphs[r["gold_ids"][0]])):
            yield Sought(r["question"], "fr", "answerable", tuple(r["answers"]), frozenset(r["gold_ids"]))


def _squad() -> Iterator[Sought]:
    paragraphs = read_paragraphs("squad2_en_dev")
    for r in _lines(folder("squad2_en_dev") / "questions.jsonl"):
        about = paragraphs[(r.get("gold_ids") or r["near_ids"])[0]]
        if held_out(article_key(about)):
            kind = "answerable" if r["answerable"] else "adversarial"
            yield Sought(r["question"], "en", kind, tuple(r["answers"]), frozenset(r["gold_ids"] or ()))


def _nomiracl() -> Iterator[Sought]:
    for r in _lines(folder("nomiracl_fr_dev") / "questions.jsonl"):
        yield Sought(r["question"], "fr", "answerable" if r["answerable"] else "near")


def _crosslingual() -> Iterator[Sought]:
    for r in _lines(folder("crosslingual_fr_question_xquad") / "questions.jsonl"):
        yield Sought(r["question"], "fr", "answerable", tuple(r["answers"]), frozenset(r["gold_ids"]))


def _orangesum() -> Iterator[Sought]:
    for r in _lines(folder("orangesum_news_fr_2016_2018") / "questions.jsonl"):
        kind = "answerable" if r["answerable"] else "far"
        if kind == "far" or r["answers"]:
            yield Sought(r["question"], "fr", kind, tuple(r["answers"]), frozenset(r["gold_ids"] or ()))


def _own() -> Iterator[Sought]:
    kinds = {"near_miss": "near", "absent": "far"}
    for r in _lines(ROOT / "corpus" / "questions.jsonl"):
        if r.get("history"):
            continue
        alternatives = [quote for e in r.get("evidence") or () for quote in e.get("any_of", [e])]
        quotes = tuple((quote["article"], quote["quote"]) for quote in alternatives)
        kind = "answerable" if quotes else kinds[r["why_unanswerable"]]
        yield Sought(r["question"], r["lang"], kind, tuple(r.get("answers") or ()), quotes=quotes)


READERS = {
    OWN: _own,
    "piaf_fr_dev": lambda: _at_most(_piaf()),
    "squad2_en_dev": lambda: _at_most(_squad()),
    "crosslingual_fr_question_xquad": _crosslingual,
    "nomiracl_fr_dev": _nomiracl,
    "orangesum_news_fr_2016_2018": _orangesum,
}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
