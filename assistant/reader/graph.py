"""The reader as an ONNX model, built in memory: the encoder's layers, of which the trained ones are replaced, and
the head that scores sentences."""

from collections.abc import Sequence

import numpy as np

from assistant.embedding import graph as encoder
from assistant.embedding.weights import BLOCK, Weights
from assistant.reader.weights import Trained

#: Word plus position rows (1, n, hidden).
ROWS = encoder.INPUT
#: Rows that average the tokens of the question (1, n) and of each sentence (s, n).
QUESTION, SENTENCES = "question", "sentences"
#: 0 where a token is the sentence's, a large negative number where not, (s, n, 1).
OUTSIDE = "outside"
#: Outputs, (1, s, 1) and (1, 1, 1).
SENTENCE_LOGITS, NONE_LOGIT = "sentence_logits", "none_logit"


def reader(weights: Weights, trained: Trained, accuracy_level: int = 0) -> bytes:
    """The ONNX model. ``accuracy_level`` is that of ``MatMulNBits``: 4 computes in int8."""
    return _Reader(weights, trained, accuracy_level).model()


class _Reader(encoder._Encoder):
    """The encoder with other weights in its upper layers, eight bits each, and a head instead of the mean."""

    def __init__(self, weights: Weights, trained: Trained, accuracy_level: int) -> None:
        super().__init__(weights, accuracy_level)
        self._trained = trained

    def model(self) -> bytes:
        hidden = self._weights.shape.hidden
        states = self._normalization(ROWS, "emb.ln")
        for layer in range(self._weights.shape.layers):
            states = self._layer(states, f"l{layer}.")
        self._head(states)
        graph = b"".join(self._nodes) + encoder._bytes(2, "reader") + b"".join(self._tensors)
        for name, shape in (
            (ROWS, (1, "tokens", hidden)),
            (QUESTION, (1, "tokens")),
            (SENTENCES, ("sentences", "tokens")),
            (OUTSIDE, ("sentences", "tokens", 1)),
        ):
            graph += encoder._value(11, name, shape)
        graph += encoder._value(12, SENTENCE_LOGITS, (1, "sentences", 1)) + encoder._value(12, NONE_LOGIT, (1, 1, 1))
        return _model(graph)

    def _head(self, states: str) -> None:
        first = self._tensor("first", np.array([0], np.int64))
        second = self._tensor("second", np.array([1], np.int64))
        asked = self._node("MatMul", [QUESTION, states], "asked")
        mean = self._node("MatMul", [SENTENCES, states], "mean")
        marked = self._node("Add", [states, OUTSIDE], "marked")
        most = self._node(
            "Unsqueeze", [self._node("ReduceMax", [marked, second], "largest", keepdims=0), first], "most"
        )
        shared = self._node("Mul", [mean, asked], "shared")
        self._score([mean, most, shared], "sentence", SENTENCE_LOGITS)
        begin = self._node("Gather", [states, first], "begin", axis=1)
        self._score([begin, asked], "none", NONE_LOGIT)

    def _score(self, parts: Sequence[str], name: str, output: str) -> None:
        """A layer with GELU, and one number."""
        joined = self._node("Concat", parts, f"{name}.joined", axis=-1)
        raised = self._node("MatMul", [joined, self._transposed(f"{name}.weight")], f"{name}.raised")
        bias = self._tensor(f"{name}.bias", self._trained.floats(f"{name}.bias"))
        raised = self._node("BiasGelu", [raised, bias], f"{name}.gelu", encoder._MICROSOFT)
        score = self._node("MatMul", [raised, self._transposed(f"{name}_score.weight")], f"{name}.score")
        self._node(
            "Add",
            [score, self._tensor(f"{name}_score.bias", self._trained.floats(f"{name}_score.bias"))],
            output,
        )

    def _transposed(self, name: str) -> str:
        return self._tensor(name, np.ascontiguousarray(self._trained.floats(name).T))

    def _floats(self, name: str) -> str:
        return self._tensor(name, self._floats_of(name))

    def _floats_of(self, name: str) -> np.ndarray:
        return self._trained.floats(name) if name in self._trained else self._weights.floats(name)

    def _attention(self, states: str, layer: str) -> str:
        shape = self._weights.shape
        projections = [self._linear(states, f"{layer}{name}.w", shape.hidden, shape.hidden) for name in "qkv"]
        biases = np.concatenate([self._floats_of(f"{layer}{name}.b") for name in "qkv"])
        inputs = [*projections, self._tensor(f"{layer}qkv.b", biases)]
        return self._node("MultiHeadAttention", inputs, f"{layer}attention", encoder._MICROSOFT, num_heads=shape.heads)

    def _linear(self, states: str, name: str, columns: int, rows: int) -> str:
        if name not in self._trained:
            return super()._linear(states, name, columns, rows)
        stored, scales = self._trained.blocks(name)
        return self._node(
            "MatMulNBits",
            [states, self._tensor(f"{name}.bytes", stored), self._tensor(f"{name}.scales", scales)],
            f"{name}.product",
            encoder._MICROSOFT,
            K=columns,
            N=rows,
            bits=8,
            block_size=BLOCK,
            accuracy_level=self._accuracy_level,
        )


def _model(graph: bytes) -> bytes:
    """``ModelProto``: the graph with the versions of the format and of the two sets of operators."""
    opsets = [("", encoder._OPSET), (encoder._MICROSOFT, 1)]
    versions = b"".join(
        encoder._bytes(8, encoder._bytes(1, domain) + encoder._integer(2, version)) for domain, version in opsets
    )
    return encoder._integer(1, encoder._IR_VERSION) + encoder._bytes(7, graph) + versions
