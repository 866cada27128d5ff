"""The word index: BM25 over the analysed words of passages, in SQLite's FTS5 (Robertson and Zaragoza 2009).

Each partition of the corpus, the articles that the same groups may read, has an index of its own: how often a word is
used in articles that a reader may not see changes nothing of what they are answered.

Words are analysed by ``text.words`` in the language of their article before they reach SQLite, so that
"14 000", "l'armée" and "élections" are found however they are typed.
"""

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from assistant.text import stop_words, words

#: Of one partition. Without its own copy of the words (`content = ''`) FTS5 can score only with full detail: with
#: less, every score is zero (SQLite 3.40).
SCHEMA = """
create virtual table words_{partition} using fts5 (terms, content = '', tokenize = "ascii tokenchars '.'");
create virtual table vocabulary_{partition} using fts5vocab (words_{partition}, row);
"""


def question_terms(question: str, language: str, corpus_languages: Iterable[str | None]) -> dict[str | None, list[str]]:
    """The question's words as each language of the corpus would have analysed them, each once.

    Stop words are those of the question's own language: "le" says nothing about an English article either.
    """
    return {
        corpus_language: list(
            dict.fromkeys(
                term
                for term in words(question, corpus_language)
                if term not in _foreign_stop_terms(language, corpus_language)
            )
        )
        for corpus_language in corpus_languages
    }


@lru_cache(maxsize=256)
def _foreign_stop_terms(language: str, corpus_language: str | None) -> frozenset[str]:
    return frozenset(words(" ".join(sorted(stop_words(language))), corpus_language))


def search(
    connection: sqlite3.Connection, partitions: Iterable[int], terms: Iterable[str], k: int
) -> list[tuple[int, float]]:
    """The ``k`` best passage rows with any of ``terms``, as (row, BM25 score), best first."""
    query = " OR ".join(f'"{term}"' for term in dict.fromkeys(terms) if '"' not in term)
    if not query:
        return []
    found: list[tuple[int, float]] = []
    for table in (f"words_{partition}" for partition in partitions):
        found += connection.execute(
            f"select rowid, -bm25({table}) from {table} where {table} match ? order by bm25({table}), rowid limit ?",
            (query, k),
        )
    return sorted(found, key=lambda one: (-one[1], one[0]))[:k]


def weights(
    connection: sqlite3.Connection, partitions: Sequence[int], terms: Iterable[str], passages: int
) -> dict[str, float]:
    """How much each term tells: its inverse document frequency among the ``passages`` passages of ``partitions``."""
    terms = list(terms)
    found = counts(connection, partitions, terms)
    return {term: math.log(1 + (passages - found[term] + 0.5) / (found[term] + 0.5)) for term in terms}


def counts(connection: sqlite3.Connection, partitions: Iterable[int], terms: Iterable[str]) -> Counter[str]:
    """In how many passages of ``partitions`` each term is; those that are in none count zero."""
    found: Counter[str] = Counter()
    wanted = list(dict.fromkeys(terms))
    marks = ",".join("?" * len(wanted))
    for partition in partitions:
        rows = connection.execute(f"select term, doc from vocabulary_{partition} where term in ({marks})", wanted)
        found.update(dict(rows.fetchall()))
    return found


def share(terms: Sequence[str], found: set[str] | frozenset[str], weight: Mapping[str, float]) -> float:
    """The weighted share of ``terms`` that are in ``found``, between 0 and 1."""
    total = sum(weight[term] for term in terms)
    return sum(weight[term] for term in terms if term in found) / total if total else 0.0
