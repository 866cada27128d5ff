"""A question and a passage as token ids, with the place of each sentence: what the reader was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.embedding.tokenizer import BEGIN, END, Tokenizer

#: Tokens of one input: a passage that does not fit is read in windows of whole sentences.
LIMIT = 320
#: Tokens kept of the question and of the title.
QUESTION, TITLE = 96, 48


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the model."""

    ids: list[int]
    #: Where the question's tokens are, and those of each sentence, as [start, end).
    question: tuple[int, int]
    sentences: list[tuple[int, int]]

    def members(self) -> npt.NDArray[np.bool_]:
        """Which token belongs to the question (first row) and to each sentence, shape (1 + sentences, tokens)."""
        rows = np.zeros((1 + len(self.sentences), len(self.ids)), bool)
        for row, (start, end) in zip(rows, [self.question, *self.sentences], strict=True):
            row[start:end] = True
        return rows


def windows(tokenizer: Tokenizer, question: str, title: str, sentences: Sequence[str]) -> list[Window]:
    """``<s> query: question </s></s> passage: title. sentences </s>``, as often as it takes for every sentence.

    A sentence longer than a window is cut off at its end.
    """
    head = [BEGIN, *tokenizer.pieces(f"query: {question}")[:QUESTION], END, END]
    head += tokenizer.pieces(f"passage: {title}." if title else "passage:")[:TITLE]
    span = (1, head.index(END, 1))
    found: list[Window] = []
    ids, spans = list(head), list[tuple[int, int]]()
    for sentence in sentences:
        # A sentence without a token (of characters that the tokenizer drops) still has a place to be scored.
        pieces = tokenizer.pieces(sentence)[: LIMIT - len(head) - 1] or [END]
        if spans and len(ids) + len(pieces) + 1 > LIMIT:
            found.append(Window([*ids, END], span, spans))
            ids, spans = list(head), []
        spans.append((len(ids), len(ids) + len(pieces)))
        ids += pieces
    return [*found, Window([*ids, END], span, spans)] if spans else found
