"""The development sets: corpora and questions that are measured on, read from the folder beside the checkout.

Each holds ``corpus.jsonl`` (articles) and ``questions.jsonl`` (``question``, ``answers``, ``gold_ids``,
``answerable``, and ``standalone`` where a question may not make sense alone).
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.embedding import Embedder
from assistant.index import FORMAT
from assistant.ingest import ingest
from assistant.store import SCHEMA_VERSION
from assistant.text import find_folded, fold
from assistant.types import Sentence
from benchmarks.memory import remembering

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
#: Indexes of the development sets, kept between runs of one format.
INDEXES = Path(__file__).parent.parent / "build" / "development" / f"{SCHEMA_VERSION}-{FORMAT}"

#: The name of all corpora in one.
ALL = "all"

#: "answerable", or why not: its subject is absent; a fact is absent; a person wrote it to look answerable.
Kind = Literal["answerable", "far", "near", "adversarial"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A question with what would be right."""

    id: str
    question: str
    language: str
    kind: Kind
    answers: tuple[str, ...]
    articles: frozenset[str]
    #: The article or paragraph in question: questions about one hang together.
    about: str
    #: Where known, the sentences rather than the answers: (article, quotation).
    quotes: tuple[tuple[str, str], ...] = ()

    @property
    def answerable(self) -> bool:
        return self.kind == "answerable"

    @property
    def marked(self) -> bool:
        """Whether it is known which sentences answer."""
        return bool(self.quotes or self.answers)

    def is_answered_by(self, sentence: Sentence) -> bool:
        """Whether ``sentence`` holds an answer, word for word, or is one of the sentences known to answer."""
        if self.quotes:
            return any(_overlaps(sentence, *quote) for quote in self.quotes)
        return self.answerable and contains_answer(sentence.text, self.answers)


def _overlaps(sentence: Sentence, article: str, quote: str) -> bool:
    if sentence.article.id != article:
        return False
    found = find_folded(sentence.article.text, quote)
    return found is not None and found[0] < sentence.end and sentence.start < found[1]


def folder(name: str) -> Path:
    """:raises SystemExit: If the data is not there."""
    if not (SHARED / name).is_dir():
        sys.exit(f"{SHARED / name} is not there: this measurement needs the shared evaluation data.")
    return SHARED / name


def index_of(name: str, embedder: Embedder) -> Path:
    """The index of a set's corpus, made if need be."""
    return _made(name, [folder(name) / "corpus.jsonl"], embedder)


def index_of_all(embedder: Embedder) -> Path:
    """The index of every corpus there is: some nine thousand articles in French, English and Spanish."""
    return _made(ALL, sorted(SHARED.glob("*/corpus.jsonl")), embedder)


def _made(name: str, corpora: Sequence[Path], embedder: Embedder) -> Path:
    def report(step: str, done: int, total: int) -> None:
        if step == "embed":
            print(f"\r{name}: {done} of {total} embedded", end="", file=sys.stderr)

    ingest(corpora, INDEXES / name, remembering(embedder), report=report)
    return INDEXES / name


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether ``text`` holds one of ``answers``, word for word, whatever the spaces, accents and punctuation."""
    spread = _spread(text)
    return any(_spread(answer) in spread for answer in answers)


def _spread(text: str) -> str:
    return " " + " ".join(re.findall(r"\w+", fold(text, accents=False).text)) + " "
