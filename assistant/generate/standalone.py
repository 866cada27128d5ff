"""Whether a model's wording of a question may stand for it: one question, and nothing in it that nobody said."""

import re
from collections.abc import Sequence
from typing import Literal

from assistant.generate.comparison import same
from assistant.generate.instructions import speaks_to_a_model
from assistant.generate.term import Term
from assistant.generate.wording import Wording, wording
from assistant.languages import detect_language
from assistant.quantities import covers
from assistant.sentences import split_sentences
from assistant.text import fold
from assistant.types import Sentence

Flaw = Literal["form", "language", "question", "number", "name", "negation", "addition", "omission"]

_END = re.compile(r"[\s\u00a0\u202f]*\?$")
#: Nothing in a question: another one, another line, markup, marks of a citation.
_MORE = re.compile(r"[?!\n\r<>\[\]{}|`*_]|https?:")
#: How a question may begin in French and in English.
_ASKS = re.compile(
    r"^(?:(?:a|au|aux|de|d'|du|des|dans|en|sur|par|pour|avec|selon|contre|depuis|jusqu'a|jusqu'en|chez|sous|vers|sans"
    r"|to|in|on|at|by|for|from|with|of|since|until|under|against) ?)?"
    r"(?:qui|que|qu'|quoi|quels?|quelles?|lesquels?|lesquelles?|laquelle|lequel|combien|comment|quand|ou|pourquoi"
    r"|est-ce|who|whom|whose|what|which|when|where|why|how)(?!\w)|^(?:is|are|was|were|did|does|do|has|have|had|can|could"
    r"|will|would|should|may|might|must) \w|-t?-?(?:il|elle|ils|elles|on|ce|vous|nous|tu|je)\b"
)
#: What is asked for, as far as a word tells; "que" may be anything.
_WANTED = re.compile(
    r"(?<!\w)(qui|quoi|quel|lequel|laquelle|lesquel|combien|comment|quand|où|pourquoi|who|what|which"
    r"|when|where|why|how)(?:le|m|se)?s?(?!\w)"
)
#: A word behind these points to what was said before: "cet homme", "this city".
_POINTING = frozenset(["ce", "cet", "cette", "ces", "this", "that", "these", "those"])


def flaws(
    told: str, question: str, language: str, earlier: Sequence[str], shown: Sequence[Sentence]
) -> tuple[Flaw, ...]:
    """Why ``told`` may not stand for ``question``; nothing where it may.

    :param language: Of the question, ISO 639-1.
    :param earlier: Questions before it.
    :param shown: What the last of them was answered.
    """
    if not _is_a_question(told):
        return ("form",)
    worded, asked = wording(told, language), wording(question, language)
    known = [asked, *(wording(one, language) for one in earlier)]
    known += [wording(sentence.text, sentence.article.language or language) for sentence in shown]
    new = [term for term in worded.terms if not any(_has(one, term, worded) for one in known)]
    counted = frozenset().union(*(one.quantities for one in known))
    checks: list[tuple[Flaw, bool]] = [
        ("language", detect_language(told, {"fr", "en", language}) in (language, None)),
        ("question", _wanted(question) in (set(), _wanted(told))),
        ("number", covers(counted, worded.quantities) and not any(term.is_number for term in new)),
        ("name", not any(term.is_name for term in new)),
        ("negation", _denies(worded) == _denies(asked)),
        ("addition", not any(not (term.is_name or term.is_number) for term in new)),
        ("omission", _keeps(asked, worded)),
    ]
    return tuple(flaw for flaw, holds in checks if not holds)


def _is_a_question(told: str) -> bool:
    """One line that asks, and does nothing else."""
    text = _END.sub("", told)
    folded = fold(text, accents=False).text
    is_one = text != told and not _MORE.search(text) and len(split_sentences(told)) == 1
    return is_one and bool(_ASKS.search(folded)) and not speaks_to_a_model(told)


def _wanted(question: str) -> set[str]:
    return set(_WANTED.findall(fold(question).text))


def _has(one: Wording, term: Term, worded: Wording) -> bool:
    return any(same(term, other, one.language == worded.language) for other in one.terms)


def _denies(one: Wording) -> bool:
    return any(term.negated for term in one.terms)


def _keeps(asked: Wording, worded: Wording) -> bool:
    """Whether each word of the question is still there, but for those that point to others."""
    return all(_has(worded, term, asked) or _POINTING & {*term.between[-1:]} for term in asked.terms)
