"""A quotation laid word by word over the text it may come from."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from assistant.text import fold

_TOKEN = re.compile(
    r"(?<!\w)[0-9]{1,3}(?: [0-9]{3})++(?!\w)"  # 14 000
    r"|[0-9]++(?:[.,][0-9]++)++|\w++"
    r"|(?P<omission>[(\[] ?(?:\.\.\.) ?[)\]]|\.\.++)|(?P<mark>\"|'|<<|>>)|[^\w\s]"
)
_PRIVATE_USE = 0xE000


class Token(NamedTuple):
    """A word, a number or a punctuation mark, ``text[start:end]``."""

    #: What is compared: folded, a number without the spaces in it.
    key: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return self.key[0].isalnum()


class Edit(NamedTuple):
    """Where two texts differ: tokens of the quotation, tokens of the original; one of them may be empty."""

    quoted: range
    original: range


@dataclass(frozen=True, slots=True)
class Alignment:
    """A quotation over the stretch of the original that is nearest to it."""

    #: Tokens of the original that the quotation is laid over.
    original: range
    edits: tuple[Edit, ...]


def tokens(text: str, accents: bool = True) -> list[Token]:
    """Words, numbers and punctuation; quotation marks, apostrophes and dots of omission are left out.

    Capitals lose their accents, which French printers and typists leave out at will.
    """
    folded = fold(text.translate(_as_compared()), accents)
    found = []
    for match in _TOKEN.finditer(folded.text):
        if match.lastgroup is None:
            start, end = match.span()
            found.append(Token(match.group().replace(" ", ""), folded.offsets[start], folded.ends[end - 1]))
    return found


def has_accents(text: str) -> bool:
    """Whether small letters of ``text`` have accents: without any, it was typed where accents are a trouble."""
    return any(char.islower() and unicodedata.normalize("NFD", char) != char for char in text)


@cache
def _as_compared() -> dict[int, str]:
    """Capitals without their accents; superscripts, fractions and the like as signs of their own: "10²" is no "102"."""
    every = [chr(code) for code in range(0x10000)]
    capitals = {ord(char): unicodedata.normalize("NFD", char)[0] for char in every if char.isupper()}
    numbers = [char for char in every if unicodedata.category(char) == "No"]
    return capitals | {ord(char): chr(_PRIVATE_USE + place) for place, char in enumerate(numbers)}


def find(quoted: Sequence[Token], original: Sequence[Token]) -> range | None:
    """The first place where ``original`` has all of ``quoted``, token for token."""
    keys = [token.key for token in quoted]
    for start, token in enumerate(original[: len(original) - len(keys) + 1]):
        if token.key == keys[0] and [other.key for other in original[start : start + len(keys)]] == keys:
            return range(start, start + len(keys))
    return None


def align(quoted: Sequence[Token], original: Sequence[Token]) -> Alignment:
    """The stretch of ``original`` that takes the fewest edits to become ``quoted`` (Sellers 1980)."""
    costs = [[0] * (len(original) + 1)]
    keys, in_words = [token.key for token in original], [token.is_word for token in original]
    for row, token in enumerate(quoted, 1):
        above, left, key = costs[-1], row, token.key
        replaced = (2, 1) if token.is_word else (1, 2)  # a word by a word, a mark by a mark
        line = [left]
        for column, other in enumerate(keys):
            diagonal = above[column] + (0 if other == key else replaced[in_words[column]])
            left = min(diagonal, above[column + 1] + 1, left + 1)
            line.append(left)
        costs.append(line)
    last = costs[-1]
    end = last.index(min(last))
    while end + 1 < len(last) and last[end + 1] == last[end]:  # a last word that was replaced, not added
        end += 1
    return _trace(costs, quoted, original, end)


def _substitution(one: Token, other: Token) -> int:
    if one.key == other.key:
        return 0
    return 1 if one.is_word == other.is_word else 2


def _trace(costs: list[list[int]], quoted: Sequence[Token], original: Sequence[Token], end: int) -> Alignment:
    """Walk the cheapest way back, joining neighbouring edits."""
    row, column = len(quoted), end
    same: list[tuple[int, int]] = []
    while row:
        cost = costs[row][column]
        if column and costs[row - 1][column - 1] + _substitution(quoted[row - 1], original[column - 1]) == cost:
            row, column = row - 1, column - 1
            if quoted[row].key == original[column].key:
                same.append((row, column))
        elif column and costs[row][column - 1] + 1 == cost:  # rather left out than added
            column -= 1
        else:
            row -= 1
    edits = []
    before = (-1, column - 1)
    for place in [*reversed(same), (len(quoted), end)]:
        edit = Edit(range(before[0] + 1, place[0]), range(before[1] + 1, place[1]))
        if edit.quoted or edit.original:
            edits.append(edit)
        before = place
    return Alignment(range(column, end), tuple(edits))
