"""A quotation found in a text: as it is, but for its typography, or nearly."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.text import Folded, fold

#: Likeness from which a quotation counts as nearly found.
NEARLY = 0.9
#: Characters of a quotation that is looked for nearly (a longer one is never typed by hand), and of a word.
LONGEST, LONGEST_WORD = 2000, 30
#: Places of a text that are looked at closely, and times that one piece of a quotation is counted.
PLACES, REPEATS = 8, 1000

#: Spaces that some put and some leave out: within quotation marks and brackets, around dashes, before high signs.
_OPTIONAL_SPACE = re.compile(r'(?<=["(\[-]) | (?=[")\]\-;:!?%€$£]|\.\.\.)')
#: What people put around a quotation that is not part of it.
_AROUND = "\"'. ,;:"


@dataclass(frozen=True, slots=True)
class Found:
    """``text[start:end]`` is the quotation."""

    start: int
    end: int
    #: 1 where only typography and case differ, else the share of characters that need no edit.
    likeness: float = 1.0


def find_quote(text: str, quote: str, near: int | None = None) -> Found | None:
    """Where ``quote`` stands in ``text``, its outer spaces aside: exactly, else with spaces, apostrophes,
    quotation marks, dashes and case of any kind.

    Of several places, the one that starts nearest to ``near``; without it the first that cuts no word.
    """
    wanted = quote.strip()
    exact = _best(text, ((at, at + len(wanted)) for at in _positions(text, wanted)), near)
    if exact and (near is not None or not _cuts_a_word(text, exact)):
        return exact
    comparable = _comparable(wanted).text.strip()
    bare = comparable.strip(_AROUND)
    folded = _best(text, _spans(text, comparable), near) or _best(text, _spans(text, bare), near)
    return folded or exact


def nearest_run(text: str, quote: str) -> Found | None:
    """The run of ``text`` most like ``quote``, or None where nothing is alike.

    A run at least ``NEARLY`` like it shares at least one piece of it unchanged when it is cut into one piece more
    than edits are allowed (Wu and Manber 1992); pieces vote for places, and the best places are aligned in full.
    """
    folded = _comparable_article(text)
    wanted = _comparable(quote).text.strip()
    if not 0 < len(wanted) <= LONGEST:
        return None
    aligned = (_align(wanted, folded.text, place) for place in _places(folded.text, wanted))
    edits, start, end = min(aligned, default=(len(wanted), 0, 0))
    if edits >= len(wanted) or start == end:
        return None
    whole = _whole_words(text, folded.offsets[start], folded.ends[end - 1])
    return Found(*whole, likeness=1 - edits / len(wanted))


@lru_cache(maxsize=8)  # questions on one article mostly follow each other; a folded megabyte takes 80
def _comparable_article(text: str) -> Folded:
    return _comparable(text)


def _comparable(text: str) -> Folded:
    """``text`` folded, without optional spaces."""
    folded = fold(text)
    cuts = [match.start() for match in _OPTIONAL_SPACE.finditer(folded.text)]
    kept = [slice(first, last) for first, last in zip([0, *(cut + 1 for cut in cuts)], [*cuts, None], strict=True)]
    return Folded(
        "".join(folded.text[run] for run in kept),
        [offset for run in kept for offset in folded.offsets[run]],
        [end for run in kept for end in folded.ends[run]],
    )


def _positions(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _spans(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Where ``wanted`` stands in the comparable text, in offsets of the original; half an "œ" is nowhere."""
    folded = _comparable_article(text)
    offsets = folded.offsets
    for first in _positions(folded.text, wanted):
        behind = first + len(wanted)
        starts = first == 0 or offsets[first - 1] != offsets[first]
        if starts and (behind == len(offsets) or offsets[behind] != offsets[behind - 1]):
            yield offsets[first], folded.ends[behind - 1]


def _best(text: str, spans: Iterator[tuple[int, int]], near: int | None) -> Found | None:
    found = (Found(start, end) for start, end in spans)
    if near is not None:
        return min(found, key=lambda span: abs(span.start - near), default=None)
    first = next(found, None)
    if first is None or not _cuts_a_word(text, first):
        return first
    return next((span for span in found if not _cuts_a_word(text, span)), first)


def _cuts_a_word(text: str, span: Found) -> bool:
    return _is_inside_word(text, span.start) or _is_inside_word(text, span.end)


def _is_inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1 : at + 1].isalnum()


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The run with the words at its ends in full; where words are not spaced it stays as it is."""
    first = next((at for at in range(start, start - LONGEST_WORD, -1) if not _is_inside_word(text, at)), start)
    last = next((at for at in range(end, end + LONGEST_WORD) if not _is_inside_word(text, at)), end)
    return first, last


def _places(text: str, wanted: str) -> list[slice]:
    """The parts of ``text`` that share most pieces with ``wanted`` in the same order, the most alike first."""
    edits = int(len(wanted) * (1 - NEARLY) + 1e-9)
    length = len(wanted) // (edits + 1)
    width = max(edits, length)
    votes: Counter[int] = Counter()
    for offset in range(0, length * (edits + 1), length):
        piece = wanted[offset : offset + length]
        for at, _ in zip(_positions(text, piece), range(REPEATS), strict=False):
            # Twice, for the two overlapping places that it may lie in.
            votes.update((at - offset) // width + shift for shift in (-1, 0))
    best = sorted(votes, key=lambda place: (-votes[place], place))[:PLACES]
    return [slice(max((n - 1) * width, 0), max((n + 3) * width + len(wanted), 0)) for n in best]


def _align(wanted: str, text: str, place: slice) -> tuple[int, int, int]:
    """Fewest edits that make ``wanted`` of a run of ``text[place]``, and where in ``text`` that run is."""
    window = text[place]
    costs = _edits(wanted, window, anywhere=True)
    end = int(costs.argmin())
    backwards = _edits(wanted[::-1], window[:end][::-1], anywhere=False)
    return int(costs[end]), place.start + end - int(backwards.argmin()), place.start + end


def _edits(wanted: str, text: str, anywhere: bool) -> np.ndarray:
    """For each end in ``text``, the fewest edits that make ``wanted`` of what stands before it (Sellers 1980).

    The run may begin anywhere, or else at the start. Array of ``len(text) + 1`` integers.
    """
    characters = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    ramp = np.arange(len(text) + 1)
    costs = np.zeros_like(ramp) if anywhere else ramp
    for row, character in enumerate(wanted, 1):
        changed = np.minimum(costs[:-1] + (characters != ord(character)), costs[1:] + 1)
        # A character too many costs one more than the cell before: a running minimum along the ramp.
        costs = np.minimum.accumulate(np.concatenate(([row], changed)) - ramp) + ramp
    return costs
