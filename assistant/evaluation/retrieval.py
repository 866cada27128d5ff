"""How well the evidence of a question was found: at the level of articles, of passages, and of sentences.

The evidence of a question comes in groups: all groups are needed, any span of a group will do. A group is
satisfied by an article that has one of its spans, by a passage that covers half of one, and by a sentence that
shares half of the shorter of the two with one.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import log2

from assistant.evaluation.types import CitedSpan, GoldSpan, Outcome, RankedSpan, ResolvedQuestion
from assistant.types import Article

#: How deep recall, hit and all look; MRR and nDCG are cut at ``CUT``.
DEPTHS = (1, 3, 5, 10, 20)
CUT = 10

#: Words of the first passages, as they would be given to a language model.
BUDGETS = {"1k": 1000, "2k": 2000, "4k": 4000}

_OF_RANKING = (*(f"{what}@{k}" for k in DEPTHS for what in ("recall", "hit", "all")), f"mrr@{CUT}", f"ndcg@{CUT}")

MEASURES = (
    *(f"{level}_{name}" for level in ("article", "passage", "sentence") for name in _OF_RANKING),
    *(f"passage_budget_recall@{name}" for name in BUDGETS),
    "shown_recall",
)

#: A place in an article.
Place = RankedSpan | CitedSpan | GoldSpan

_Gold = Sequence[Sequence[GoldSpan]]
_Satisfies = Callable[[Place, GoldSpan], bool]

# Scripts without spaces, where every character counts.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def retrieval_measures(
    resolved: ResolvedQuestion, outcome: Outcome, articles: Mapping[str, Article] | None = None
) -> dict[str, float | None]:
    """Recall, hit, all, MRR and nDCG at each level, recall within a budget, recall of what is shown.

    All are None for a question without evidence; those below the article also where only an article is named.

    :param articles: By id. Where one of a ranked passage is missing, recall within a budget is None.
    """
    below = resolved.gold if resolved.has_spans else ()
    passages = in_order(outcome.passages)
    shown = outcome.nearest if outcome.abstained else outcome.citations
    return {
        **_ranking_measures("article", article_ranking(passages), resolved.gold, same_article),
        **_ranking_measures("passage", passages, below, covers_half),
        **_ranking_measures("sentence", in_order(outcome.sentences), below, shares_half),
        **_budget_measures(passages, below, articles or {}),
        "shown_recall": recall(shown, below, shares_half),
    }


def recall(places: Iterable[Place], gold: _Gold, satisfies: _Satisfies) -> float | None:
    """The share of groups that ``places`` satisfy; None where there are none."""
    return len(set().union(*_found(places, gold, satisfies))) / len(gold) if gold else None


def same_article(place: Place, gold: GoldSpan) -> bool:
    return place.article == gold.article


def covers_half(place: Place, gold: GoldSpan) -> bool:
    return same_article(place, gold) and 2 * _shared(place, gold) >= gold.end - gold.start


def shares_half(place: Place, gold: GoldSpan) -> bool:
    shorter = min(place.end - place.start, gold.end - gold.start)
    return same_article(place, gold) and 2 * _shared(place, gold) >= shorter


def _shared(place: Place, gold: GoldSpan) -> int:
    """Characters of both; below zero where they lie apart."""
    return min(place.end, gold.end) - max(place.start, gold.start)


# --- Rankings ----------------------------------------------------------------------------------------


def in_order(spans: Iterable[RankedSpan]) -> list[RankedSpan]:
    """Best first; equal scores by article, then by start."""
    return sorted(spans, key=lambda span: (-span.score, span.article, span.start))


def article_ranking(passages: Iterable[RankedSpan]) -> list[RankedSpan]:
    """The first passage of each article, in the order given: articles rank as their best passages do."""
    first: dict[str, RankedSpan] = {}
    for passage in passages:
        first.setdefault(passage.article, passage)
    return list(first.values())


def _ranking_measures(
    level: str, places: Sequence[Place], gold: _Gold, satisfies: _Satisfies
) -> dict[str, float | None]:
    """The measures of one ranking, best first; all None without gold."""
    names = [f"{level}_{name}" for name in _OF_RANKING]
    if not gold:
        return dict.fromkeys(names)
    found = _found(places, gold, satisfies)
    ranks = _first_ranks(found)
    counts = [sum(rank <= k for rank in ranks.values()) for k in DEPTHS]
    values: list[float] = []
    for count in counts:
        values += [count / len(gold), float(count > 0), float(count == len(gold))]
    first = min(ranks.values(), default=CUT + 1)
    values += [1 / first if first <= CUT else 0.0, _ndcg(found, ranks, gold)]
    return dict(zip(names, values, strict=True))


def _found(places: Iterable[Place], gold: _Gold, satisfies: _Satisfies) -> list[dict[int, int]]:
    """For each place, the groups that it satisfies, by number, with the highest grade of their spans satisfied."""
    return [
        {
            number: max(grades)
            for number, group in enumerate(gold)
            if (grades := [span.grade for span in group if satisfies(place, span)])
        }
        for place in places
    ]


def _first_ranks(found: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """The rank, from 1, at which each group is first satisfied."""
    ranks: dict[int, int] = {}
    for rank, groups in enumerate(found, 1):
        for group in groups:
            ranks.setdefault(group, rank)
    return ranks


def _ndcg(found: Sequence[Mapping[int, int]], ranks: Mapping[int, int], gold: _Gold) -> float:
    """nDCG at ``CUT`` with linear gains (Järvelin & Kekäläinen 2002, as in trec_eval).

    A place gains the grade of what it is the first to satisfy. The ideal ranking has the gaining places first,
    then one place for each group missed; a place that satisfies two groups at once is one in both.
    """
    gains: dict[int, int] = {}
    ideal: dict[int, int] = {}
    missed: list[int] = []
    for group, spans in enumerate(gold):
        best = max(span.grade for span in spans)
        if group in ranks:
            rank = ranks[group]
            gains[rank] = max(gains.get(rank, 0), found[rank - 1][group])
            ideal[rank] = max(ideal.get(rank, 0), best)
        else:
            missed.append(best)
    best_first = sorted([*ideal.values(), *missed], reverse=True)
    return _dcg(sorted(gains.items())) / _dcg(enumerate(best_first, 1))


def _dcg(gains: Iterable[tuple[int, int]]) -> float:
    """Discounted cumulative gain of ``(rank, gain)``."""
    return sum(gain / log2(rank + 1) for rank, gain in gains if rank <= CUT)


# --- Budgets -----------------------------------------------------------------------------------------


def words_of(place: Place, text: str) -> Sequence[int]:
    """Where the words of ``place`` start in ``text``, that of its article."""
    starts = word_starts(text)
    return starts[bisect_left(starts, place.start) : bisect_left(starts, place.end)]


@lru_cache(maxsize=1 << 12)
def word_starts(text: str) -> Sequence[int]:
    """Where words start: runs of letters and digits ("l'armée" is two), characters of scripts without spaces.

    They stand for the tokens of a language model, of which there are more.
    """
    return tuple(match.start() for match in _WORD.finditer(text))


def _budget_measures(
    passages: Sequence[RankedSpan], gold: _Gold, articles: Mapping[str, Article]
) -> dict[str, float | None]:
    names = {f"passage_budget_recall@{name}": words for name, words in BUDGETS.items()}
    if any(passage.article not in articles for passage in passages):
        return dict.fromkeys(names)
    return {name: recall(_fitting(passages, words, articles), gold, covers_half) for name, words in names.items()}


def _fitting(passages: Iterable[RankedSpan], budget: int, articles: Mapping[str, Article]) -> Iterable[RankedSpan]:
    """The first passages, up to the one that does not fit whole into ``budget`` words."""
    for passage in passages:
        budget -= len(words_of(passage, articles[passage.article].text))
        if budget < 0:
            return
        yield passage
