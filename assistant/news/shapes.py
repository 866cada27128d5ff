"""The shape of an answer: what a question asks for, and which words of a sentence give it.

The words are marked inside the sentence, never cut out of it. Where no rule finds them nothing is marked.
"""

import re
from collections.abc import Iterator

from assistant.answer_type import answer_type
from assistant.news.agents import agent
from assistant.news.deeds import stems
from assistant.news.question_words import ADDED
from assistant.news.speech import NAME
from assistant.news.times import time_expressions
from assistant.text import fold, stop_words
from assistant.types import Shape

Range = tuple[int, int]

#: Characters of a sentence that are read: no sentence is longer, but what somebody has run together may be.
LONGEST = 2000

_I = re.IGNORECASE

_DEFINITION = re.compile(
    r"^\W*(?i:qu['’]est-ce qu(?:e |['’])(?:c['’]est qu(?:e |['’]))?|c['’]est quoi |qui (?:est|sont|était) |what (?:is"
    r"|are) |who (?:is|was|are) )"
    rf"(?:le |la |l['’]|les |un |une |the |a |an )?(?P<named>{NAME})\s*\??\s*$"
)
_LIST = re.compile(
    r"^\W*(?:(?:dans|de|à|par|avec|pour|in|from|by|with) )?(?:quels (?!est)|quelles |lesquel|(?:which"
    r"|what) \w+s\b(?<!ss)"
    r"|qui sont les|quels sont|what are the|name the|citez)",
    _I,
)
_ASKED: tuple[tuple[Shape, re.Pattern[str]], ...] = (
    ("why", re.compile(r"\bpourquoi\b|\bpour quelles? raisons?\b|\bwhy\b|\bfor what reason", _I)),
    ("where", re.compile(r"(?:^|[\s'’])où\b|\bdans quel(?:le)? (?:ville|pays|lieu|région|quartier)\b|\bwhere\b", _I)),
)
_POLAR = re.compile(
    r"^\W*(?:est-ce qu|(?:[^\s?]+ ){0,8}?[^\W\d_]+-t?-?(?:il|elle|ils|elles|on)\b"
    r"|(?:is|are|was|were|did|does|do|has|have|had|will|can|could|should|would)\b)",
    _I,
)
_WH = re.compile(
    r"\b(?:qui|que|quoi|quand|où|comment|combien|quel(?:le)?s?|lequel|who|what|when|where|which|how)\b|qu['’]", _I
)
_NEWEST = re.compile(r"\b(?:derni(?:er|ère)s?|actuel(?:le)?s?|latest|current|most recent) ", _I)
_WHO_FIRST = re.compile(r"^\W*(?:qui|who)\b", _I)
_SHAPES: dict[str, Shape] = {"number": "number", "date": "when", "person": "who"}


def shape_of(question: str) -> Shape | None:
    """What kind of answer ``question`` asks for, or None where no rule tells."""
    if added := ADDED.search(question):  # "Qui préside le Louvre, et depuis quand ?"
        question = added["word"]
    if _DEFINITION.match(question):
        return "definition"
    told = next((shape for shape, pattern in _ASKED if pattern.search(question)), None)
    if told is None and (kind := answer_type(_NEWEST.sub("", question))):
        told = _SHAPES[kind]
    if told == "when" and _WHO_FIRST.match(question):  # "Qui présidait quand …"
        told = "who"
    if told in (None, "where") and _LIST.match(question):
        return "list"
    if told is None and _POLAR.match(question) and not _WH.search(question):
        return "polar"
    return told


def answering_words(question: str, sentence: str) -> Range | None:
    """The ``(start, end)`` of ``sentence`` that answers ``question``, or None where no rule tells."""
    shape = shape_of(question)
    sentence = sentence[:LONGEST]
    if shape is None:
        return None
    if shape == "definition":
        return _definition(question, sentence)
    if shape == "why":
        return _first(_REASON, sentence)
    if shape == "polar":
        return _denial(question, sentence)
    if shape == "who":
        return agent(question, sentence)
    candidates = list(_CANDIDATES[shape](question, sentence))
    return _nearest(question, sentence, candidates)


def may_answer(question: str, sentence: str) -> bool:
    """Whether ``sentence`` has what ``question`` asks for, if only among others of the kind; without a rule, yes."""
    shape = shape_of(question)
    sentence = sentence[:LONGEST]
    if shape is None:
        return True
    if shape in _CANDIDATES:
        return any(True for _ in _CANDIDATES[shape](question, sentence))
    return answering_words(question, sentence) is not None


def _first(pattern: re.Pattern[str], sentence: str) -> Range | None:
    match = pattern.search(sentence)
    return match.span("told") if match else None


# --- Nearness --------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[^\W\d_]+|[0-9]+")


