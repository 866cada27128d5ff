"""A model's answer as it comes in, cut into sentences with the numbers they cite.

Every decision is taken at a character and looks back only, so that sentences are the same however the text was cut
into pieces on its way; and no sentence is longer than ``LONGEST``, so that the work is linear.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.sentences import split_sentences

NO_ANSWER = "NO_ANSWER"

#: Characters of a sentence: a model that writes a longer one is lost.
LONGEST = 700
#: Sentences that "[2-5]" may name at most.
WIDEST = 8

_OPENING, _CLOSING = r"\[【［", r"\]】］"
_NUMBERS = r"[0-9]{1,3}(?: ?(?:,|;|-|–|et|and|&) ?[0-9]{1,3}){0,7}"
_WORDS = r"(?:sources?|phrases?|sentences?|n[o°]) ?"
#: [1], [1, 3], [1-3], [[1]], 【1】, ［1］, (source 2), [phrase 2].
_MARKER = re.compile(
    rf" ?(?:[{_OPENING}]{{1,2}} ?(?:{_WORDS})?({_NUMBERS}) ?[{_CLOSING}]{{1,2}}|\( ?{_WORDS}({_NUMBERS}) ?\))",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"([0-9]{1,3})(?: ?[-–] ?([0-9]{1,3}))?")
_BULLET = re.compile(r"^(?:[-*•–] |[0-9]{1,2}[.)] |#{1,4} )")
_THOUGHT, _THOUGHT_END = "<think>", "</think>"
_ENDS = re.compile(rf"[.!?…。！？][\s»”\"'’)\]]*(?:\s*[{_OPENING}(][^{_OPENING}]{{0,40}}[{_CLOSING})])*[.!?]?\s+$")
_MARKED_END = re.compile(rf"[.!?…。！？][\s»”\"'’)\]]*\s*[{_OPENING}(][^{_OPENING}]{{1,40}}[{_CLOSING})]\s+$")
_REFUSAL = re.compile(r"\W*no[_ -]?answer\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence of the model, unverified."""

    #: Without its marks.
    text: str
    #: The sentences it cites, by the numbers they were given; in order, each once.
    numbers: tuple[int, ...]

    @property
    def is_refusal(self) -> bool:
        """Whether the model says that the sentences hold no answer."""
        return bool(_REFUSAL.match(self.text))


class Overlong(Exception):
    """A sentence does not end."""


class Drafts:
    """Takes in an answer piece by piece and gives out its sentences as soon as each is whole."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._thought: str | None = None
        self._in_fence = False

    def feed(self, piece: str) -> Iterator[Drafted]:
        """
        :raises Overlong: If a sentence is longer than ``LONGEST``.
        """
        for char in piece:
            if self._thought is not None:
                self._think(char)
            elif (drafted := self._take(char)) is not None:
                yield drafted

    def close(self) -> Iterator[Drafted]:
        """What is left when the answer is whole; an unfinished thought is nothing."""
        if (drafted := self._end()) is not None:
            yield drafted

    def _think(self, char: str) -> None:
        self._thought = (f"{self._thought}{char}")[-len(_THOUGHT_END) :]
        if self._thought == _THOUGHT_END:
            self._thought = None

    def _take(self, char: str) -> Drafted | None:
        if char == "\n":
            return self._end()
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co"):
            char = " " if char in "\t\r" else ""
        drafted = self._end() if self._begins_another(char) else None
        if char:
            self._kept.append(char)
        if char == ">" and "".join(self._kept[-len(_THOUGHT) :]) == _THOUGHT:
            del self._kept[-len(_THOUGHT) :]
            self._thought = ""
        if len(self._kept) > LONGEST:
            raise Overlong
        return drafted

    def _begins_another(self, char: str) -> bool:
        """Whether a sentence ends before this character: a stop, its marks, a space, and no mark opens."""
        if not char or char.isspace() or char in "[【［(" or not self._kept or not self._kept[-1].isspace():
            return False
        text = "".join(self._kept)
        if not _ENDS.search(text[-60:]):
            return False
        if _MARKED_END.search(text[-60:]) and not char.islower():
            return True
        return split_sentences(text + char)[-1].start == len(text)

    def _end(self) -> Drafted | None:
        text = _BULLET.sub("", "".join(self._kept).strip())
        self._kept.clear()
        if text.startswith("```"):
            self._in_fence = not self._in_fence
            return None
        numbers = [number for match in _MARKER.finditer(text) for number in _named(match[1] or match[2])]
        told = _MARKER.sub("", text).strip()
        if self._in_fence or not any(char.isalnum() for char in told):
            return None
        return Drafted(told, tuple(dict.fromkeys(numbers)))


def _named(numbers: str) -> Iterator[int]:
    for match in _NUMBER.finditer(numbers):
        first, last = int(match[1]), int(match[2] or match[1])
        yield from range(first, min(last, first + WIDEST - 1) + 1)
