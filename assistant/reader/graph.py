"""The reader as an ONNX model, built in memory: the encoder's layers, of which the trained ones are replaced, and
the head that scores sentences.

Linear layers multiply whole numbers, which processors do several times faster than float32: each row of a matrix has a
scale of its own, and so has each token of the states, for a few of them have values hundreds of times as large as
others (Dettmers et al. 2022, arXiv:2208.07339, call such scales vector-wise).
"""

from collections.abc import Sequence

import numpy as np

from assistant.embedding import graph as encoder
from assistant.embedding.weights import Floats, Weights
from assistant.reader.weights import Trained

#: Word plus position rows (1, n, hidden).
ROWS = encoder.INPUT
#: Rows that average the tokens of the question (1, n) and of each sentence (s, n).
QUESTION, SENTENCES = "question", "sentences"
#: 0 where a token is the sentence's, a large negative number where not, (s, n, 1).
OUTSIDE = "outside"
#: Outputs, (1, s, 1) and (1, 1, 1).
SENTENCE_LOGITS, NONE_LOGIT = "sentence_logits", "none_logit"

#: Weights are whole numbers from -64 to 64: seven bits, since without VNNI a processor adds two products of eight bits
#: in sixteen, and larger ones would not fit. So every processor computes the same.
_MOST = 64
#: A row of zeros has some scale too.
_LEAST = 1e-6


def reader(weights: Weights, trained: Trained) -> bytes:
    """The ONNX model."""
    return _Reader(weights, trained).model()


class _Reader(encoder._Encoder):
    """The encoder with other weights in its upper layers, and a head instead of the mean."""

    def __init__(self, weights: Weights, trained: Trained) -> None:
        super().__init__(weights, accuracy_level=0)
        self._trained = trained
        self._last = self._tensor("last", np.array([-1], np.int64))
        self._least = self._tensor("least", np.array([_LEAST], np.float32))

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
        scaled = self._scaled(states, f"{layer}qkv")
        projections = [self._product(*scaled, f"{layer}{name}.w", shape.hidden) for name in "qkv"]
        biases = np.concatenate([self._floats_of(f"{layer}{name}.b") for name in "qkv"])
        inputs = [*projections, self._tensor(f"{layer}qkv.b", biases)]
        return self._node("MultiHeadAttention", inputs, f"{layer}attention", encoder._MICROSOFT, num_heads=shape.heads)

    def _linear(self, states: str, name: str, columns: int, rows: int) -> str:
        return self._product(*self._scaled(states, name), name, columns)

    def _scaled(self, states: str, name: str) -> tuple[str, str]:
        """Each token's states over the largest of them, and that."""
        absolute = self._node("Abs", [states], f"{name}.absolute")
        largest = self._node("ReduceMax", [absolute, self._last], f"{name}.largest", keepdims=1)
        scale = self._node("Max", [largest, self._least], f"{name}.scale")
        return self._node("Div", [states, scale], f"{name}.scaled"), scale

    def _product(self, scaled: str, scale: str, name: str, columns: int) -> str:
        """The states times the transposed matrix ``name``, of shape (rows, ``columns``)."""
        matrix = self._matrix(name, columns)
        sizes = np.abs(matrix).max(axis=1) / np.float32(_MOST)
        whole = np.rint(matrix / sizes[:, np.newaxis]).astype(np.int8)
        inputs = [
            scaled,
            self._tensor(f"{name}.whole", np.ascontiguousarray(whole.T)),
            self._tensor(f"{name}.sizes", sizes),
            self._tensor(f"{name}.zeros", np.zeros(len(sizes), np.int8)),
        ]
        small = self._node("DynamicQuantizeMatMul", inputs, f"{name}.small", encoder._MICROSOFT)
        return self._node("Mul", [small, scale], f"{name}.product")

    def _matrix(self, name: str, columns: int) -> Floats:
        """A matrix of the encoder's file or of the trained one, shape (rows, ``columns``)."""
        return self._trained.matrix(name) if name in self._trained else self._weights.matrix(name, columns)


def _model(graph: bytes) -> bytes:
    """``ModelProto``: the graph with the versions of the format and of the two sets of operators."""
    opsets = [("", encoder._OPSET), (encoder._MICROSOFT, 1)]
    versions = b"".join(
        encoder._bytes(8, encoder._bytes(1, domain) + encoder._integer(2, version)) for domain, version in opsets
    )
    return encoder._integer(1, encoder._IR_VERSION) + encoder._bytes(7, graph) + versions
