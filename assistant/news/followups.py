"""A question that leans on the one before, completed: "Et en 2022 ?" after "Combien de visiteurs en 2023 ?".

Two kinds lean. A fragment ("Et à Orsay ?", "Depuis quand ?") takes a place in the question before: that of the words of
its own kind, a date, "à …", "selon …", or the question word. A question with a pronoun for somebody it does not name
("Qui l'a sauvée ?"), or one that goes on with "Et" and names nobody, is given what the question before was about.
Every other question stands alone. French and English.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.news.question_words import ADDED, is_french, put_to
from assistant.news.times import time_expressions

#: Earlier questions that count, and characters of one that may be carried on.
REMEMBERED = 5
LONGEST = 400


def understand(question: str, history: Sequence[str]) -> str | None:
    """``question`` with what the earlier ones contribute, or None where it stands alone.

    :param history: earlier questions as they were asked, oldest first.
    """
    about = ""
    for earlier in history[-REMEMBERED:]:
        about = _completed(earlier, about) or earlier
    return _completed(question, about)


def _completed(question: str, about: str) -> str | None:
    asked, before = _Asked.read(question), _Asked.read(ADDED.sub("", about))
    if not (asked.leans and asked.text and before.text) or len(about) > LONGEST:
        return None
    return _filled_in(asked, before) or _with_topic(asked, before)


# --- What a question is made of --------------------------------------------------------------------------

_LEAD = re.compile(
    r"^\W*(?:(?:et|mais|alors|sinon|puis|and|but|then|so|what about|how about|qu['’]en est-il d[eu])(?=[\s,])[\s,]*)+",
    re.IGNORECASE,
)
_PREPOSITION = (
    r"(?:à partir d[e']|depuis|jusqu['’]à|d['’]|de|du|des|à|au|aux|en|dans|chez|pour|par|avec|selon|contre|sur|pendant"
    r"|devant|après|avant|vers|sans|since|until|till|from|by|at|in|on|for|with|to|of|against|before|after|during)"
)
_NOUN = r"[^\W\d_][\w’'\-]*"
_WH = re.compile(
    rf"^(?:{_PREPOSITION}[ \u00a0]?)?(?:"
    rf"combien (?:de |d['’])(?:temps|{_NOUN})|à? ?combien|quel(?:le)?s? (?:est|était|a été|sont|étaient|fut)(?= )"
    rf"|quel(?:le)?s? {_NOUN}|qu['’]est-ce qu(?:e|i|['’])|qui est-ce qui|qui|que|qu['’]|quoi|quand|où|pourquoi"
    rf"|comment|lequel|laquelle"
    rf"|how (?:many|much) {_NOUN}|how (?:long ago|long|many|much|old|tall|far|big|high|often)|how|who|whom|whose|when"
    rf"|where|why"
    rf"|(?:which|what) (?:is|was|are|were)(?= )|(?:which|what) {_NOUN}|which|what)(?!\w)",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"-t?-?(?:il|elle|on|ils|elles|vous|je)\b|\b(?:a|ont|avait|avaient|aura|est|sont|était|étaient|fut|furent|sera"
    r"|seront|va"
    r"|vont|peut|peuvent|doit|doivent|fait|dit|did|does|do|is|are|was|were|has|have|had|will|would|can|could|should)\b",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<!^)(?<![.!?(] )\b[A-ZÀ-ÖØ-Þ][\w’'\-]*")
_NAMED = re.compile(
    r"(?:[A-ZÀ-ÖØ-Þ][\w’\-]*(?:'[\w\-]+)*)(?:[ \u00a0](?:(?:de|du|des|la|le|of|the|al|el|von"
    r"|van) ){0,2}[A-ZÀ-ÖØ-Þ][\w’'\-]*)*"
)
#: It is in these, and stands for nobody: "y a-t-il", "is it true".
_IMPERSONAL = re.compile(
    r"\b(?:y a(?:vait)?(?:-t-il|ura)?|il y a(?:vait)?"
    r"|(?:faut|fallait|fallu|pleut|neige|s['’]agit|existe|existait|reste|restait|fait|fera|faisait|se passe|se passait)"
    r"(?:-t)?-il|a-t-il (?:fait|fallu|plu|neigé)|s['’]est-il (?:passé|produit)"
    r"|est-il (?:vrai|possible|nécessaire|interdit)|il (?:faut|s['’]agit|existe|reste|me reste)"
    r"|(?:is|was) it (?:true|possible|necessary|when)?|it is|(?:did|does|will) it take"
    r"|(?:is|was|are|were) there|there (?:is|was|are|were))\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"-t?-?(?:il|elle|ils|elles)\b|(?<![\w’'])(?:(?:qu['’])?(?:il|elle|ils|elles)|eux|lui|celui|celle|ceux|celles"
    r"|cela|ça"
    r"|ce dernier|cette dernière|ces derniers)\b(?! y a)"
    r"|(?<![\w’'])(?:l['’]|les |lui |leur |y |en )(?=(?:a|ai|ont|avait|avaient|avoir|aura|est|était|sont|étaient"
    r"|entraient)\b)"
    r"|\b(?:he|she|they|him|her|them|it|there|that one|those)\b",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"(?<![\w’'])(?:son|sa|ses|leur|leurs|his|her|its|their) (?=[^\W\d_])", re.IGNORECASE)
_DESCRIBED = re.compile(
    r"(?<![\w’'])(?:le |la |l['’]|les |un |une |des |du |ce |cet |cette |ces |the |a |an |this |these )(?!plus "
    r"|moins |most )[^\W\d_]{3}",
    re.IGNORECASE,
)
#: A name behind these is not the subject that a pronoun resumes: "à quelle distance de Raqa est-elle".
_COMPLEMENT = re.compile(r"(?:\b(?:de|du|des|à|au|aux|en|sur|pour|par)[ \u00a0]|\bd['’])(?:la |l['’])?$")
_AFTERTHOUGHT = re.compile(r", (?:le|la|l['’]|les|ce|cette|ces|the|[A-ZÀ-ÖØ-Þ])")


class _Asked(NamedTuple):
    """A question taken apart."""

    #: Without the "Et" before it and the mark behind it.
    text: str
    #: The question word with its noun, "combien de jours"; empty where there is none in front.
    word: str
    has_verb: bool
    leans: bool

    @classmethod
    def read(cls, question: str) -> "_Asked":
        lead = _LEAD.match(question)
        text = question[lead.end() if lead else 0 :].strip().rstrip(" ?\u00a0\u202f!.")
        match = _WH.match(text)
        word = match.group() if match else ""
        rest = text[len(word) :].strip()
        has_verb = bool(_VERB.search(text)) or bool(word and rest)
        is_fragment = not has_verb if lead else bool(word) and not rest
        goes_on = lead is not None and not _names(text)
        return cls(text, word, has_verb, is_fragment or goes_on or _stands_for_somebody(text, len(word)))

    @property
    def rest(self) -> str:
        return self.text[len(self.word) :]


def _names(text: str) -> list[str]:
    """Capitals inside, and dates."""
    return _CAPITAL.findall(text) + [text[t.start : t.end] for t in time_expressions(text, None)]


def _stands_for_somebody(text: str, word_end: int) -> bool:
    """Whether a pronoun stands for what the question itself does not name."""
    plain = _IMPERSONAL.sub(lambda match: " " * len(match.group()), text)
    if (pronoun := _PRONOUN.search(plain)) and not _is_named_before(text, word_end, pronoun):
        return True
    own = _POSSESSIVE.search(plain)
    return own is not None and not _COUNTED.match(text) and not _is_named_before(text, word_end, own)


def _is_named_before(text: str, word_end: int, pronoun: re.Match[str]) -> bool:
    before = text[word_end : pronoun.start()]
    if _DESCRIBED.search(before) or _AFTERTHOUGHT.search(text, pronoun.end()):
        return True
    resumes = pronoun.group().startswith("-")
    if resumes and not word_end and len(before.split()) > 1 and before[0].isupper():  # "Airbus a-t-il", not "A-t-il"
        return True
    if any(not (resumes and _COMPLEMENT.search(before[: name.start()])) for name in _CAPITAL.finditer(before, 1)):
        return True
    # "Combien d'heures ont-elles été nécessaires": the hours themselves.
    many = re.match(r"(?:combien d|quel(?:le)?s )", text, re.IGNORECASE)
    return bool(many) and pronoun.group().lower() in ("-ils", "-elles")


# --- A fragment in its place -----------------------------------------------------------------------------

_PREPOSITIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:à|au|aux|en|dans|chez|in|at|on)[ \u00a0]",
        r"(?:de la |de l['’]|du |des |de |d['’](?!après)|of |from )",
        r"(?:avec|with)[ \u00a0]",
        r"(?:par|by)[ \u00a0]",
        r"(?:selon|d['’]après|according to)[ \u00a0]",
        r"(?:pour|for)[ \u00a0]",
    )
)
_TO_THE_END = _PREPOSITIONS[4:]
_BARE = re.compile(rf"(?:(?:le|la|les|the) |l['’])?(?:{_NOUN} )?{_NAMED.pattern}")
_SUPERLATIVE = re.compile(
    r"\b(?:the|le|la|les) (?:plus \w+|moins \w+|\w+est|first|last|premiere?|derniere?|première|dernière)\b",
    re.IGNORECASE,
)


def _filled_in(asked: _Asked, before: _Asked) -> str | None:
    """The question before with the fragment where words of its kind were."""
    if asked.has_verb or _stands_for_somebody(asked.text, len(asked.word)):
        return None
    if asked.word:
        return _ask(put_to(asked.text, before.word, before.rest))
    if changed := _other_date(asked.text, before.text):
        return _ask(changed)
    span = _same_kind(asked.text, before)
    if span is None:
        return None
    start, end = span
    return _ask(before.text[:start] + _fitted(asked.text, start) + before.text[end:])


def _fitted(fragment: str, start: int) -> str:
    return fragment if start else fragment[0].upper() + fragment[1:]


def _other_date(fragment: str, text: str) -> str | None:
    """``text`` with the dates of a fragment that is little else, in the place of its own or behind it."""
    dates = time_expressions(fragment, None)
    if not dates or _CAPITAL.search(fragment):
        return None
    own = time_expressions(text, None)
    if not own:
        return f"{text} {fragment}"
    return text[: own[-1].start] + fragment + text[own[-1].end :]


def _same_kind(fragment: str, before: _Asked) -> tuple[int, int] | None:
    """Where the question before has words of the fragment's kind, or None where it has none."""
    text = before.text
    for preposition in _PREPOSITIONS:
        if preposition.match(fragment):
            return _phrase(preposition, text) if preposition in _TO_THE_END else _complement(preposition, before)
    if _SUPERLATIVE.match(fragment):
        return next((match.span() for match in _SUPERLATIVE.finditer(text)), None)
    if _BARE.fullmatch(fragment):
        return next(
            (m.span() for m in _BARE.finditer(text, len(before.word)) if not _COMPLEMENT.search(text[: m.start()])),
            None,
        )
    return None


