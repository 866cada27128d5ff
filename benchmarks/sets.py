"""What is measured: the development sets and our own corpus, each with its questions and what would be right.

Of the sets that the reader was trained on, only articles it has not seen are asked about, save where a name says so.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from assistant.embedding import Embedder
from assistant.ingest import ingest
from benchmarks.development import ALL, INDEXES, Kind, Reference, folder, index_of, index_of_all
from benchmarks.memory import remembering
from benchmarks.reader.data import article_key, held_out, read_paragraphs

ROOT = Path(__file__).parent.parent
#: Questions of each kind of a set, at most.
MOST = 250


@dataclass(frozen=True, slots=True)
class Measured:
    """A corpus with questions on it."""

    #: Folder of the development set, ALL for those of every set in one, or "" for our own corpus.
    corpus: str
    read: Callable[[], Iterator[Reference]]

    def references(self, most: int = MOST) -> list[Reference]:
        """At most ``most`` of each kind, drawn by a hash of their ids."""
        drawn: dict[Kind, int] = {}
        kept = []
        for reference in sorted(self.read(), key=lambda reference: crc32(reference.id.encode())):
            drawn[reference.kind] = drawn.get(reference.kind, 0) + 1
            if drawn[reference.kind] <= most:
                kept.append(reference)
        return kept

    def index(self, embedder: Embedder) -> Path:
        """The index of the corpus, made if need be."""
        if self.corpus == ALL:
            return index_of_all(embedder)
        if self.corpus:
            return index_of(self.corpus, embedder)
        ingest([ROOT / "corpus" / "articles"], INDEXES / "own_corpus", remembering(embedder))
        return INDEXES / "own_corpus"


def _records(name: str, file: str = "questions.jsonl") -> Iterator[dict]:  # type: ignore[type-arg]
    with open(folder(name) / file, encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _reference(record: dict, kind: Kind, about: str = "", quotes: Sequence[tuple[str, str]] = ()) -> Reference:  # type: ignore[type-arg]
    """``about`` is the paragraph where no gold one tells it."""
    kind = "answerable" if record["answerable"] else kind
    return Reference(
        id=record["id"],
        question=record["question"],
        language=record["lang"],
        kind=kind,
        answers=tuple(record.get("answers") or ()),
        articles=frozenset(record.get("gold_ids") or ()),
        about=about or min(record.get("gold_ids") or (), default=record["id"]),
        quotes=tuple(quotes),
    )


def _piaf() -> Iterator[Reference]:
    """Every question that makes sense alone; the reader has seen five in six of the articles."""
    for record in _records("piaf_fr_dev"):
        if record.get("standalone", True) or not record["answerable"]:
            yield _reference(record, "far")


def _piaf_unseen() -> Iterator[Reference]:
    paragraphs = read_paragraphs("piaf_fr_dev")
    for record in _records("piaf_fr_dev", "questions_all.jsonl"):
        answerable = record["standalone"] and record["answerable"]
        if not record["answerable"] or (answerable and held_out(article_key(paragraphs[record["gold_ids"][0]]))):
            yield _reference(record, "far")


def _unseen(name: str, kind: Kind) -> Callable[[], Iterator[Reference]]:
    """Of a set whose unanswerable questions, of ``kind``, were written against a paragraph of its corpus."""

    def read() -> Iterator[Reference]:
        paragraphs = read_paragraphs(name)
        for record in _records(name):
            about = paragraphs[(record.get("gold_ids") or record["near_ids"])[0]]
            if held_out(article_key(about)):
                quotes = [(about.id, sentence) for sentence in record.get("gold_sentences") or ()]
                yield _reference(record, kind, about.id, quotes)

    return read


def _as_it_is(name: str, kind: Kind, file: str = "questions.jsonl") -> Callable[[], Iterator[Reference]]:
    return lambda: (_reference(record, kind) for record in _records(name, file))


def _own() -> Iterator[Reference]:
    kinds: dict[str, Kind] = {"near_miss": "near", "absent": "far"}
    with open(ROOT / "corpus" / "questions.jsonl", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record.get("history"):
                continue
            alternatives = [quote for e in record.get("evidence") or () for quote in e.get("any_of", [e])]
            quotes = tuple((quote["article"], quote["quote"]) for quote in alternatives)
            record |= {"answerable": bool(quotes), "gold_ids": sorted({article for article, _ in quotes})}
            yield _reference(record, kinds.get(record.get("why_unanswerable", ""), "far"), quotes=quotes)


SETS = {
    "own_corpus": Measured("", _own),
    "piaf_fr_dev": Measured("piaf_fr_dev", _piaf),
    "piaf_unseen": Measured("piaf_fr_dev", _piaf_unseen),
    "piaf_unseen_in_all": Measured(ALL, _piaf_unseen),
    "orangesum_news": Measured("orangesum_news_fr_2016_2018", _as_it_is("orangesum_news_fr_2016_2018", "far")),
    "orangesum_en": Measured(
        "orangesum_news_fr_2016_2018", _as_it_is("orangesum_news_fr_2016_2018", "far", "questions_en.jsonl")
    ),
    "squad2_unseen": Measured("squad2_en_dev", _unseen("squad2_en_dev", "adversarial")),
    "nomiracl_fr_dev": Measured("nomiracl_fr_dev", _as_it_is("nomiracl_fr_dev", "near")),
    "crosslingual_fr_xquad": Measured(
        "crosslingual_fr_question_xquad", _as_it_is("crosslingual_fr_question_xquad", "far")
    ),
    "afriqa_unseen": Measured("afriqa_fr_en", _unseen("afriqa_fr_en", "far")),
    "xquad_unseen": Measured("xquad_en_es", _unseen("xquad_en_es", "far")),
    "clapnq_unseen": Measured("clapnq_en_dev", _unseen("clapnq_en_dev", "near")),
}