#: Marked is what is nearer than the second by so much; of two as near nobody can tell.
_CLEARLY = 1.25


def _nearest(question: str, sentence: str, candidates: list[Range]) -> Range | None:
    """The candidate clearly nearest to the words that the question shares with the sentence."""
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    asked = stems(question)
    shared = [match.start() for match in _TOKEN.finditer(sentence) if stems(match.group()) & asked]

    def nearness(candidate: Range) -> float:
        start, end = candidate
        gaps = [_gap(sentence, start, end, at) for at in shared if not start <= at < end]
        inside = sum(start <= at < end for at in shared)
        return sum(1 / (1 + gap) for gap in gaps) + 2 * inside

    best, second = sorted(candidates, key=nearness, reverse=True)[:2]
    return best if nearness(best) >= _CLEARLY * nearness(second) and nearness(best) else None


def _gap(sentence: str, start: int, end: int, at: int) -> float:
    """Words between, a comma counting as three more."""
    between = sentence[end:at] if at >= end else sentence[at:start]
    return len(between.split()) + 3 * len(re.findall(r"[,;:.]", between))


# --- Numbers ---------------------------------------------------------------------------------------------

_WORD_NUMBER = (
    r"(?:un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente"
    r"|quarante"
    r"|cinquante|soixante|cents?|mille|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty"
    r"|thirty"
    r"|forty|fifty|hundred|thousand)"
)
_FIGURE = r"[0-9]{1,3}(?:[ \u00a0\u202f\u2009.,][0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:[.,][0-9]+)?"
_AMOUNT = (
    rf"(?:[$€£] ?(?:{_FIGURE})(?: (?:million|billion|thousand))?|(?:{_FIGURE})(?: (?:millions?|milliards?|billions?"
    rf"|mille)(?: d(?:e |['’]))?)?"
    rf"|{_WORD_NUMBER}(?:[\- ](?:et[\- ])?{_WORD_NUMBER})*|(?:une |a |plusieurs |several )?(?:centaines?|dizaines?"
    rf"|douzaines?"
    rf"|milliers?|vingtaine|trentaine|cinquantaine|quinzaine|dozens?|hundreds|thousands|millions?"
    rf"|milliards?)(?: d(?:e |['’])| of)?)"
)
_NUMBER = re.compile(
    rf"(?<![\w\-])(?<![0-9][.,])(?:(?:environ|quelque|près de|plus de|moins de|au moins|jusqu['’]à|nearly|about"
    rf"|around|more than"
    rf"|less than|at least|up to|some) )?(?:(?:de|entre|from|between) (?={_AMOUNT} (?:à|et|to|and) {_AMOUNT}))?"
    rf"{_AMOUNT}(?: (?:à|et|to|and) {_AMOUNT})?(?!\w)(?:\s?(?:%|€|°C?)|\s[^\W\d_]+)?",
    _I,
)
_UNIT_END = re.compile(r"\s(?P<word>[^\W\d_]+)$")


def _numbers(question: str, sentence: str) -> list[Range]:
    """Amounts in the unit that is asked for, or of the thing; without either, the only amount there is."""
    times = [(one.start, one.end) for one in time_expressions(sentence, None)]
    told = _digits(question)
    wanted = next((unit for asked, unit in _UNITS if asked.search(question)), None)
    counted = _COUNTED.search(question)
    thing = stems(counted["thing"]) if counted and not wanted else set()
    found = []
    for match in _NUMBER.finditer(sentence):
        start, end = match.span()
        unit = _UNIT_END.search(match.group())
        if unit and not _is_unit(unit["word"]):
            end = start + unit.start()
        is_article = re.fullmatch(r"(?:un|une|one)(?: \w+)?", match.group(), _I)
        is_time = any(a < end and start < b for a, b in times) or _CLOCK.match(sentence, start)
        if is_article or is_time or _digits(sentence[start:end]) & told:
            continue
        if wanted.search(sentence[start:end]) if wanted else not _ANY_UNIT.search(sentence[start:end]):
            found.append((start, end))
    of_thing = [one for one in found if stems(sentence[one[0] : one[1] + _NEXT_WORDS]) & thing]
    return of_thing or (found if not thing or len(found) == 1 else [])


def _is_unit(word: str) -> bool:
    """Whether a word behind a number may be what is counted; "m" is French for me, and metres."""
    return word == "m" or not (_bare(word) in _FUNCTION_WORDS or word[0].isupper())


