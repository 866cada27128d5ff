"""The reader on the held-out parts: ``python -m benchmarks.reader.measure FOUND [FILE]`` (see ``candidates``).

The weight of the reader beside the cheap signals, and of both in the confidence, is fitted on half of the questions
of FITTED_ON and measured on the other half, and the other way round; the other sets see weights of all of FITTED_ON.
"""

import pickle
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assistant.embedding.weights import locate, open_weights
from assistant.reader import Reader
from assistant.reader.builtin import BuiltinReader
from assistant.reader.weights import FILE, open_trained
from assistant.retrieve import SIGNALS
from benchmarks.reader.found import Found

FITTED_ON = ("piaf_fr_dev", "squad2_en_dev")
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Read:
    """The sentences of the best passages of one question."""

    kind: str
    right: np.ndarray
    cheap: np.ndarray
    odds: np.ndarray
    signals: np.ndarray
    #: Whether any candidate, read or not, was right, and whether the first by the cheap score is.
    cheap_first: bool
    cheap_three: bool
    #: Questions on one article are in one half.
    first_half: bool


def main(found: str, file: Path = FILE) -> None:
    reader = BuiltinReader.load(open_weights(locate()), open_trained(file))
    read = {path.stem: read_all(reader, path) for path in sorted(Path(found).glob("*.pickle"))}
    fitted = {name: read[name] for name in FITTED_ON if name in read}
    both = [r for reads in fitted.values() for r in reads]
    weight = fit_weight(both)
    print(f"weight of the reader's log-odds beside the cheap score: {weight:.3f}\n")
    print("| set | n | cheap: first / three | reader | both | gain of first, 95 % |\n|---|---|---|---|---|---|")
    for name, reads in read.items():
        _print_choice(name, [r for r in reads if r.kind == "answerable" and _is_marked(name)], fitted, weight)
    print("\n| set | unanswerable | n | AUROC: cheap | reader | both | gain, 95 % |\n|---|---|---|---|---|---|---|")
    for name, reads in read.items():
        for kind in sorted({r.kind for r in reads} - {"answerable"}):
            _print_auroc(name, kind, reads, fitted, weight)
    _print_confidence(both, weight)


def read_all(reader: Reader, path: Path) -> list[Read]:
    found: list[Found] = pickle.loads(path.read_bytes())
    seconds, reads = [], []
    for f in found:
        begin = time.perf_counter()
        readings = reader.read(f.sought.question, [(title, sentences) for title, sentences, _ in f.passages])
        seconds.append(time.perf_counter() - begin)
        places = np.concatenate([members for _, _, members in f.passages])
        odds = np.concatenate([reading.odds for reading in readings])
        order = np.argsort(-f.scores, kind="stable")
        reads.append(
            Read(
                f.sought.kind, f.right[places], f.scores[places], odds, f.signals[places],
                bool(f.right[order[0]]), bool(f.right[order[:3]].any()),
                crc32(re.sub(r"-p\d+$", "", min(f.sought.articles, default=f.sought.question)).encode()) % 2 == 0,
            )
        )  # fmt: skip
    p50, p95 = 1000 * np.quantile(seconds, [0.5, 0.95])
    print(f"{path.stem}: read in {p50:.0f} ms a question, {p95:.0f} ms at p95", file=sys.stderr)
    return reads


def _is_marked(name: str) -> bool:
    return name != "nomiracl_fr_dev"


def fit_weight(reads: Sequence[Read]) -> float:
    """The weight under which the right sentences have the most of the softmax over those read."""
    lists = [r for r in reads if r.kind == "answerable" and r.right.any()]

    def loss(weight: float) -> float:
        total = 0.0
        for r in lists:
            logits = r.cheap + weight * r.odds
            logits = logits - logits.max()
            total -= np.log(np.exp(logits[r.right]).sum() / np.exp(logits).sum())
        return total

    return float(minimize_scalar(loss, bounds=(0, 20), method="bounded").x)


def _halves(reads: Sequence[Read]) -> tuple[list[Read], list[Read]]:
    return [r for r in reads if r.first_half], [r for r in reads if not r.first_half]


def _hits(scores: np.ndarray, right: np.ndarray) -> tuple[bool, bool]:
    order = np.argsort(-scores, kind="stable")
    return bool(right[order[0]]), bool(right[order[:3]].any())


