"""Evidence as editors name it, found in the corpus as spans."""

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.evaluation.corpus import Corpus
from assistant.evaluation.quotes import NEARLY, Found, find_quote, nearest_run
from assistant.evaluation.types import Evidence, GoldSpan, ReferenceQuestion, ResolvedQuestion
from assistant.formats.metadata import single_line
from assistant.types import Article

_WORD = re.compile(r"\w+")
#: Articles that are read closely for a quotation that is not where it should be.
CLOSELY_READ = 5


@dataclass(frozen=True, slots=True)
class _Place:
    """One piece of evidence in the corpus: its spans (one a copy), or why there are none."""

    spans: tuple[GoldSpan, ...] = ()
    warning: str = ""
    fault: str = ""


def resolve(questions: Sequence[ReferenceQuestion], corpus: Corpus) -> list[ResolvedQuestion]:
    """Every question in order, with its evidence found in ``corpus``.

    A question is invalid where none of the alternatives of one needed place is found. Unanswerable ones have no gold.
    """
    return [_resolved(question, corpus) for question in questions]


def _resolved(question: ReferenceQuestion, corpus: Corpus) -> ResolvedQuestion:
    gold: list[tuple[GoldSpan, ...]] = []
    warnings: list[str] = []
    for group in question.evidence if question.answerable else ():
        places = [_place(evidence, corpus) for evidence in group]
        spans = tuple(dict.fromkeys(span for place in places for span in place.spans))
        faults = [place.fault for place in places if place.fault]
        if not spans:
            return ResolvedQuestion(question, invalid="; ".join(faults))
        gold.append(spans)
        warnings += faults + [place.warning for place in places if place.warning]
    return ResolvedQuestion(question, tuple(gold), tuple(warnings))


def _place(evidence: Evidence, corpus: Corpus) -> _Place:
    if not evidence.article:
        return _anywhere(evidence, corpus)
    articles = corpus.find(evidence.article)
    if len(articles) == 1:
        return _within(evidence, articles[0], corpus)
    name = single_line(evidence.article, 80)
    if articles:
        return _Place(fault=f"'{name}' may be any of {_ids(articles)}: give the id")
    near = corpus.nearest(evidence.article)
    return _Place(fault=f"no article is called '{name}'" + (f" (near: {_ids(near)})" if near else ""))


def _within(evidence: Evidence, article: Article, corpus: Corpus) -> _Place:
    if not evidence.quote:
        return _without_quote(evidence, article)
    if found := find_quote(article.text, evidence.quote, _start(evidence)):
        return _Place((_gold(evidence, article, found),), warning=_moved(evidence, article, found))
    quote = single_line(evidence.quote, 80)
    near = nearest_run(article.text, evidence.quote)
    if near and near.likeness >= NEARLY:
        warning = f"“{quote}” is only nearly in '{article.id}' ({near.likeness:.0%}): “{_shown(article, near)}”"
        return _Place((_gold(evidence, article, near),), warning=warning)
    return _Place(fault=f"“{quote}” is not in '{article.id}'{_instead(evidence.quote, article, near, corpus)}")


def _without_quote(evidence: Evidence, article: Article) -> _Place:
    start, end = evidence.start, evidence.end
    if start is None or end is None:
        return _Place((GoldSpan(article.id, 0, len(article.text), whole=True, grade=evidence.grade),))
    if start < end <= len(article.text):
        return _Place((GoldSpan(article.id, start, end, grade=evidence.grade),))
    return _Place(fault=f"'{article.id}' has no text at {start}:{end}: it has {len(article.text)} characters")


def _anywhere(evidence: Evidence, corpus: Corpus) -> _Place:
    """A quotation whose article was not named: any copy of it will do."""
    quote = evidence.quote.strip()
    articles = [article for article in corpus.articles.values() if quote in article.text]
    places = ((article, find_quote(article.text, quote)) for article in articles or _likeliest(quote, corpus))
    spans = tuple(_gold(evidence, article, found) for article, found in places if found)
    if spans:
        return _Place(spans)
    return _Place(fault=f"“{single_line(quote, 80)}” is in no article{_instead(quote, None, None, corpus)}")


def _instead(quote: str, article: Article | None, near: Found | None, corpus: Corpus) -> str:
    """The end of a sentence on a quotation that was not found: where it, or the most like it, is."""
    likeliest = [other for other in _likeliest(quote, corpus) if other is not article]
    holders = [other for other in likeliest if find_quote(other.text, quote)]
    if holders:
        return f" but in {_ids(holders)}: name that article"
    runs = [(other, nearest_run(other.text, quote)) for other in likeliest]
    found = [(run.likeness, other, run) for other, run in [(article, near), *runs] if other and run]
    if not found:
        return ""
    likeness, other, run = max(found, key=lambda one: one[0])
    return f"; nearest ({likeness:.0%}) is “{_shown(other, run)}” in '{other.id}'"


def _likeliest(quote: str, corpus: Corpus) -> list[Article]:
    """The articles that hold most of the longest words of ``quote``, the likeliest first."""
    words = sorted(set(_WORD.findall(quote)), key=lambda word: (-len(word), word))[:8]
    held = ((sum(word in article.text for word in words), article) for article in corpus.articles.values())
    best = heapq.nsmallest(CLOSELY_READ, held, key=lambda one: (-one[0], one[1].id))
    return [article for count, article in best if count]


def _gold(evidence: Evidence, article: Article, found: Found) -> GoldSpan:
    return GoldSpan(article.id, found.start, found.end, grade=evidence.grade)


def _start(evidence: Evidence) -> int | None:
    """Where the quotation without its outer spaces was said to start."""
    if evidence.start is None:
        return None
    return evidence.start + len(evidence.quote) - len(evidence.quote.lstrip())


def _moved(evidence: Evidence, article: Article, found: Found) -> str:
    """What to say where a quotation is elsewhere than its offsets tell; empty where it is not."""
    start = _start(evidence)
    if start is None or start == found.start:
        return ""
    return (
        f"“{single_line(evidence.quote, 80)}” starts at {found.start} of '{article.id}', not at {start}: "
        "the article has changed"
    )


def _shown(article: Article, found: Found) -> str:
    return single_line(article.text[found.start : found.end], 80)


def _ids(articles: Sequence[Article]) -> str:
    shown = ", ".join(f"'{article.id}'" for article in articles[:5])
    return f"{shown} and {len(articles) - 5} more" if len(articles) > 5 else shown
