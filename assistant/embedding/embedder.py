"""What every embedding model does here: clean its input, split what is too long, and give unit vectors.

A model brings its prompts, a count of tokens, and vectors of texts that fit. The rest is common: one gate for
hostile text, and one way to embed a text longer than the model reads.
"""

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from assistant.errors import UsageError

Vectors = npt.NDArray[np.float32]

_QUESTIONS_REMEMBERED = 256
#: Texts split, embedded and put back in order together: bounds memory, and keeps the workers busy.
_TEXTS_AT_ONCE = 1024
#: Characters in a token, at most: a text with more than that for each token of room is split uncounted.
_LONGEST_TOKEN = 16

#: NUL ends strings in native code, and a lone surrogate cannot be encoded.
_NEVER_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Prompts:
    """What a model was trained to find in front of a text, by the part the text plays."""

    question: str = ""
    passage: str = ""


class Embedder(Embeddings):
    """Texts to unit vectors. Threads may share one."""

    def __init__(self, identity: str, dimension: int, limit: int, specials: int, prompts: Prompts) -> None:
        #: Names all that the vectors depend on: an index made under another identity does not fit.
        self.identity = identity
        self.dimension = dimension
        #: The longest input in tokens, prompt and special tokens included; a longer text goes in windows.
        self.limit = limit
        self.prompts = prompts
        self._room = limit - specials
        self._remembered = lru_cache(_QUESTIONS_REMEMBERED)(self._question)

    def passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Vectors of passages, shape (number of texts, dimension), in the order of ``texts``.

        ``progress`` is called from the calling thread with the number of texts done so far.

        :raises UsageError: If a text is blank.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for begin in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[begin : begin + _TEXTS_AT_ONCE]
            clean = [_clean(text, f"Passage {number}") for number, text in enumerate(some, begin + 1)]
            vectors[begin : begin + len(some)] = self._passages(clean, begin, progress)
        return vectors

    def question(self, text: str) -> Vectors:
        """Vector of a question, shape (dimension,). The last ones are remembered, hence read-only.

        :raises UsageError: If the text is blank.
        """
        return self._remembered(text)

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in tokens, without prompt and special tokens."""
        return self._count(_printable(text))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """``passages`` as LangChain wants them."""
        rows: list[list[float]] = self.passages(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """``question`` as LangChain wants it."""
        row: list[float] = self.question(text).tolist()
        return row

    @abstractmethod
    def _count(self, text: str) -> int:
        """Tokens of ``text``, special tokens not among them."""

    @abstractmethod
    def _question_vector(self, window: str) -> Vectors:
        """Unit vector of a question that fits behind its prompt."""

    @abstractmethod
    def _passage_vectors(self, windows: Sequence[str]) -> Iterator[tuple[int, Vectors]]:
        """Unit vectors of passages that fit behind their prompt, in any order, each behind its index."""

    def _question(self, text: str) -> Vectors:
        windows = list(self._windows(_clean(text, "The question"), self.prompts.question))
        vectors = np.stack([self._question_vector(window) for window, _ in windows])
        vector = _mean(vectors, [size for _, size in windows])
        vector.flags.writeable = False
        return vector

    def _passages(self, texts: Sequence[str], done: int, progress: Callable[[int], None] | None) -> Vectors:
        split = [list(self._windows(text, self.prompts.passage)) for text in texts]
        owners = [owner for owner, windows in enumerate(split) for _ in windows]
        left = [len(windows) for windows in split]
        vectors = np.empty((len(owners), self.dimension), np.float32)
        for index, vector in self._passage_vectors([window for windows in split for window, _ in windows]):
            vectors[index] = vector
            left[owners[index]] -= 1
            if left[owners[index]] == 0:
                done += 1
                if progress:
                    progress(done)
        ends = np.cumsum([len(windows) for windows in split])
        parts = np.split(vectors, ends[:-1])
        return np.stack(
            [_mean(part, [size for _, size in windows]) for part, windows in zip(parts, split, strict=True)]
        )

    def _windows(self, text: str, prompt: str) -> Iterator[tuple[str, int]]:
        """Runs of words of ``text`` that fit behind ``prompt``, about equally long, with token counts."""
        if len(text) > self._room * _LONGEST_TOKEN:
            parts = -(-len(text) // (self._room * _LONGEST_TOKEN))
        else:
            size = self._count(prompt + text)
            if size <= self._room or len(text) == 1:
                yield text, size
                return
            parts = -(-size // self._room)
        for part in _split(text, parts):
            yield from self._windows(part, prompt)


def _clean(text: str, name: str) -> str:
    """What the model sees of ``text``; what people see is never changed.

    :raises UsageError: If nothing in it can be seen.
    """
    clean = _printable(text)
    if all(character.isspace() or unicodedata.category(character) in ("Cc", "Cf") for character in clean):
        raise UsageError(f"{name} is blank: {text[:40]!r}. Give it at least one visible character.")
    return clean


def _printable(text: str) -> str:
    return unicodedata.normalize("NFKC", _NEVER_TEXT.sub("", text))


def _split(text: str, parts: int) -> Iterator[str]:
    """``text`` in ``parts`` runs of about equal length, cut between words where words are short enough."""
    begin = 0
    for left in range(parts, 0, -1):
        step = -(-(len(text) - begin) // left)
        end = begin + step
        if left > 1 and (space := text.rfind(" ", begin + step // 2 + 1, end)) > 0:
            end = space
        if not text[begin:end].isspace() and begin < end:
            yield text[begin:end]
        begin = end


def _mean(vectors: Vectors, sizes: Sequence[int]) -> Vectors:
    """The mean of unit vectors, shape (n, dimension), weighted by ``sizes`` and made unit."""
    if len(vectors) == 1:  # unit already, and not a bit of it may change
        only: Vectors = vectors[0].copy()
        return only
    mean = np.asarray(sizes, np.float32) @ vectors
    unit: Vectors = mean / np.linalg.norm(mean)
    return unit
