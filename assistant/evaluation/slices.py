"""Which questions belong together: by language, kind of question, place and length of the evidence, tags…

Everything is told from the question and the corpus, never from what the assistant did, so that two runs have the
same slices.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from assistant.answer_type import answer_type
from assistant.evaluation.types import GoldSpan, ResolvedQuestion
from assistant.languages import question_language
from assistant.sentences import split_sentences
from assistant.text import fold, words
from assistant.types import Article

Articles = Mapping[str, Article]

#: Lengths of an article in characters: a dispatch, an article, a long read.
SHORT, LONG = 1500, 4000

_I = re.IGNORECASE

_LIST = re.compile(
    r"\bquel(?:le)?s (?:sont|étaient|furent|ont été|seront)\b|\b(?:citez|énumérez|nommez|listez)\b"
    r"|\bwhat (?:are|were) the\b|\b(?:list|name|enumerate) (?:all|the|two|three)\b",
    _I,
)
_YES_NO = re.compile(
    r"^\W*(?:est[- ]ce qu[e'’]|(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b)", _I
)
#: In order, of what is neither a list nor asks for a number, a date or a yes.
_OTHERS = (
    ("pourquoi", r"\bpourquoi\b|\bpour quelles? raisons?\b|\bwhy\b|\bwhat (?:is|was) the (?:reason|cause)\b"),
    (
        "où",
        r"\boù\b|\bdans quel(?:le)?s? (?:ville|pays|lieu|région|endroit|commune|département|rue|quartier)s?\b"
        r"|\bwhere\b|\b(?:which|what) (?:city|country|place|region|town)\b",
    ),
    ("comment", r"\bcomment\b|\bde quelle (?:manière|façon)\b|\bhow\b"),
    ("quoi", r"(?:^|, |\b(?:à|de|en|sur|par|avec) )\W*qu(?:e\b|['’])|\bquoi\b|\b(?:le|la|les)?quel(?:le)?s?\b"),
    ("quoi", r"\bwhat\b|\bwhich\b"),
    ("oui-non", r"-(?:t-)?(?:ils?|elles?|on|ce|nous|vous|tu|je)\b"),
)
_OF_ANSWER = {"number": "combien", "date": "quand", "person": "qui"}
#: What editors call the types, besides their names.
_TYPES = {
    "combien de": "combien",
    "how many": "combien",
    "how much": "combien",
    "how": "comment",
    "what": "quoi",
    "que": "quoi",
    "quel": "quoi",
    "quelle": "quoi",
    "when": "quand",
    "where": "où",
    "which": "quoi",
    "who": "qui",
    "why": "pourquoi",
    "oui ou non": "oui-non",
    "oui/non": "oui-non",
    "yes or no": "oui-non",
    "yes/no": "oui-non",
    "list": "liste",
    "other": "autre",
}
_NAMES = {*_OF_ANSWER.values(), *_TYPES.values()}
_RELATIVE = re.compile(
    r"\b(?:derni(?:er|ère)s?|récemment|récente?s?|actuel(?:le)?s?|actuellement|aujourd['’]hui|hier|demain|en ce moment"
    r"|cette (?:année|semaine)|ce (?:mois|jour)|last|latest|recent(?:ly)?|current(?:ly)?|today|yesterday|now"
    r"|this (?:year|month|week))\b",
    _I,
)
_DATED = re.compile(r"\b(?:1[5-9]|20)\d\d\b")


def question_type(question: str) -> str:
    """``qui``, ``quand``, ``où``, ``combien``, ``quoi``, ``comment``, ``pourquoi``, ``oui-non``, ``liste``, ``autre``.

    Rules for French and English; the first that fits.
    """
    if _LIST.search(question):
        return "liste"
    if _YES_NO.search(question):
        return "oui-non"
    if kind := answer_type(question):
        return _OF_ANSWER[kind]
    return next((name for name, pattern in _OTHERS if re.search(pattern, question, _I)), "autre")


def slices(questions: Sequence[ResolvedQuestion], articles: Articles) -> dict[str, dict[str, list[str]]]:
    """Ids of the questions by kind of slice and value; a question may be in several or no slice of a kind.

    ``articles`` holds every gold article.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for kind, values_of in _KINDS.items():
        by_value: dict[str, list[str]] = {}
        for question in questions:
            for value in values_of(question, articles):
                by_value.setdefault(value, []).append(question.question.id)
        found[kind] = dict(sorted(by_value.items()))
    found["overlap"] = _overlap_quartiles(questions, articles)
    return {kind: by_value for kind, by_value in found.items() if by_value}


