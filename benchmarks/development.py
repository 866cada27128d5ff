"""The development sets: corpora and questions that are measured on, read from the folder beside the checkout.

Each holds ``corpus.jsonl`` (articles) and ``questions.jsonl`` (``question``, ``answers``, ``gold_ids``,
``answerable``, and ``standalone`` where a question may not make sense alone).
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.embedding import Embedder
from assistant.ingest import ingest
from assistant.text import fold

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
#: Indexes of the development sets, kept between runs.
INDEXES = Path(__file__).parent.parent / "build" / "development"


@dataclass(frozen=True, slots=True)
class Reference:
    """A question with what would be right."""

    id: str
    question: str
    language: str
    answers: tuple[str, ...]
    articles: frozenset[str]
    answerable: bool


def read_questions(name: str, file: str = "questions.jsonl") -> list[Reference]:
    """The questions that make sense alone."""
    with open(folder(name) / file, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [
        Reference(
            id=r["id"],
            question=r["question"],
            language=r.get("lang", "fr"),
            answers=tuple(r.get("answers") or ()),
            articles=frozenset(r.get("gold_ids") or ()),
            answerable=r["answerable"],
        )
        for r in records
        if r.get("standalone", True) or not r["answerable"]
    ]


def folder(name: str) -> Path:
    """:raises SystemExit: If the data is not there."""
    if not (SHARED / name).is_dir():
        sys.exit(f"{SHARED / name} is not there: this measurement needs the shared evaluation data.")
    return SHARED / name


def index_of(name: str, embedder: Embedder) -> Path:
    """The index of a set's corpus, made if need be."""
    index = INDEXES / name

    def report(step: str, done: int, total: int) -> None:
        if step == "embed":
            print(f"\r{name}: {done} of {total} embedded", end="", file=sys.stderr)

    ingest([folder(name) / "corpus.jsonl"], index, embedder, report=report)
    return index


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether ``text`` holds one of ``answers``, word for word, whatever the spaces, accents and punctuation."""
    spread = _spread(text)
    return any(_spread(answer) in spread for answer in answers)


def _spread(text: str) -> str:
    return " " + " ".join(re.findall(r"\w+", fold(text, accents=False).text)) + " "
