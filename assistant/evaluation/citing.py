"""How well an answer quotes: word for word, the right sentences, all of them, and no others."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from assistant.evaluation.answers import contains_answer
from assistant.evaluation.retrieval import Place, recall, same_article, shares_half, word_starts, words_of
from assistant.evaluation.types import CitedSpan, GoldSpan, Outcome, ResolvedQuestion
from assistant.types import Article

# An abstention from an answerable question counts as zero, except in ``…_answered``.
_OVERALL = ("citation_precision", "citation_recall", "citation_f1")

MEASURES = (
    "verbatim_validity",
    "grounded_chars",
    *_OVERALL,
    *(f"{name}_answered" for name in _OVERALL),
    "citation_precision_lenient",
    "citation_article_precision",
    "citation_article_recall",
    "first_citation_hit",
    "span_word_f1",
    "span_char_f1",
    "cited_sentences",
    "cited_words",
)

#: What ``span_word_f1`` is made of, over questions as in one: words cited and needed, words cited, words needed.
SPAN_WORDS = ("span_words_common", "span_words_cited", "span_words_gold")

Articles = Mapping[str, Article]
_Gold = Sequence[Sequence[GoldSpan]]
# Where the characters, or the words, of a place start.
_Units = Callable[[Place], Iterable[int]]


def citation_measures(
    resolved: ResolvedQuestion, outcome: Outcome, language: str, articles: Articles | None = None
) -> dict[str, float | None]:
    """What is cited, against its articles and against the evidence.

    Measures against its articles are None without an answer, measures against the evidence without evidence, and
    those of its sentences where only an article is named.

    :param language: Of the gold answers.
    :param articles: By id. Without them a quotation can't be checked, nor the words of the evidence be counted.
    """
    cited = _distinct(outcome.citations)
    measures = (
        _quotation_measures(outcome, articles)
        | _article_measures(resolved.gold, cited)
        | _sentence_measures(resolved, cited, language)
        | _span_measures(resolved.gold if resolved.has_spans else (), cited, articles or {})
    )
    return measures | {f"{name}_answered": None if outcome.abstained else measures[name] for name in _OVERALL}


def _distinct(citations: Iterable[CitedSpan]) -> list[CitedSpan]:
    """Every place once, in order."""
    return list({(cited.article, cited.start, cited.end): cited for cited in citations}.values())


def _share(kept: Sequence[bool]) -> float:
    return sum(kept) / len(kept) if kept else 0.0


# --- Against the articles ----------------------------------------------------------------------------


def _quotation_measures(outcome: Outcome, articles: Articles | None) -> dict[str, float | None]:
    citations = outcome.citations
    verbatim = [articles is not None and _is_verbatim(cited, articles) for cited in citations]
    return {
        "verbatim_validity": None if articles is None or not citations else _share(verbatim),
        "grounded_chars": _grounded(outcome),
        "cited_sentences": None if outcome.abstained else float(len(_distinct(citations))),
        "cited_words": None if outcome.abstained else float(sum(len(word_starts(cited.shown)) for cited in citations)),
    }


def _is_verbatim(cited: CitedSpan, articles: Articles) -> bool:
    article = articles.get(cited.article)
    return article is not None and _nfc(article.text[cited.start : cited.end]) == _nfc(cited.shown)


def _grounded(outcome: Outcome) -> float | None:
    """The share of the answer's characters, spaces aside, that are inside what it quotes; None without an answer."""
    shown = _nfc(outcome.shown)
    inside = bytearray(len(shown))
    for quoted in {_nfc(cited.shown) for cited in outcome.citations} - {""}:
        at = shown.find(quoted)
        while at >= 0:
            inside[at : at + len(quoted)] = b"\1" * len(quoted)
            at = shown.find(quoted, at + len(quoted))
    visible = [bool(mark) for mark, char in zip(inside, shown, strict=True) if not char.isspace()]
    return _share(visible) if visible else None


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


# --- Against the evidence ----------------------------------------------------------------------------


def _article_measures(gold: _Gold, cited: Sequence[CitedSpan]) -> dict[str, float | None]:
    articles = {span.article for group in gold for span in group}
    return {
        "citation_article_precision": _share([place.article in articles for place in cited]) if gold else None,
        "citation_article_recall": recall(cited, gold, same_article),
    }


def _sentence_measures(
    resolved: ResolvedQuestion, cited: Sequence[CitedSpan], language: str
) -> dict[str, float | None]:
    """Precision, recall, F1; lenient precision, for which a sentence of a gold article with a gold answer is right."""
    if not resolved.has_spans:
        return dict.fromkeys((*_OVERALL, "citation_precision_lenient", "first_citation_hit"))
    gold, answers = resolved.gold, resolved.question.answers
    right = [any(shares_half(place, span) for group in gold for span in group) for place in cited]
    lenient = [
        is_right or (place.article in resolved.articles and contains_answer(place.shown, answers, language))
        for place, is_right in zip(cited, right, strict=True)
    ]
    precision = _share(right)
    found = recall(cited, gold, shares_half) or 0.0
    return {
        "citation_precision": precision,
        "citation_recall": found,
        "citation_f1": 2 * precision * found / (precision + found) if found else 0.0,
        "citation_precision_lenient": _share(lenient),
        "first_citation_hit": float(right[0]) if right else 0.0,
    }


# --- Characters and words ----------------------------------------------------------------------------


def _span_measures(gold: _Gold, cited: Sequence[CitedSpan], articles: Articles) -> dict[str, float | None]:
    """Overlap with the evidence, wherever sentences begin and end: by characters, and by words as ACL-Verbatim."""
    places: list[Place] = [*cited, *(span for group in gold for span in group)]
    measures: dict[str, float | None] = dict.fromkeys(("span_char_f1", "span_word_f1", *SPAN_WORDS))
    if gold:
        measures["span_char_f1"] = _f1(*_overlap(gold, cited, lambda place: range(place.start, place.end)))
    if gold and all(place.article in articles for place in places):
        counts = _overlap(gold, cited, lambda place: words_of(place, articles[place.article].text))
        measures |= dict(zip(SPAN_WORDS, map(float, counts), strict=True)) | {"span_word_f1": _f1(*counts)}
    return measures


def _overlap(gold: _Gold, cited: Sequence[CitedSpan], units: _Units) -> tuple[int, int, int]:
    """Characters or words that are cited and needed, that are cited, and that are needed.

    Of alternatives the one quoted most is needed; what is quoted of the others counts neither for nor against.
    """

    def places(*spans: Place) -> set[tuple[str, int]]:
        return {(span.article, unit) for span in spans for unit in units(span)}

    quoted = places(*cited)
    alternatives = [[places(span) for span in group] for group in gold]
    needed = set().union(*(max(group, key=lambda span: _share_of(span, quoted)) for group in alternatives))
    quoted -= set().union(*(span for group in alternatives for span in group)) - needed
    return len(quoted & needed), len(quoted), len(needed)


def _share_of(span: set[tuple[str, int]], quoted: set[tuple[str, int]]) -> float:
    return len(span & quoted) / len(span) if span else 0.0


def _f1(common: int, cited: int, needed: int) -> float:
    return 2 * common / (cited + needed) if common else 0.0
