"""Sentence boundaries against annotators' on French paragraphs: our rules, pysbd and syntok.

``python -m benchmarks.sentences [PARAGRAPHS.jsonl]`` (default: UD French-GSD of the shared data). Each line of the
file: ``text`` and ``sentences``, the [start, end) offsets of each. Prints a Markdown table.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.sentences import split_sentences
from benchmarks.development import folder

Splitter = Callable[[str], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text with the offsets at which its sentences end, the last one aside."""

    text: str
    ends: frozenset[int]


@dataclass(frozen=True, slots=True)
class Score:
    """Boundaries found right, found, and there to be found."""

    right: int
    found: int
    wanted: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.wanted)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.found + self.wanted)


def read_paragraphs(file: Path) -> list[Paragraph]:
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Paragraph(r["text"], frozenset(end for _, end in r["sentences"][:-1])) for r in records]


def score(split: Splitter, paragraphs: Iterable[Paragraph]) -> Score:
    right = found = wanted = 0
    for paragraph in paragraphs:
        ends = set(split(paragraph.text)) - {len(paragraph.text)}
        right += len(ends & paragraph.ends)
        found += len(ends)
        wanted += len(paragraph.ends)
    return Score(right, found, wanted)


def own_rules() -> Splitter:
    return lambda text: [span.end for span in split_sentences(text, "fr")]


def pysbd_rules() -> Splitter:
    import pysbd  # type: ignore[import-untyped]  # no stubs

    segmenter = pysbd.Segmenter(language="fr", clean=False, char_span=True)
    return lambda text: [span.start + len(span.sent.rstrip()) for span in segmenter.segment(text)]


def syntok_rules() -> Splitter:
    from syntok import segmenter  # type: ignore[import-untyped]  # no stubs

    return lambda text: [
        sentence[-1].offset + len(sentence[-1].value)
        for paragraph in segmenter.analyze(text)
        for sentence in paragraph
        if sentence
    ]


SPLITTERS = {"own rules": own_rules, "pysbd": pysbd_rules, "syntok": syntok_rules}


def main() -> None:
    given = sys.argv[1:] or [str(folder("sentences_fr_gsd") / "paragraphs.jsonl")]
    paragraphs = read_paragraphs(Path(given[0]))
    halves = {"tuned on (even lines)": paragraphs[::2], "held out (odd lines)": paragraphs[1::2]}
    characters = sum(len(paragraph.text) for paragraph in paragraphs)
    print("| splitter | paragraphs | precision | recall | F1 | characters/s |")
    print("|---|---|---|---|---|---|")
    for name, build in SPLITTERS.items():
        try:
            split = build()
        except ImportError as error:
            print(f"| {name} | skipped: {error} | | | | |")
            continue
        began = time.perf_counter()
        for paragraph in paragraphs:
            list(split(paragraph.text))
        speed = characters / (time.perf_counter() - began)
        for half, members in halves.items():
            result = score(split, members)
            figures = f"{result.precision:.4f} | {result.recall:.4f} | {result.f1:.4f}"
            print(f"| {name} | {half} | {figures} | {speed:,.0f} |")


if __name__ == "__main__":
    main()
