"""Articles, questions and outcomes made in one line, for tests of measures and figures.

Every sentence is ten characters long, so that the fourth of an article is its ``text[30:40]``, number 3.
"""

import random

from assistant.evaluation.score import score
from assistant.evaluation.types import (
    CitedSpan,
    GoldSpan,
    Outcome,
    RankedSpan,
    ReferenceQuestion,
    ResolvedQuestion,
    Scored,
)
from assistant.types import Article

#: Fifty sentences each; number 3 of article "a" says "14 000" with a thin space.
ARTICLES = {
    id: Article(id, "".join(f"{id} phr {n:02} ." if (id, n) != ("a", 3) else "14\u2009000 m ." for n in range(50)))
    for id in "abcdefgh"
}


def gold(number, article="a", length=1, grade=1):
    return GoldSpan(article, 10 * number, 10 * (number + length), grade=grade)


def whole(article="a"):
    return GoldSpan(article, 0, 500, whole=True)


def ranked(number, article="a", score=1.0, length=1):
    return RankedSpan(article, 10 * number, 10 * (number + length), score)


def best_first(*spans):
    """Spans with falling scores."""
    return tuple(RankedSpan(span.article, span.start, span.end, float(len(spans) - n)) for n, span in enumerate(spans))


def cited(number, article="a"):
    start, end = 10 * number, 10 * (number + 1)
    return CitedSpan(article, start, end, ARTICLES[article].text[start:end])


def question(*groups, id="q", **given):
    """A question whose evidence is ``groups``: a span, or a list of alternatives."""
    spans = tuple(tuple(group) if isinstance(group, list) else (group,) for group in groups)
    return ResolvedQuestion(ReferenceQuestion(id, id, language="fr", **given), spans)


def unanswerable(id="u", **given):
    return question(id=id, answerable=False, **given)


def answered(*citations, confidence=0.9, id="q", **given):
    shown = " ".join(one.shown for one in citations)
    return Outcome(id, False, confidence, 0.5, citations=citations, shown=shown, **given)


def abstained(*nearest, confidence=0.1, id="q", **given):
    return Outcome(id, True, confidence, 0.5, nearest=nearest, **given)


def scored(resolved, outcome):
    return score(resolved, outcome, ARTICLES)


def many(n, seed=0, skill=0.8, articles="abcdefgh"):
    """``n`` questions, three in ten of them unanswerable, and what an assistant of some skill did with them."""
    draw = random.Random(seed)
    made: list[Scored] = []
    for number in range(n):
        id = f"q{number:04}"
        article, place = draw.choice(articles), draw.randrange(50)
        answerable, able = draw.random() < 0.7, draw.random() < skill
        resolved = question(gold(place, article), id=id) if answerable else unanswerable(id)
        others = [ranked(draw.randrange(50), draw.choice(articles)) for _ in range(30)]
        found = best_first(*([ranked(place, article)] if able else []), *others)
        confidence = round(min(1.0, max(0.0, draw.gauss(0.7 if answerable and able else 0.4, 0.2))), 2)
        shown = [cited(place, article)] if able else [cited((place + 1) % 50, article)]
        act = answered if confidence >= 0.5 else abstained
        made.append(scored(resolved, act(*shown, confidence=confidence, id=id, passages=found, sentences=found)))
    return made