_COUNTED = re.compile(r"(?:combien d(?:e |['’])|how many )(?P<thing>\w+)", _I)
_NEXT_WORDS = 20  # characters behind a number that may name what is counted
_TIME_UNIT = re.compile(
    r"\b(?:seconde?s?|minutes?|heures?|jours?|semaines?|mois|ans?|années?|siècles?|hours?|days?|weeks?|months?|years?)$",
    _I,
)
_LENGTH = re.compile(
    r"\b(?:[ck]?m|mètres?|kilomètres?|centimètres?|met(?:re|er)s?|kilomet(?:re|er)s?|miles?|feet)$", _I
)
_WEIGHT = re.compile(r"\b(?:kg|kilos?|tonnes?|tons?|grammes?|pounds)$", _I)
_MONEY = re.compile(r"[$€£]|\b(?:euros?|dollars?|francs?|livres?|couronnes?|pounds)$", _I)
_SHARE = re.compile(r"%$|\b(?:percent|pour cent)$", _I)
_DEGREES = re.compile(r"°|\b(?:degrés|degrees)$", _I)
_AGE = re.compile(r"\b(?:ans|years?|mois)$|^[0-9]{1,3}$", _I)
_ANY_UNIT = re.compile("|".join(unit.pattern for unit in (_TIME_UNIT, _LENGTH, _WEIGHT, _MONEY, _SHARE, _DEGREES)), _I)
#: What a question says, and the unit of its answer.
_UNITS = tuple(
    (re.compile(asked, _I), unit)
    for asked, unit in (
        (r"\bâge\b|\bhow old\b", _AGE),
        (r"combien de temps|\bdurée|\bhow long\b|combien d['’]heures|combien de jours|combien d['’]années", _TIME_UNIT),
        (
            r"hauteur|longueur|largeur|altitude|profondeur|distance|diamètre|haut\b|\bmesur(?:e|ent|ait)\b"
            r"|length|height|depth|width"
            r"|\bhow (?:tall|high|deep|far|wide)\b",
            _LENGTH,
        ),
        (r"\bp[eè]s(?:e|ait|ent)|\bpoids\b|\bhow heavy\b|\bweigh", _WEIGHT),
        (
            r"coût|coûte|prix\b|montant|argent|budget|péage"
            r"|\bhow much (?:money|did .* cost|was the prize|does)|\bprice",
            _MONEY,
        ),
        (r"\bpart\b|pourcentage|\btaux\b|proportion|\bshare\b|percentage", _SHARE),
        (r"température|temperature", _DEGREES),
    )
)


_FUNCTION_WORDS = stop_words("fr") | stop_words("en")


def _digits(text: str) -> set[str]:
    return {re.sub(r"\D", "", figure) for figure in re.findall(_FIGURE, text)}


# --- Times, names, places --------------------------------------------------------------------------------

_CLOCK = re.compile(
    r"\b[0-9]{1,2}[ \u00a0\u202f]?h(?:[ \u00a0\u202f]?[0-9]{2})?\b|\b[0-9]{1,2}[:.][0-9]{2} ?(?:[ap]\.?m\.?)?"
)
_ASKS_THE_HOUR = re.compile(r"quelle heure|what time", _I)


def _times(question: str, sentence: str) -> Iterator[Range]:
    if _ASKS_THE_HOUR.search(question):
        yield from (match.span() for match in _CLOCK.finditer(sentence))
        return
    told = _bare(question)
    for one in time_expressions(sentence, None):
        if _bare(sentence[one.start : one.end]) not in told:
            yield one.start, one.end


_NAMES = re.compile(rf"{NAME}(?:(?: et | and ){NAME})?")


_OF_A_PLACE = re.compile(
    r"\b(?:stade|rue|avenue|boulevard|place|gare|aéroport|hôpital|tour|pont|stadium|ville|quartier) $", _I
)


def _people(question: str, sentence: str) -> Iterator[Range]:
    """Names that the question does not have; one word alone only where it cannot be the start of the sentence."""
    told = set(_TOKEN.findall(_bare(question)))
    times = [(one.start, one.end) for one in time_expressions(sentence, None)]
    for match in _NAMES.finditer(sentence):
        start, end = match.span()
        if any(a < end and start < b for a, b in times) or _OF_A_PLACE.search(sentence[:start]):
            continue
        name = match.group()
        parts = _bare(name).replace("'", " ").split()
        opens = not re.search(r"\w", sentence[:start])
        if parts[0] in _FUNCTION_WORDS or set(parts) & told:
            continue
        if len(parts) == 1 and (opens or _ADJECTIVE.match(sentence, end) or _ARTICLE_BEFORE.search(sentence, 0, start)):
            continue
        if not _is_place(sentence, start):
            yield start, end


#: "the American referee" is nobody's name.
_ADJECTIVE = re.compile(r" (?!and |et |or |ou |has |is |was |a |est )[a-zà-ÿ]{4}")
_ARTICLE_BEFORE = re.compile(r"(?<![\w’'])(?:le |la |les |l['’]|du |des |the )$", _I)
_PLACE_BEFORE = re.compile(
    r"(?:\b(?:à|en|au|aux|in|at|near|from|depuis|vers|sur)[ \u00a0]|\b(?:dans|de|of) (?:la |l['’]|le |the ))$", _I
)


