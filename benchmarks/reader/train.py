"""Train the reader: ``python -m benchmarks.reader.train PAIRS FOLDER --minutes M [--passes P]``.

A checkpoint is written to FOLDER every few minutes; the same command goes on from it. The rate falls to zero at
the end of the passes or of the minutes, whichever comes first, so that a slow machine gives a finished model too.
The trained layers compute in bfloat16 from float32 weights, which is several times faster on recent processors.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from assistant.embedding.graph import EmbeddingRows
from assistant.embedding.tokenizer import Tokenizer
from assistant.embedding.weights import locate, open_weights
from assistant.reader.inputs import Window, windows
from benchmarks.reader.data import Pair, read_pairs
from benchmarks.reader.model import Batch, Lower, Upper, collate

SEED = 20260
BATCH = 16
#: Batches of about equal length are cut from this many pairs.
SORTED_TOGETHER = 24 * BATCH
#: The head's rate beside that of the layers.
HEAD = 20 / 3
WARM_UP = 40
DECAY = 0.01
LONGEST_STEP = 1.0
SAVE_EVERY = 180.0


@dataclass(frozen=True, slots=True)
class Example:
    """A pair as the model sees it."""

    window: Window
    right: tuple[int, ...]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--frozen", type=int, default=6, help="layers from below that stay as they are")
    parser.add_argument("--after", type=Path, help="folder of a finished run to start from")
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--first", type=int, default=None, help="use only so many pairs")
    given = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    given.folder.mkdir(parents=True, exist_ok=True)
    weights = open_weights(locate())
    tokenizer = Tokenizer(weights.pieces(), weights.scores.tolist())
    examples = [example(pair, tokenizer) for pair in read_pairs(given.pairs)[: given.first]]
    batches = [batch for number in range(given.passes) for batch in batched(examples, number)]
    upper = Upper(weights, given.frozen, given.dropout)
    if given.after:
        start_from(upper, load_upper(given.after))
    training = Training(Lower(weights, given.frozen), upper, EmbeddingRows(weights), given.folder, given.rate)
    training.run(batches, 60 * given.minutes)


def start_from(upper: Upper, trained: Upper) -> None:
    """Take over the head and the layers that ``trained`` has; the layers below are the encoder's."""
    upper.head.load_state_dict(trained.head.state_dict())
    for layer, finished in zip(reversed(upper.layers), reversed(trained.layers), strict=False):
        layer.load_state_dict(finished.state_dict())


def example(pair: Pair, tokenizer: Tokenizer) -> Example:
    """The first window of a pair: training passages fit into one."""
    window = windows(tokenizer, pair.question, pair.title, pair.sentences)[0]
    return Example(window, tuple(place for place in pair.right if place < len(window.sentences)))


def batched(examples: Sequence[Example], number: int) -> Iterator[list[Example]]:
    """Every example once, in batches of about equal length, in an order of pass ``number`` alone."""
    draw = random.Random(SEED + number)
    order = list(examples)
    draw.shuffle(order)
    for start in range(0, len(order), SORTED_TOGETHER):
        together = sorted(order[start : start + SORTED_TOGETHER], key=lambda e: len(e.window.ids))
        batches = [together[i : i + BATCH] for i in range(0, len(together), BATCH)]
        draw.shuffle(batches)
        yield from batches


def loss_of(scores: Tensor, none: Tensor, right: Sequence[tuple[int, ...]]) -> Tensor:
    """Mean negative log of the probability of the right sentences together, or of none."""
    logits = torch.cat([scores, none[:, None]], 1)
    wanted = torch.zeros_like(logits, dtype=torch.bool)
    for row, places in enumerate(right):
        wanted[row, list(places) if places else [-1]] = True
    chosen = torch.logsumexp(logits.masked_fill(~wanted, -torch.inf), 1)
    return (torch.logsumexp(logits, 1) - chosen).mean()