def _complement(preposition: re.Pattern[str], before: _Asked) -> tuple[int, int] | None:
    """The last name behind the preposition, with it."""
    for name in reversed(list(_NAMED.finditer(before.text, len(before.word)))):
        opened = _opened_by(preposition, before.text, name.start())
        if opened is not None:
            return opened, name.end()
    return None


def _phrase(preposition: re.Pattern[str], text: str) -> tuple[int, int] | None:
    """From the preposition to the end of the question: "selon la préfecture"."""
    found = [match.start() for match in preposition.finditer(text) if match.start() and text[match.start() - 1] == " "]
    return (found[-1], len(text)) if found else None


def _opened_by(preposition: re.Pattern[str], text: str, start: int) -> int | None:
    """Where the preposition before the name at ``start`` begins."""
    for match in preposition.finditer(text, max(0, start - 12), start):
        if re.fullmatch(r"(?:la |le |les |l['’]|the )?", text[match.end() : start]):
            return match.start()
    return None


# --- What it is about ------------------------------------------------------------------------------------

_RESUMED = re.compile(r"-t?-?(?:il|elle|ils|elles|on)\b", re.IGNORECASE)
_AUXILIARY = re.compile(
    r"^\s*(?:a|ont|est|sont|était|étaient|avait|avaient|did|does|do|is|are|was|were|has|have|had)\b ", re.IGNORECASE
)

_COUNTED = re.compile(
    rf"^(?:{_PREPOSITION} )?(?:combien (?:de |d['’])(?!temps)|quel(?:le)?s? (?!est|était|a |sont|étaient|fut)"
    r"|how (?:many|much) |(?:which|what) (?!is|was|are|were))(?=[^\W\d_])",
    re.IGNORECASE,
)


def _with_topic(asked: _Asked, before: _Asked) -> str:
    return _ask(f"{asked.text} ({_topic(before)})")


def _topic(before: _Asked) -> str:
    """The question before without its question word and the pronoun that only resumes its subject."""
    noun = _COUNTED.sub("", before.word) if _COUNTED.match(before.word) else ""
    return f"{noun} {_AUXILIARY.sub('', _RESUMED.sub('', before.rest)).strip()}".strip()


def _ask(text: str) -> str:
    text = text[0].upper() + text[1:]
    return f"{text} ?" if is_french(text) else f"{text}?"