def _print_choice(name: str, reads: Sequence[Read], fitted: dict[str, list[Read]], weight: float) -> None:
    if not reads:
        return
    weights = np.full(len(reads), weight)
    if name in fitted:
        first, last = _halves(reads)
        by_half = {id(r): fit_weight(last) for r in first} | {id(r): fit_weight(first) for r in last}
        weights = np.array([by_half[id(r)] for r in reads])
    cheap = np.array([(r.cheap_first, r.cheap_three) for r in reads])
    alone = np.array([_hits(r.odds, r.right) for r in reads])
    both = np.array([_hits(r.cheap + w * r.odds, r.right) for r, w in zip(reads, weights, strict=True)])
    low, high = _interval(both[:, 0].astype(float) - cheap[:, 0])
    columns = " | ".join(f"{a.mean(0)[0]:.3f} / {a.mean(0)[1]:.3f}" for a in (cheap, alone, both))
    gain = both[:, 0].mean() - cheap[:, 0].mean()
    print(f"| {name} | {len(reads)} | {columns} | {gain:+.3f} ({low:+.3f} to {high:+.3f}) |")


def _interval(differences: np.ndarray) -> tuple[float, float]:
    draw = np.random.default_rng(0)
    means = [differences[draw.integers(0, len(differences), len(differences))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


# --- Answer or abstain -----------------------------------------------------------------------------------


def evidence(r: Read, weight: float) -> list[float]:
    """What the confidence sees: signals of the sentence chosen, the reader's odds for it and the best anywhere."""
    best = int((r.cheap + weight * r.odds).argmax())
    return [
        *r.signals[best], r.cheap[best], _best(r, "sentence"), _best(r, "passage_words"), r.odds[best], r.odds.max(),
        float(np.logaddexp.reduce(r.odds)),
    ]  # fmt: skip


def fit_confidence(
    reads: Sequence[Read], weight: float, columns: slice
) -> tuple[np.ndarray, np.ndarray, LogisticRegression]:
    features = np.array([evidence(r, weight) for r in reads])[:, columns]
    mean, spread = features.mean(0), features.std(0)
    spread[spread == 0] = 1
    labels = [r.kind == "answerable" for r in reads]
    return mean, spread, LogisticRegression(max_iter=5000, C=1.0).fit((features - mean) / spread, labels)


def _print_auroc(name: str, kind: str, reads: Sequence[Read], fitted: dict[str, list[Read]], weight: float) -> None:
    chosen = [r for r in reads if r.kind in ("answerable", kind)]
    labels = np.array([r.kind == "answerable" for r in chosen])
    cheap = np.array([r.cheap.max() for r in chosen])
    alone = np.array([r.odds.max() for r in chosen])
    both = np.zeros(len(chosen))
    if name in fitted:
        others = [r for other, found in fitted.items() if other != name for r in found]
        first, last = _halves(reads)
        parts = [(first, [*last, *others]), (last, [*first, *others])]
    else:
        parts = [(list(reads), [r for found in fitted.values() for r in found])]
    place = {id(r): i for i, r in enumerate(chosen)}
    for part, training in parts:
        mean, spread, model = fit_confidence(training, weight, slice(None))
        for r in part:
            if id(r) in place:
                features = (np.array([evidence(r, weight)]) - mean) / spread
                both[place[id(r)]] = model.decision_function(features)[0]
    values = [roc_auc_score(labels, scores) for scores in (cheap, alone, both)]
    draw, gains = np.random.default_rng(0), []
    for _ in range(300):
        sample = draw.integers(0, len(chosen), len(chosen))
        if labels[sample].any() and not labels[sample].all():
            gains.append(roc_auc_score(labels[sample], both[sample]) - roc_auc_score(labels[sample], cheap[sample]))
    low, high = np.quantile(gains, [0.025, 0.975])
    columns = " | ".join(f"{value:.3f}" for value in values)
    print(
        f"| {name} | {kind} | {(~labels).sum()} | {columns} | {values[2] - values[0]:+.3f}"
        f" ({low:+.3f} to {high:+.3f}) |"
    )


def _best(r: Read, signal: str) -> float:
    return float(r.signals[:, SIGNALS.index(signal)].max())


def _print_confidence(reads: Sequence[Read], weight: float) -> None:
    mean, spread, model = fit_confidence(reads, weight, slice(None))
    names = [*SIGNALS, "score", "best_sentence", "best_words", "odds", "best_odds", "any_odds"]
    slopes = model.coef_[0] / spread
    print(
        "\nlogistic slopes, answerable or not:",
        {n: round(float(s), 3) for n, s in zip(names, slopes, strict=True)},
    )
    print("intercept:", round(float(model.intercept_[0] - mean @ slopes), 3))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
