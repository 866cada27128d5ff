"""Text into token ids: the Unigram tokenizer of XLM-RoBERTa, which multilingual-e5 uses, in plain Python.

The result is that of the original ``tokenizer.json``. One difference is meant: ``<s>``, ``<mask>`` and the
like in a text are the characters they are made of. One is not: of all characters of Unicode 14, 37 rare ones
(fullwidth tilde, square era name Reiwa, letters newer than the model) fold otherwise in the original.

Loading takes a third of the time and a fifth of the memory of the ``tokenizers`` library, and a passage takes
as long.
"""

import re
import unicodedata
from array import array
from collections.abc import Sequence
from functools import lru_cache

BEGIN, PADDING, END, UNKNOWN = 0, 1, 2, 3
SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

#: Stands for the space in front of a word.
_SPACE = "\u2581"
#: The characters that the original drops and those it takes for a space (the NMT rules of SentencePiece).
_DROPPED = [*range(0x01, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0x8F, 0x9F]
_SPACES = [0x09, 0x0A, 0x0C, 0x0D, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD]
_NMT: dict[int, str | None] = dict.fromkeys(_DROPPED) | dict.fromkeys(_SPACES, " ")
_RUN_OF_SPACES = re.compile(" {2,}")

#: How much less likely than the least likely piece a character without a piece is.
_UNKNOWN_PENALTY = 10.0
#: Words remembered, and the longest of them: most of a text is a few thousand short words.
_CACHED_WORDS, _CACHED_LENGTH = 20_000, 40


class Tokenizer:
    """Splits each word into the pieces whose log probabilities have the greatest sum."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        """``pieces`` and their log probabilities ``scores``, by token id."""
        self._ids = dict(zip(pieces, range(len(pieces)), strict=True))
        for special in SPECIAL_TOKENS:
            self._ids.pop(special, None)
        self._scores = array("d", scores)
        self._unknown_score = min(scores) - _UNKNOWN_PENALTY
        self._longest = max(map(len, pieces))
        self._remembered = lru_cache(_CACHED_WORDS)(self._word)

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``, between the ids of begin and end."""
        return [BEGIN, *self.pieces(text), END]

    def count(self, text: str) -> int:
        """Number of tokens of ``text``, begin and end not among them."""
        return len(self.pieces(text))

    def pieces(self, text: str) -> list[int]:
        """Token ids of ``text`` alone. Time grows with the length of the text, whatever is in it."""
        normalized = _normalized(text)
        if not normalized:
            return []
        ids: list[int] = []
        for word in normalized.removeprefix(" ").split(" "):
            ids += self._remembered(word) if len(word) <= _CACHED_LENGTH else self._word(word)
        return ids

    def _word(self, word: str) -> Sequence[int]:
        """The best pieces of one word, found from left to right (Viterbi; Kudo 2018, arXiv:1804.10959).

        ``best[end]`` is the greatest sum for the first ``end`` characters and ``last[end]`` its last piece,
        which began at ``start[end]``.
        """
        word = _SPACE + word
        ids, scores, size = self._ids, self._scores, len(word)
        best = array("d", [-1e300]) * (size + 1)
        best[0] = 0.0
        last, start = array("i", [UNKNOWN]) * (size + 1), array("i", [0]) * (size + 1)
        for begin in range(size):
            single = False
            for end in range(begin + 1, min(size, begin + self._longest) + 1):
                piece = ids.get(word[begin:end])
                if piece is None:
                    continue
                single = single or end == begin + 1
                score = best[begin] + scores[piece]
                if score > best[end]:
                    best[end], last[end], start[end] = score, piece, begin
            end, score = begin + 1, best[begin] + self._unknown_score
            if not single and score > best[end]:
                best[end], last[end], start[end] = score, UNKNOWN, begin
        return _trace(last, start)


def _normalized(text: str) -> str:
    return _RUN_OF_SPACES.sub(" ", unicodedata.normalize("NFKC", text.translate(_NMT)))


def _trace(last: Sequence[int], start: Sequence[int]) -> Sequence[int]:
    """The pieces from the end of the word back to its beginning; unknown ones in a row are one."""
    ids = array("i")
    end = len(last) - 1
    while end > 0:
        if not (last[end] == UNKNOWN and ids and ids[-1] == UNKNOWN):
            ids.append(last[end])
        end = start[end]
    ids.reverse()
    return ids
