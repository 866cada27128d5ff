"""Which articles speak of a subject, and which sentence of each tells most of it.

An article in the language of the subject speaks of it where it has nearly all of its words, the rare ones counting
more, and most of them together; one in another language where its vectors are near.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

import numpy as np

from assistant.browse import browse
from assistant.dangling import dangles
from assistant.extract import group_of, one_of_copies
from assistant.index import Generation, SentenceRow
from assistant.lexical import share
from assistant.retrieve import SIGNALS, Candidates, Question
from assistant.text import words
from assistant.types import Article, Selection

#: Articles of a digest, and sentences that a model is given of them.
ARTICLES = 5
SENTENCES = 8

#: Articles that are looked at: those with all the words, the best first, and those that the search proposes.
LOOKED_AT = 20

#: Share of the subject's words that an article has, and that one of its passages has.
SHARE = 0.9
TOGETHER = 0.6

#: Cosines of a sentence and of a passage in another language to the subject, by the built-in model.
NEAR_SENTENCE = 0.847
NEAR_PASSAGE = 0.835

#: What the first sentence of an article gains, the second half as much, and so on.
EARLY = 2.0

_SENTENCE, _PASSAGE, _WORDS, _TOGETHER = map(SIGNALS.index, ("sentence", "passage", "sentence_words", "passage_words"))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best sentence of each article, and those that a model is given; both the oldest article first."""

    best: Sequence[SentenceRow]
    given: Sequence[SentenceRow]


def looked_at(
    generation: Generation, subject: Question, proposed: Candidates, since: date | None, until: date | None
) -> set[str]:
    """Ids of the articles to look at, published between these days, both included."""
    selection = Selection(words=subject.text, since=since, until=until)
    with_words = browse(generation, selection, subject.language, False, 0, LOOKED_AT).articles
    found = dict.fromkeys(generation.article_at(passage.article) for passage in proposed.passages)
    dated = [article for article in found if _is_within(article, since, until)]
    return {one.article.id for one in with_words} | {article.id for article in dated[:LOOKED_AT]}


def choose(
    generation: Generation, subject: Question, candidates: Candidates, scores: np.ndarray, is_given: bool
) -> Chosen:
    """The sentences of a digest; none where no article speaks of the subject.

    :param candidates: Every passage of the articles to look at.
    :param scores: Of the candidate sentences, shape (sentences,).
    :param is_given: Whether the articles are to be summed up whatever they speak of.
    """
    rows = np.array([sentence.article for sentence in candidates.sentences])
    speaking = [
        row for row in dict.fromkeys(rows.tolist()) if is_given or _speaks(generation, subject, candidates, row)
    ]
    telling = _telling_first(generation, candidates, scores)
    by_score = np.argsort(-scores, kind="stable").tolist()
    groups = dict.fromkeys(group_of(candidates, rows[place]) for place in by_score if rows[place] in speaking)
    best: dict[int, SentenceRow] = {}
    for sentence in telling:
        group = group_of(candidates, sentence.article)
        if sentence.article in speaking and group in list(groups)[:ARTICLES]:
            best.setdefault(group, sentence)
    shown = one_of_copies(generation, candidates, list(best.values()))
    return Chosen(_by_date(generation, shown), _by_date(generation, _in_turn(shown, telling)[:SENTENCES]))


def _in_turn(shown: Sequence[SentenceRow], telling: Sequence[SentenceRow]) -> list[SentenceRow]:
    """The sentences shown, then a second one of each article, a third and so on: none outweighs the others."""
    of_article = [[row, *(o for o in telling if o.article == row.article and o != row)] for row in shown]
    return [row for rank in zip_longest(*of_article) for row in rank if row is not None]


def _telling_first(generation: Generation, candidates: Candidates, scores: np.ndarray) -> list[SentenceRow]:
    """Sentences that ask nothing: those that can be read alone before others, then those that have most of the
    subject's words, then by score and how early they stand, where news has what matters.
    """

    def place(at: int) -> tuple[bool, bool, float]:
        row = candidates.sentences[at]
        sentence = generation.sentence(row)
        has_words = candidates.signals[at][_WORDS] >= TOGETHER
        return dangles(sentence.text, sentence.article.language), not has_words, -scores[at] - EARLY / row.number

    order = sorted(range(len(candidates.sentences)), key=place)
    return [candidates.sentences[at] for at in order if _tells(generation, candidates.sentences[at])]


def _is_within(article: Article, since: date | None, until: date | None) -> bool:
    if since is None and until is None:
        return True
    return article.published is not None and (since or date.min) <= article.published <= (until or date.max)


def _speaks(generation: Generation, subject: Question, candidates: Candidates, row: int) -> bool:
    article = generation.article_at(row)
    own = [at for at, sentence in enumerate(candidates.sentences) if sentence.article == row]
    most = candidates.signals[own].max(axis=0)
    terms = subject.terms[article.language]
    if terms and most[_TOGETHER] >= TOGETHER and share(terms, _held(article), generation.weights(terms)) >= SHARE:
        return True
    is_foreign = article.language not in (None, subject.language)
    return bool(is_foreign and most[_SENTENCE] >= NEAR_SENTENCE and most[_PASSAGE] >= NEAR_PASSAGE)


def _held(article: Article) -> frozenset[str]:
    """The words of an article, and the year it is from: "séisme 2023" asks for no more."""
    year = f" {article.published.year}" if article.published else ""
    return frozenset(words(f"{article.title} {article.text}{year}", article.language))


def _tells(generation: Generation, row: SentenceRow) -> bool:
    """Whether a sentence asks nothing, and is one."""
    text = generation.sentence(row).text.rstrip(" \u00a0\u202f\u2009\"'»”’)]")
    return len(row.terms) > 1 and not text.endswith("?")


def _by_date(generation: Generation, rows: Iterable[SentenceRow]) -> list[SentenceRow]:
    """The oldest article first, those without a date last."""

    def place(row: SentenceRow) -> tuple[date, str, int]:
        article = generation.article_at(row.article)
        return article.published or date.max, article.id, row.number

    return sorted(rows, key=place)