def language_of(question: ResolvedQuestion) -> str:
    """As said, else as its words tell."""
    asked = question.question
    return asked.language or question_language(asked.question, ("en", "fr"), otherwise="fr")


def _language(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    yield language_of(question)


def _crossing(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    """Whether some gold article is in another language than the question."""
    languages = {articles[id].language for id in question.articles if id in articles} - {None}
    if languages:
        yield "same" if languages == {language_of(question)} else "cross"


def _type(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    given = question.question.type
    named = fold(given).text.strip(" .?")
    yield _TYPES.get(named, named if named in _NAMES else given) or question_type(question.question.question)


def _evidence(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    if not question.gold:
        return
    first = {group[0].article for group in question.gold}
    yield "several articles" if len(first) > 1 else "one place" if len(question.gold) == 1 else "several places"


def _unanswerable(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    if not question.question.answerable:
        yield question.question.why_unanswerable or "unsaid"


def _time(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    text = question.question.question
    if question.question.as_of:
        yield "as of a day"
    elif _RELATIVE.search(text):
        yield "relative"
    else:
        yield "dated" if _DATED.search(text) else "undated"


def _conversation(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    yield "follow-up" if question.question.history else "alone"


def _position(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    """The third of its article where the first evidence starts."""
    span = _first_span(question)
    if span and span.article in articles:
        third = 3 * span.start // max(1, len(articles[span.article].text))
        yield ("head", "body", "tail")[min(2, third)]


def _length(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    if question.gold and (article := articles.get(question.gold[0][0].article)):
        length = len(article.text)
        yield f"under {SHORT}" if length < SHORT else f"{SHORT} to {LONG}" if length <= LONG else f"over {LONG}"


def _tags(question: ResolvedQuestion, articles: Articles) -> Iterable[str]:
    return dict.fromkeys(question.question.tags)


def _split(question: ResolvedQuestion, articles: Articles) -> Iterator[str]:
    if question.question.split:
        yield question.question.split


_KINDS: dict[str, Callable[[ResolvedQuestion, Articles], Iterable[str]]] = {
    "language": _language,
    "crossing": _crossing,
    "type": _type,
    "evidence": _evidence,
    "unanswerable": _unanswerable,
    "time": _time,
    "conversation": _conversation,
    "position": _position,
    "length": _length,
    "tag": _tags,
    "split": _split,
}

#: Kinds of slices, in the order of a report.
KINDS = (*_KINDS, "overlap")


def _overlap_quartiles(questions: Sequence[ResolvedQuestion], articles: Articles) -> dict[str, list[str]]:
    """By the share of the question's words that the evidence has: ``q1`` has the fewest."""
    shares = {q.question.id: share for q in questions if (share := overlap(q, articles)) is not None}
    if not shares:
        return {}
    bounds = np.quantile(list(shares.values()), (0.25, 0.5, 0.75))
    found: dict[str, list[str]] = {f"q{n}": [] for n in range(1, 5)}
    for id, share in shares.items():
        found[f"q{1 + int(np.searchsorted(bounds, share))}"].append(id)
    return {quartile: ids for quartile, ids in found.items() if ids}


def overlap(question: ResolvedQuestion, articles: Articles) -> float | None:
    """The share of the question's words in the sentences of its evidence, of the first alternative of each place.

    None without spans.
    """
    spans = [group[0] for group in question.gold]
    if not question.has_spans or not all(span.article in articles for span in spans):
        return None
    language = language_of(question)
    asked = set(words(question.question.question, language))
    held = {word for span in spans for word in words(_sentences_around(span, articles[span.article]), language)}
    return len(asked & held) / len(asked) if asked else None


def _sentences_around(span: GoldSpan, article: Article) -> str:
    """A quote may be no more than the answer: the sentences that it lies in."""
    sentences = _sentences(article.text, article.language)
    touched = [one for one in sentences if one.start < span.end and span.start < one.end]
    return article.text[touched[0].start : touched[-1].end] if touched else ""


_sentences = lru_cache(maxsize=64)(split_sentences)  # questions on one article mostly follow each other


def _first_span(question: ResolvedQuestion) -> GoldSpan | None:
    return question.gold[0][0] if question.has_spans else None
