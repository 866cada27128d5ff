"""The cases an editor looks into: what was expected, what was shown, and where in the article it stands.

What everyone sees goes into the page as :class:`Case`. What the browser adds when a case is opened (the article
around the expected sentence, the sentences found, the record to copy) goes along as data, each article once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil

from assistant.evaluation.causes import CAUSES
from assistant.evaluation.questions import question_record
from assistant.evaluation.retrieval import Place, shares_half
from assistant.evaluation.types import CitedSpan, GoldSpan, RankedSpan, Scored
from assistant.types import Article

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words from an article, as they are shown."""

    text: str
    title: str
    language: str | None
    #: ``gold`` (expected), ``article`` (another sentence of an expected article), ``other``, or ``none`` where
    #: nothing was expected.
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A question whose outcome is not right, or was not in the baseline."""

    #: From 1, in the order of the page.
    number: int
    scored: Scored
    gold: tuple[Quote, ...]
    cited: tuple[Quote, ...]
    nearest: tuple[Quote, ...]
    #: As ``kind=value``.
    slices: tuple[str, ...]
    #: What the baseline did with the question, and what it cited; None where it was not asked.
    before: Scored | None = None
    cited_before: tuple[Quote, ...] = ()

    @property
    def state(self) -> str:
        """Against the baseline: ``broken``, ``fixed``, ``both_wrong``, or empty where there is none."""
        if self.before is None:
            return ""
        if self.scored.cause is None:
            return "fixed"
        return "broken" if self.before.cause is None else "both_wrong"

    @property
    def same_answer(self) -> bool:
        """Whether the baseline showed the same."""
        return self.before is not None and self.before.outcome.citations == self.scored.outcome.citations


@dataclass(frozen=True, slots=True)
class Group:
    """Cases with one cause; those with none are right now and were not in the baseline."""

    cause: str | None
    cases: tuple[Case, ...]
    #: Cases with this cause, of which a report that would be too large has only the first.
    total: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of the articles goes along with the cases."""

    #: Sentences found, a case.
    retrieved: int
    #: Characters around an expected sentence, within its paragraph.
    around: int
    #: Characters of an article that goes along whole.
    whole: int


@dataclass(frozen=True, slots=True)
class _Spans:
    """What of the articles a case points to."""

    gold: Sequence[GoldSpan]
    cited: Sequence[CitedSpan]
    #: By rank.
    retrieved: Mapping[int, RankedSpan]


#: The first at which the report is small enough is taken.
DEPTHS = (Depth(10, 1200, 4000), Depth(10, 800, 0), Depth(7, 400, 0), Depth(5, 200, 0), Depth(3, 0, 0), Depth(0, 0, 0))


def grouped_cases(
    scored: Iterable[Scored],
    before: Mapping[str, Scored],
    articles: Mapping[str, Article],
    slices: Mapping[str, Sequence[str]],
) -> list[Group]:
    """Every case, by its cause in the order in which causes are decided; those fixed come last.

    :param before: What the baseline did, by question id; empty where there is none.
    :param slices: ``kind=value`` of each question, by its id.
    """
    wrong = [one for one in scored if one.cause is not None or _is_wrong(before.get(one.outcome.id))]
    ordered = sorted(wrong, key=lambda one: _order(one.cause))
    cases = [
        _case(number, one, before.get(one.outcome.id), articles, slices.get(one.outcome.id, ()))
        for number, one in enumerate(ordered, 1)
    ]
    by_cause = {cause: tuple(group) for cause, group in groupby(cases, lambda case: case.scored.cause)}
    return [Group(cause, group, len(group)) for cause, group in by_cause.items()]


def thinned(groups: Iterable[Group], share: float) -> list[Group]:
    """The first cases of each group, at least one."""
    return [replace(group, cases=group.cases[: ceil(share * group.total)]) for group in groups]


def _order(cause: str | None) -> int:
    return len(CAUSES) if cause is None else tuple(CAUSES).index(cause)


def _is_wrong(scored: Scored | None) -> bool:
    return scored is not None and scored.cause is not None


def case_data(
    cases: Sequence[Case], articles: Mapping[str, Article], kinds: Mapping[str, int], depth: Depth
) -> dict[str, object]:
    """Records, spans and the articles they point into.

    Slices are numbers of ``kinds``. A span is ``[article, start, end]``: the article by its place in the list, offsets
    in code points of its whole text; one that was found goes on with rank, score and mark. An article is
    ``[title, language, [start, text], …]``.
    """
    spans = [_spans(case, articles, depth) for case in cases]
    excerpts = _excerpts(spans, articles, depth)
    places = {article: place for place, article in enumerate(excerpts)}
    return {
        "articles": [_pieces(articles[article], ranges) for article, ranges in excerpts.items()],
        "cases": [_record(case, of_case, places, kinds) for case, of_case in zip(cases, spans, strict=True)],
    }


