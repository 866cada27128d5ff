"""What a question wishes beyond its subject: the newest article, a time, the words of somebody.

A wish reorders sentences that are nearly as good as the best, and never leaves one out.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from assistant.news.mentions import NAME_PATTERN
from assistant.news.shapes import may_answer
from assistant.news.speakers import speaker_of
from assistant.news.times import time_expressions
from assistant.text import fold
from assistant.types import Sentence

#: Log-odds that the newest article's passages gain where the newest is asked for.
LEAN = 6.0

YEAR = timedelta(366)

_I = re.IGNORECASE

#: "la semaine dernière" and the like are times, and not the latest of something.
_LATEST = re.compile(
    r"\bderni(?:er|ère)s?\b|\bactuel(?:le|s|les|lement)?\b|\baujourd['’]hui\b|\bdésormais\b|\bà ce jour\b"
    r"|\bmaintenant\b|\bà présent\b|\ben ce moment\b|\bplus récente?s?\b|\brécemment\b"
    r"|\blatest\b|\bcurrent(?:ly)?\b|\btoday\b|\bnow\b|\bto date\b|\bso far\b|\bmost recent(?:ly)?\b|\bstill\b",
    _I,
)
_SAYS = (
    r"(?:déclaré|dit|affirmé|annoncé|répondu|promis|expliqué|indiqué|assuré|estimé|ajouté|demandé|pensé|reconnu"
    r"|said|say|tell|told|announce|promise|answer|think|claim|declare|explain)"
)
_ASKS_FOR_WORDS = re.compile(
    rf"^\W*(?:qu['’](?:a|avait|ont|avaient)(?:-t-(?:il|elle|on))? (?:donc )?{_SAYS} |que (?:dit|disait|déclare|pense"
    rf"|répond|promet|affirme) |what (?:did|does|do|has|had|have) (?=.{{1,60}} {_SAYS}\b))"
    r"(?P<who>.+)",
    _I,
)


Time = tuple[date, date, bool]


class Wishes(NamedTuple):
    """Of one question."""

    #: Whether the newest answer is asked for.
    latest: bool
    #: First and last day asked about, and whether the question leaves it to the day it is asked on to tell them.
    time: Time | None
    #: Folded family name of the one whose words are asked for.
    speaker: str | None


def wishes_of(question: str, today: date, without: frozenset[str] = frozenset()) -> Wishes:
    """What ``question`` wishes, asked on that day; ``without`` parts of ``settings.PARTS``."""
    times = [] if "times" in without else time_expressions(question, today)
    rest = question
    for time in reversed(times):
        if not _LATEST.fullmatch(question, time.start, time.end):
            rest = rest[: time.start] + rest[time.end :]
    asked = next(((t.earliest, t.latest, t.relative) for t in times if t.earliest and t.latest), None)
    latest = "times" not in without and bool(_LATEST.search(rest))
    return Wishes(
        latest=latest,
        time=None if latest else asked,
        speaker=None if "speakers" in without else _speaker_asked_for(question),
    )


def preferred(question: str, wishes: Wishes, sentences: Sequence[Sentence], today: date) -> list[int]:
    """The places of ``sentences``, the best first, in the order that is wished.

    Those that meet it come first; where the newest is wished for, the newest of those that answer. What was not yet
    published ``today`` comes last.
    """

    def rank(place: int) -> tuple[bool, int, int]:
        sentence = sentences[place]
        published = sentence.article.published
        said = wishes.speaker is not None and _is_said_by(wishes.speaker, sentence)
        meets = wishes.time is not None and _is_about(wishes.time, sentence)
        day = _told_of(sentence) if wishes.latest and may_answer(question, sentence.text) else None
        return published is not None and published > today, -said - meets, -day.toordinal() if day else 0

    return sorted(range(len(sentences)), key=rank)


def leaning(wishes: Wishes, published: Sequence[date | None], today: date) -> list[float]:
    """What to add to the scores of passages of these days, so that the reader reads those that are wished for."""
    known = sorted({day for day in published if day and day <= today})
    place = {day: (number + 1) / len(known) for number, day in enumerate(known)}
    return [-LEAN if day and day > today else LEAN * place[day] if day and wishes.latest else 0.0 for day in published]


def _speaker_asked_for(question: str) -> str | None:
    asked = _ASKS_FOR_WORDS.match(question)
    name = NAME_PATTERN.search(asked["who"]) if asked else None
    return _bare(name.group()).split()[-1] if name else None


def _is_said_by(name: str, sentence: Sentence) -> bool:
    speaker = speaker_of(sentence)
    return speaker is not None and name in _bare(speaker.name).split()


def _is_about(asked: Time, sentence: Sentence) -> bool:
    """Whether its article is of the days asked about, or the sentence names a time that meets them.

    Where question and sentence both name it in so many words, the search has seen it already.
    """
    first, last, relative = asked
    article = sentence.article
    if article.published and first <= article.published <= last:
        return True
    times = time_expressions(sentence.text, article.published, article.language)
    told = [t for t in times if relative or t.relative]
    return any(t.earliest and t.latest and t.earliest <= last and first <= t.latest for t in told)


def _told_of(sentence: Sentence) -> date | None:
    """The day of its article, or the last that it names where those were over a year before."""
    article = sentence.article
    named = [time.latest for time in time_expressions(sentence.text, article.published, article.language)]
    last = max((day for day in named if day), default=None)
    return last if last and article.published and article.published - last > YEAR else article.published


def _bare(text: str) -> str:
    return fold(text, accents=False).text
