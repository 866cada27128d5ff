"""The encoder as an ONNX model, built in memory from the weight file.

Linear layers are ``com.microsoft.MatMulNBits``: the file's 4-bit blocks as they are, only paired differently.
Word rows are looked up outside the graph (``EmbeddingRows``), from the mapped file, so that the 54 MB table
is neither copied nor loaded. The model is written straight in protobuf's wire format: the few lines it takes
spare the ``onnx`` package.
"""

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assistant.embedding.weights import BLOCK, Bytes, Floats, Weights, dequantized

INPUT, OUTPUT = "rows", "vector"

_EPSILON = 1e-12
_IR_VERSION, _OPSET, _MICROSOFT = 9, 18, "com.microsoft"
#: ``TensorProto.DataType`` of what is stored here.
_DATA_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7}


class EmbeddingRows:
    """What enters the encoder: word rows plus position rows."""

    def __init__(self, weights: Weights) -> None:
        hidden = weights.shape.hidden
        self.hidden, self.positions = hidden, weights.shape.positions
        self._words = weights.blocks("emb.word").reshape(weights.shape.vocabulary, hidden // BLOCK, -1)
        # The model knows two kinds of token and E5 uses the first for all: its row is the same everywhere.
        self._positions = weights.floats("emb.pos").reshape(-1, hidden) + weights.floats("emb.type")[:hidden]

    def __call__(self, ids: Sequence[int]) -> Floats:
        """Shape (1, number of ids, hidden)."""
        blocks = self._words[ids]
        words = dequantized(blocks.reshape(-1, blocks.shape[-1])).reshape(len(ids), -1)
        rows: Floats = words + self._positions[: len(ids)]
        return rows[np.newaxis]


def encoder(weights: Weights, accuracy_level: int = 0) -> bytes:
    """The ONNX model: float32 ``rows`` (1, n, hidden) to ``vector`` (1, hidden) of length one.

    ``accuracy_level`` is that of ``MatMulNBits``: 0 computes in float32, 4 in int8, which is faster on some
    processors and changes the vectors (cosine 0.9999).
    """
    return _Encoder(weights, accuracy_level).model()


class _Encoder:
    """Collects nodes and tensors; every method that adds a node returns the name of its output."""

    def __init__(self, weights: Weights, accuracy_level: int) -> None:
        self._weights = weights
        self._accuracy_level = accuracy_level
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []

    def model(self) -> bytes:
        hidden = self._weights.shape.hidden
        states = self._normalization(INPUT, "emb.ln")
        for layer in range(self._weights.shape.layers):
            states = self._layer(states, f"l{layer}.")
        axis = self._tensor("axis", np.array([1], np.int64))
        mean = self._node("ReduceMean", [states, axis], "mean", keepdims=0)
        self._node("LpNormalization", [mean], OUTPUT, axis=-1, p=2)
        ends = _value(11, INPUT, (1, "tokens", hidden)) + _value(12, OUTPUT, (1, hidden))
        graph = [*self._nodes, _bytes(2, "encoder"), *self._tensors, ends]
        opsets = _opset("", _OPSET) + _opset(_MICROSOFT, 1)
        # Joined once: each copy of these 13 MB on the way would stay in the process.
        head = _integer(1, _IR_VERSION) + _prefix(7, sum(map(len, graph)))
        return b"".join([head, *graph, opsets])

    def _layer(self, states: str, layer: str) -> str:
        hidden, wide = self._weights.shape.hidden, self._weights.shape.feed_forward
        attended = self._linear(self._attention(states, layer), f"{layer}ao.w", hidden, hidden)
        states = self._residual(attended, states, f"{layer}ao.b", f"{layer}aln")
        raised = self._linear(states, f"{layer}fi.w", hidden, wide)
        raised = self._node("BiasGelu", [raised, self._floats(f"{layer}fi.b")], f"{layer}gelu", _MICROSOFT)
        lowered = self._linear(raised, f"{layer}fo.w", wide, hidden)
        return self._residual(lowered, states, f"{layer}fo.b", f"{layer}oln")

    def _attention(self, states: str, layer: str) -> str:
        hidden = self._weights.shape.hidden
        projections = [self._linear(states, f"{layer}{name}.w", hidden, hidden) for name in "qkv"]
        biases = np.concatenate([self._weights.floats(f"{layer}{name}.b") for name in "qkv"])
        bias = self._tensor(f"{layer}qkv.b", biases)
        output, heads = f"{layer}attention", self._weights.shape.heads
        return self._node("MultiHeadAttention", [*projections, bias], output, _MICROSOFT, num_heads=heads)

    def _linear(self, states: str, name: str, columns: int, rows: int) -> str:
        """``states`` times the transposed matrix ``name``, of shape (rows, columns); no bias."""
        blocks = self._weights.blocks(name)
        nibbles = self._tensor(f"{name}.nibbles", _paired(blocks).reshape(rows, columns // BLOCK, BLOCK // 2))
        scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
        scale = self._tensor(f"{name}.scales", scales.reshape(rows, columns // BLOCK))
        return self._node(
            "MatMulNBits",
            [states, nibbles, scale],
            f"{name}.product",
            _MICROSOFT,
            K=columns,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=self._accuracy_level,
        )

    def _residual(self, states: str, skipped: str, bias: str, norm: str) -> str:
        """Two sums and a norm: ``SkipLayerNormalization``, which is all of them, takes five times as long."""
        summed = self._node("Add", [states, skipped], f"{norm}.sum")
        return self._normalization(self._node("Add", [summed, self._floats(bias)], f"{norm}.biased"), norm)

    def _normalization(self, states: str, norm: str) -> str:
        inputs = [states, self._floats(f"{norm}.w"), self._floats(f"{norm}.b")]
        return self._node("LayerNormalization", inputs, f"{norm}.output", axis=-1, epsilon=_EPSILON)

    def _floats(self, name: str) -> str:
        return self._tensor(name, self._weights.floats(name))

    def _tensor(self, name: str, values: npt.NDArray[np.generic]) -> str:
        shape = b"".join(_integer(1, size) for size in values.shape)
        kind = _integer(2, _DATA_TYPES[values.dtype.name])
        self._tensors.append(_bytes(5, shape + kind + _bytes(8, name) + _bytes(9, values.tobytes())))
        return name

    def _node(
        self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: int | float
    ) -> str:
        node = b"".join(_bytes(1, name) for name in inputs) + _bytes(2, output) + _bytes(3, output)
        node += _bytes(4, operator) + b"".join(_attribute(*item) for item in attributes.items())
        self._nodes.append(_bytes(1, node + _bytes(7, domain)))
        return output


def _paired(blocks: Bytes) -> Bytes:
    """Halves of bytes, from the file's order (weight i with i + 16) to the operator's (2 i with 2 i + 1)."""
    low, high = blocks[:, 2:] & 15, blocks[:, 2:] >> 4
    first, second = low[:, 0::2] | low[:, 1::2] << 4, high[:, 0::2] | high[:, 1::2] << 4
    return np.concatenate([first, second], axis=1)


# Protobuf's wire format, and the messages of onnx.proto that have an inner structure.


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _integer(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return _prefix(field, len(content)) + content


def _prefix(field: int, size: int) -> bytes:
    return _varint(field << 3 | 2) + _varint(size)


def _opset(domain: str, version: int) -> bytes:
    return _bytes(8, _bytes(1, domain) + _integer(2, version))


def _attribute(name: str, value: int | float) -> bytes:
    if isinstance(value, float):
        return _bytes(5, _bytes(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _integer(20, 1))
    return _bytes(5, _bytes(1, name) + _integer(3, value) + _integer(20, 2))


def _value(field: int, name: str, shape: Sequence[int | str]) -> bytes:
    """An input or output of type float32; a size may be a name."""
    sizes = [_bytes(2, size) if isinstance(size, str) else _integer(1, size) for size in shape]
    kind = _integer(1, 1) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _bytes(field, _bytes(1, name) + _bytes(2, _bytes(1, kind)))