class Training:
    """A model on its way, and all that a checkpoint holds."""

    def __init__(self, lower: Lower, upper: Upper, embed: EmbeddingRows, folder: Path, rate: float) -> None:
        self.lower, self.upper, self.embed, self.folder = lower.bfloat16(), upper, embed, folder
        self.params = list(upper.parameters())
        self.kept = [param.detach().clone() for param in self.params]
        upper.layers.bfloat16()
        head = {id(param) for param in upper.head.parameters()}
        groups = [
            {
                "params": [k for k, p in zip(self.kept, self.params, strict=True) if (id(p) in head) == is_head],
                "top": top,
            }
            for is_head, top in ((False, rate), (True, HEAD * rate))
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, weight_decay=DECAY, betas=(0.9, 0.98), fused=True)
        self.step, self.seconds = 0, 0.0
        if (folder / "checkpoint.pt").is_file():
            self._resume()

    def run(self, batches: Sequence[Sequence[Example]], limit: float) -> None:
        saved, losses = time.monotonic(), []
        for batch in batches[self.step :]:
            begin = time.monotonic()
            progress = max(self.step / len(batches), self.seconds / limit)
            if progress >= 1:
                break
            losses.append(self._learn(batch, min(1.0, (self.step + 1) / WARM_UP) * (1 - progress)))
            self.seconds += time.monotonic() - begin
            self.step += 1
            if self.step % 20 == 0:
                self._log(len(batches), sum(losses) / len(losses))
                losses = []
            if time.monotonic() - saved > SAVE_EVERY:
                self.save()
                saved = time.monotonic()
        self.save()

    def _learn(self, examples: Sequence[Example], share: float) -> float:
        batch = collate([e.window for e in examples], self.embed)
        with torch.no_grad():
            states = self.lower(batch)
        scores, none = self.upper(states, batch)
        loss = loss_of(scores, none, [e.right for e in examples])
        loss.backward()  # type: ignore[no-untyped-call]
        for kept, param in zip(self.kept, self.params, strict=True):
            assert param.grad is not None
            kept.grad, param.grad = param.grad.float(), None
        torch.nn.utils.clip_grad_norm_(self.kept, LONGEST_STEP)
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * share
        self.optimizer.step()
        self._round()
        return float(loss.detach())

    def _round(self) -> None:
        with torch.no_grad():
            for kept, param in zip(self.kept, self.params, strict=True):
                param.copy_(kept)

    def _log(self, steps: int, loss: float) -> None:
        record = {"step": self.step, "of": steps, "seconds": round(self.seconds), "loss": round(loss, 4)}
        with open(self.folder / "log.jsonl", "a", encoding="ascii") as log:
            log.write(json.dumps(record) + "\n")

    def save(self) -> None:
        state = {
            "kept": self.kept, "optimizer": self.optimizer.state_dict(), "step": self.step, "seconds": self.seconds,
            "frozen": self.upper.frozen,
        }  # fmt: skip
        torch.save(state, self.folder / "checkpoint.new")
        (self.folder / "checkpoint.new").replace(self.folder / "checkpoint.pt")

    def _resume(self) -> None:
        state = torch.load(self.folder / "checkpoint.pt", weights_only=True)
        self.step, self.seconds = state["step"], state["seconds"]
        with torch.no_grad():
            for kept, saved in zip(self.kept, state["kept"], strict=True):
                kept.copy_(saved)
        self.optimizer.load_state_dict(state["optimizer"])
        self._round()


def load_upper(folder: Path) -> Upper:
    """The model of the last checkpoint, in float32."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    upper = Upper(open_weights(locate()), state["frozen"])
    with torch.no_grad():
        for param, kept in zip(upper.parameters(), state["kept"], strict=True):
            param.copy_(kept)
    return upper.eval()


__all__ = ["Batch", "Training", "load_upper"]

if __name__ == "__main__":
    main()
