"""The tokenizer of a weight file, which the built-in models share: it takes more memory than either of them."""

from functools import cache
from pathlib import Path

from assistant.embedding.tokenizer import Tokenizer
from assistant.embedding.weights import open_weights


@cache
def tokenizer_of(path: Path) -> Tokenizer:
    """
    :raises ModelError: If the file is not a weight file.
    """
    weights = open_weights(path)
    return Tokenizer(weights.pieces(), weights.scores.tolist())
