"""The reader as a torch model: the built-in encoder, of which the upper layers learn, and a head on its states.

Used for training only; ``assistant/reader`` runs the same computation without torch. The lowest layers stay as they
were shipped with the encoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.embedding.graph import EmbeddingRows
from assistant.embedding.weights import Weights
from assistant.reader.inputs import Window
from assistant.reader.weights import Trained

EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows padded to the longest: ``n`` of them, ``t`` tokens, at most ``s`` sentences."""

    #: Word rows plus position rows, (n, t, hidden).
    rows: Tensor
    #: 0 where there is a token and a large negative number where there is padding, (n, 1, 1, t).
    mask: Tensor
    #: Which tokens belong to the question (first) and to which sentence, (n, 1 + s, t), bool.
    members: Tensor


def collate(windows: Sequence[Window], embed: EmbeddingRows) -> Batch:
    tokens = max(len(window.ids) for window in windows)
    sentences = max(len(window.sentences) for window in windows)
    rows = np.zeros((len(windows), tokens, embed.hidden), np.float32)
    mask = np.full((len(windows), 1, 1, tokens), -1e4, np.float32)
    members = np.zeros((len(windows), 1 + sentences, tokens), bool)
    for place, window in enumerate(windows):
        size = len(window.ids)
        rows[place, :size] = embed(window.ids)[0]
        mask[place, ..., :size] = 0
        members[place, : 1 + len(window.sentences), :size] = window.members()
    return Batch(torch.from_numpy(rows), torch.from_numpy(mask), torch.from_numpy(members))


class Layer(nn.Module):
    """One layer of BERT (Devlin et al. 2019): attention, then a feed-forward network, each with its residual."""

    def __init__(self, hidden: int, wide: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.q, self.k, self.v, self.ao = (nn.Linear(hidden, hidden) for _ in range(4))
        self.fi, self.fo = nn.Linear(hidden, wide), nn.Linear(wide, hidden)
        self.aln, self.oln = nn.LayerNorm(hidden, EPSILON), nn.LayerNorm(hidden, EPSILON)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        states = self.aln(states + self._drop(self.ao(self._attend(states, mask))))
        result: Tensor = self.oln(states + self._drop(self.fo(functional.gelu(self.fi(states)))))
        return result

    def _attend(self, states: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (self._split(project(states)) for project in (self.q, self.k, self.v))
        return functional.scaled_dot_product_attention(q, k, v, mask.to(q.dtype)).transpose(1, 2).flatten(2)

    def _drop(self, states: Tensor) -> Tensor:
        return functional.dropout(states, self.dropout, self.training) if self.dropout else states

    def _split(self, projected: Tensor) -> Tensor:
        return projected.view(*projected.shape[:-1], self.heads, -1).transpose(1, 2)


class Lower(nn.Module):
    """What stays as it is: the normalization of the rows, and the first layers."""

    def __init__(self, weights: Weights, frozen: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(weights.shape.hidden, EPSILON)
        self.norm.weight.data = torch.from_numpy(weights.floats("emb.ln.w").copy())
        self.norm.bias.data = torch.from_numpy(weights.floats("emb.ln.b").copy())
        self.layers = encoder_layers(weights, 0, frozen)
        self.requires_grad_(False)

    def forward(self, batch: Batch) -> Tensor:
        states = self.norm(batch.rows.to(self.norm.weight.dtype))
        for layer in self.layers:
            states = layer(states, batch.mask)
        result: Tensor = states
        return result


class Upper(nn.Module):
    """What learns: the other layers, and the head."""

    def __init__(self, weights: Weights, frozen: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.frozen = frozen
        hidden = weights.shape.hidden
        self.layers = encoder_layers(weights, frozen, weights.shape.layers, dropout)
        self.head = Head(hidden)

    def forward(self, states: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sentence logits (n, s), minus infinity for padding, and none logits (n,)."""
        for layer in self.layers:
            states = layer(states, batch.mask)
        scores: tuple[Tensor, Tensor] = self.head(states.float(), batch.members)
        return scores


class Head(nn.Module):
    """Scores a sentence by the mean and maximum of its states and by what it shares with the question's mean;
    "none" by the state of ``<s>`` and the mean of the question."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.sentence = nn.Linear(3 * hidden, hidden)
        self.sentence_score = nn.Linear(hidden, 1)
        self.none = nn.Linear(2 * hidden, hidden)
        self.none_score = nn.Linear(hidden, 1)

    def forward(self, states: Tensor, members: Tensor) -> tuple[Tensor, Tensor]:
        weight = members.float()
        mean = weight @ states / weight.sum(-1, keepdim=True).clamp(min=1)
        most = torch.stack(
            [states.masked_fill(~members[:, s, :, None], -1e4).amax(1) for s in range(1, members.shape[1])], 1
        )
        shared = mean[:, 1:] * mean[:, :1]
        raised = functional.gelu(self.sentence(torch.cat([mean[:, 1:], most.clamp(min=-100), shared], -1)))
        scores = self.sentence_score(raised).squeeze(-1).masked_fill(~members[:, 1:].any(-1), -torch.inf)
        everything = torch.cat([states[:, 0], mean[:, 0]], -1)
        none = self.none_score(functional.gelu(self.none(everything))).squeeze(-1)
        return scores, none


def encoder_layers(weights: Weights, first: int, last: int, dropout: float = 0.0) -> nn.ModuleList:
    """Layers ``first`` to ``last`` (exclusive) of the built-in encoder."""
    shape = weights.shape
    layers = nn.ModuleList()
    for number in range(first, last):
        layer = Layer(shape.hidden, shape.feed_forward, shape.heads, dropout)
        for name, part in layer.named_children():
            key = f"l{number}.{name}"
            if isinstance(part, nn.Linear):
                part.weight.data = torch.from_numpy(weights.matrix(f"{key}.w", part.in_features).copy())
            elif isinstance(part, nn.LayerNorm):
                part.weight.data = torch.from_numpy(weights.floats(f"{key}.w").copy())
            part.bias.data = torch.from_numpy(weights.floats(f"{key}.b").copy())
        layers.append(layer)
    return layers


def from_trained(weights: Weights, trained: Trained) -> tuple[Lower, Upper]:
    """The model that ``assistant/reader`` runs, from the same files."""
    frozen = min(int(name[1:].partition(".")[0]) for name in trained.tensors if name.endswith(".q.b"))
    lower, upper = Lower(weights, frozen), Upper(weights, frozen)
    with torch.no_grad():
        for number, layer in enumerate(upper.layers, frozen):
            for name, part in layer.named_children():
                key = f"l{number}.{name}"
                part.weight.copy_(torch.from_numpy(_weight(trained, f"{key}.w")))  # type: ignore[operator]
                part.bias.copy_(torch.from_numpy(trained.floats(f"{key}.b")))  # type: ignore[operator]
        for name, param in upper.head.named_parameters():
            param.copy_(torch.from_numpy(trained.floats(name)))
    return lower.eval(), upper.eval()


def _weight(trained: Trained, name: str) -> np.ndarray:
    return trained.floats(name) if name in trained.tensors else trained.matrix(name)
