"""An article's sentences into passages: runs of whole sentences that an embedder can take in at once."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.types import Passage, Sentence

#: Tokens a passage should hold: enough to tell what it is about, few enough to be about one thing.
TARGET = (100, 130)

#: What a passage loses for ending inside a paragraph, in tokens off the target.
INSIDE_PARAGRAPH = 5


def fit_sentences(sentences: Sequence[Sentence], count_tokens: Callable[[str], int], limit: int) -> list[Sentence]:
    """The same sentences, each longer than ``limit`` tokens cut at the space nearest its middle until it fits."""
    fitted = [part for sentence in sentences for part in _cut(sentence, count_tokens, limit)]
    return [replace(sentence, number=number) for number, sentence in enumerate(fitted, 1)]


def _cut(sentence: Sentence, count_tokens: Callable[[str], int], limit: int) -> list[Sentence]:
    if count_tokens(sentence.text) <= limit or sentence.end - sentence.start < 2:
        return [sentence]
    text, middle = sentence.text, (sentence.end - sentence.start) // 2
    before, after = text.rfind(" ", 1, middle), text.find(" ", middle)
    spaces = [space for space in (before, after) if space > 0]
    cut = min(spaces, key=lambda space: abs(space - middle)) if spaces else middle
    left_end = len(text[:cut].rstrip()) or cut
    right_start = len(text) - len(text[cut:].lstrip())
    left = replace(sentence, end=sentence.start + left_end)
    right = replace(sentence, start=sentence.start + right_start)
    return _cut(left, count_tokens, limit) + _cut(right, count_tokens, limit)


def make_passages(sentences: Sequence[Sentence], count_tokens: Callable[[str], int], limit: int) -> list[Passage]:
    """Cut one article's sentences into passages of ``TARGET`` tokens, none above ``limit``.

    Of all ways to cut, the one with the least total distance from the target (dynamic programming, linear in
    the number of sentences because a passage spans only as many as fit).

    :raises ValueError: If a sentence alone is above ``limit``; see ``fit_sentences``.
    """
    sizes = [count_tokens(sentence.text) for sentence in sentences]
    if any(size > limit for size in sizes):
        raise ValueError(f"a sentence of {max(sizes)} tokens is longer than the limit of {limit}")
    best: list[tuple[float, int]] = [(0.0, 0)]  # cost of the first n sentences, start of their last passage
    for end in range(1, len(sizes) + 1):
        ends_paragraph = end == len(sizes) or sentences[end].paragraph != sentences[end - 1].paragraph
        penalty = 0 if ends_paragraph else INSIDE_PARAGRAPH
        choices, size = [], 0
        for start in range(end - 1, -1, -1):
            size += sizes[start]
            if start < end - 1 and size > min(limit, 2 * TARGET[1]):
                break
            choices.append((best[start][0] + _distance(size) + penalty, start))
        best.append(min(choices))
    return _passages(sentences, best)


def _distance(size: int) -> float:
    low, high = TARGET
    return max(low - size, size - high, 0)


def _passages(sentences: Sequence[Sentence], best: Sequence[tuple[float, int]]) -> list[Passage]:
    passages, end = [], len(sentences)
    while end:
        start = best[end][1]
        passages.append(Passage(sentences[0].article, sentences[start].start, sentences[end - 1].end))
        end = start
    return passages[::-1]
