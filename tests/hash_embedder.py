"""An embedder without a model."""

import numpy as np

from assistant.text import words


class HashEmbedder:
    """Words hashed into 64 dimensions: texts that share words are still near."""

    identity = "hashed words"
    dimension = 64
    limit = 128

    def __init__(self, identity: str = identity) -> None:
        self.identity = identity
        self.embedded: list[str] = []

    def passages(self, texts, progress=None):
        self.embedded += texts
        return np.array([self._vector(text) for text in texts], np.float32)

    def question(self, text):
        return self._vector(text)

    def count_tokens(self, text):
        return len(text.split())

    def _vector(self, text):
        vector = np.full(self.dimension, 0.01)
        for word in words(text, "fr"):
            vector[sum(map(ord, word)) % self.dimension] += 1
        return (vector / np.linalg.norm(vector)).astype(np.float32)