def _is_place(sentence: str, start: int) -> bool:
    return bool(_PLACE_BEFORE.search(sentence[max(0, start - 12) : start]))


_LOWER = r"[a-zà-ÿ][\w’'\-]*"
_ONE_PLACE = (
    rf"(?:à|en|au|aux|dans|depuis|près de|vers|sur|in|at|near|from|to)[ \u00a0](?:(?:le |la |les |l['’]|the "
    rf"|an? )?(?:{_LOWER} ){{0,3}}?"
    rf"(?:(?:de |du |des |d['’]|of |in )(?:la |l['’]|the )?)?(?:the )?(?:{_LOWER} (?:de |du "
    rf"|of ))?)?[A-ZÀ-ÖØ-Þ][\w’'\-]*"
    rf"(?: (?:(?:de|du|des|la|sous|sur|of) )*[A-ZÀ-ÖØ-Þ][\w’'\-]*)*"
)
_PLACE = re.compile(rf"(?<!\w){_ONE_PLACE}(?:, (?=en |dans |près |au |aux |à |in |near )(?!near the){_ONE_PLACE})?")


def _places(question: str, sentence: str) -> Iterator[Range]:
    told = set(_TOKEN.findall(_bare(question)))
    times = [(one.start, one.end) for one in time_expressions(sentence, None)]
    for match in _PLACE.finditer(sentence.replace(sentence[:1], sentence[:1].lower(), 1)):
        start, end = match.span()
        names = {_bare(name) for name in re.findall(r"[A-ZÀ-ÖØ-Þ][\w\-]+", match.group())}
        if not names & told and not any(a < end and start < b for a, b in times):
            yield start, end


# --- Reasons, denials, lists, definitions ----------------------------------------------------------------

_REASON = re.compile(
    r"(?<!\w)(?P<told>(?:parce qu(?:e |['’])|car |puisqu(?:e |['’])|afin (?:de |d['’]|que |qu['’])|en raison d(?:e "
    r"|u |['’])"
    r"|à cause d(?:e |u |['’])|faute de |grâce à |because |due to |owing to |in order to |so that )[^.;:!?»”\"]+?)"
    r"(?=\s*(?:[.;:!?»”\"]|,|$))",
    _I,
)
_DENIAL = re.compile(
    r"\b(?:ne |n['’])\w+ (?:pas|plus|jamais|rien|aucune?|guère)(?: encore)?(?: été)?(?: \w+)?\b"
    r"|\b(?:not|never|no longer)(?: yet)?(?: been)? \w+\b|\b\w+n['’]t \w+\b",
    _I,
)


def _denial(question: str, sentence: str) -> Range | None:
    """A denial of what the question says."""
    asked = stems(question)
    return next((match.span() for match in _DENIAL.finditer(sentence) if stems(match.group()) & asked), None)


def _lists(question: str, sentence: str) -> Iterator[Range]:
    yield from (match.span() for match in _ENUMERATION.finditer(sentence))


_JOINED = rf"(?:(?:à|en|au|aux|de|du|des|d['’]|dans|le|la|les|l['’]|the)[ \u00a0]?)*{NAME}"
_ENUMERATION = re.compile(rf"(?<![\w’'])(?:{_JOINED})(?:, (?:{_JOINED}))*(?:,? (?:et|ou|and|or) (?:{_JOINED}))")


def _definition(question: str, sentence: str) -> Range | None:
    """What stands beside the name: "X, a program that …", "the coach, X", "X est …"."""
    asked = _DEFINITION.match(question)
    if asked is None:
        return None
    named = re.escape(asked["named"])
    behind = re.search(
        rf"{named}(?: \([^)]*\))?(?:, (?:(?:qui|who|which) (?:est|était|is|was) )?| (?:est|était|is|was) )"
        r"(?P<told>(?!(?:qui|who|which|ne|not|lors|dans|sur|à|en|avec|pour|on|in|at|with) |n['’]"
        r"|s['’])[^.;:!?«»\"“”,]{4,}?)(?=\s*(?:[.;:!?«»\"“”,]|$))",
        sentence,
    )
    if behind:
        return behind.span("told")
    before = re.search(rf"(?P<told>(?:le|la|l['’]|the|un|une|a|an)[ ]?[^.;:!?«»\"“”,]{{4,}}?),? {named}", sentence, _I)
    return before.span("told") if before else None


def _bare(text: str) -> str:
    return fold(text, accents=False).text


_CANDIDATES = {"number": _numbers, "when": _times, "who": _people, "where": _places, "list": _lists}