def mark(span: Place, scored: Scored) -> str:
    """How a sentence relates to what was expected, as in ``Quote.mark``."""
    expected = _expected(scored)
    if not expected:
        return "none"
    if any(gold.article == span.article if gold.whole else shares_half(span, gold) for gold in expected):
        return "gold"
    return "article" if span.article in scored.resolved.articles else "other"


def _expected(scored: Scored) -> list[GoldSpan]:
    """The evidence, each place once; none where the corpus is not to answer."""
    gold = scored.resolved.gold if scored.resolved.question.answerable else ()
    return list(dict.fromkeys(span for group in gold for span in group))


def _case(
    number: int, scored: Scored, before: Scored | None, articles: Mapping[str, Article], slices: Sequence[str]
) -> Case:
    return Case(
        number,
        scored,
        gold=_gold_quotes(scored, articles),
        cited=_shown(scored.outcome.citations, scored, articles),
        nearest=_shown(scored.outcome.nearest, scored, articles),
        slices=tuple(slices),
        before=before,
        cited_before=_shown(before.outcome.citations, before, articles) if before else (),
    )


def _gold_quotes(scored: Scored, articles: Mapping[str, Article]) -> tuple[Quote, ...]:
    """The expected sentences; without words where the article as a whole is meant."""
    return tuple(
        _quote("" if gold.whole else article.text[gold.start : gold.end], article)
        for gold in _expected(scored)
        if (article := articles.get(gold.article))
    )


def _shown(spans: Iterable[CitedSpan], scored: Scored, articles: Mapping[str, Article]) -> tuple[Quote, ...]:
    return tuple(_quote(span.shown, articles.get(span.article), mark(span, scored)) for span in spans)


def _quote(text: str, article: Article | None, mark: str = "") -> Quote:
    return Quote(text, article.title or article.id if article else "", article.language if article else None, mark)


def _spans(case: Case, articles: Mapping[str, Article], depth: Depth) -> _Spans:
    """Those of a case whose article is at hand."""
    outcome = case.scored.outcome
    ranked = list(enumerate(outcome.sentences, 1))
    shown = ranked[: depth.retrieved]
    if shown and not any(mark(span, case.scored) == "gold" for _, span in shown):
        # How far down the expected sentence is tells more than the one before it.
        shown += [pair for pair in ranked[depth.retrieved :] if mark(pair[1], case.scored) == "gold"][:1]
    return _Spans(
        gold=[span for span in _expected(case.scored) if not span.whole and span.article in articles],
        cited=[span for span in outcome.citations if span.article in articles],
        retrieved={rank: span for rank, span in shown if span.article in articles},
    )


def _record(case: Case, spans: _Spans, places: Mapping[str, int], kinds: Mapping[str, int]) -> dict[str, object]:
    def place(span: Place) -> list[int]:
        return [places[span.article], span.start, span.end]

    return {
        "record": question_record(case.scored.resolved.question),
        "state": case.state,
        "slices": [kinds[slice] for slice in case.slices],
        "gold": list(map(place, spans.gold)),
        "cited": list(map(place, spans.cited)),
        "retrieved": [
            [*place(span), rank, round(span.score, 4), mark(span, case.scored)]
            for rank, span in spans.retrieved.items()
        ],
    }


def _excerpts(cases: Iterable[_Spans], articles: Mapping[str, Article], depth: Depth) -> dict[str, list[Range]]:
    """The parts of each article to show."""
    found: dict[str, list[Range]] = {}
    for spans in cases:
        margins: list[tuple[Place, int]] = [(span, depth.around) for span in spans.gold]
        margins += [(span, 0) for span in spans.cited]
        margins += [(span, 0) for span in spans.retrieved.values()]
        for span, margin in margins:
            excerpt = _excerpt(articles[span.article].text, span, margin, depth.whole)
            found.setdefault(span.article, []).append(excerpt)
    return found


def _excerpt(text: str, span: Place, around: int, whole: int) -> Range:
    """The part of ``text`` to show around ``span``: of its paragraph, no more than ``around`` on either side."""
    if len(text) <= whole:
        return 0, len(text)
    before, behind = text[max(0, span.start - around) : span.start], text[span.end : span.end + around]
    before, behind = before.rpartition("\n")[2], behind.partition("\n")[0]
    return span.start - len(before), span.end + len(behind)


def _pieces(article: Article, ranges: Iterable[Range]) -> list[object]:
    return [
        article.title or article.id,
        article.language or "",
        *([start, article.text[start:end]] for start, end in _merged(ranges)),
    ]


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """Sorted, with those that overlap or touch made one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
