"""Copies of one article: the same dispatch in several titles, cut, rearranged, with a line of the agency before it.

Two articles are copies when the shorter one has most of its runs of words from the longer one. MinHash proposes the
pairs worth comparing (Broder 1997); the runs themselves then decide, and at publication the vectors have to confirm
it. On the 2,500 dispatches of a news site nothing lies between an article and its copy (0.6 and more) and two articles
on one event (0.1) but later versions of a story, which are no copies: their figures may have changed.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from zlib import crc32

import numpy as np

from assistant.types import Article

#: Words in a run.
SHINGLE = 4

#: Of a MinHash, and the resemblance above which it proposes a pair: far below what decides, since a copy cut to a third
#: resembles the whole by a third only.
PERMUTATIONS = 128
PROPOSED = 0.2

#: Share of the shorter article's runs that a copy has in common with the longer one.
COPIED = 0.55

#: An article with fewer runs is no copy: headlines and notices resemble each other by chance.
LEAST = 30

#: Least cosine of the mean vectors of two copies. Copies have 0.95 and more, also cut to a third; of two articles one
#: pair in a thousand has as much as this.
ALIKE = 0.93

_WORD = re.compile(r"\w+")
_ACCENT = re.compile("[\u0300-\u036f]")

#: Runs of words as sorted hashes, uint32.
Runs = np.ndarray


def copy_groups(articles: Sequence[Article]) -> list[tuple[Article, ...]]:
    """The groups of two and more articles that are copies, each in the order given."""
    leader = list(range(len(articles)))
    for one, other in copy_pairs((shingles(article.text), None) for article in articles):
        first, second = sorted((_lead(leader, one), _lead(leader, other)))
        leader[second] = first
    groups: dict[int, list[Article]] = {}
    for place, article in enumerate(articles):
        groups.setdefault(_lead(leader, place), []).append(article)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def copy_pairs(
    articles: Iterable[tuple[Runs, Hashable]], confirmed: Callable[[int, int], bool] = lambda one, other: True
) -> Iterator[tuple[int, int]]:
    """Places of articles that are copies of each other, each pair once.

    Of articles with equal labels, not every pair is told, but enough of them to link every copy to each.

    :param articles: the runs of each, and a label.
    :param confirmed: whether two that have most of their runs in common are copies indeed.
    """
    known: list[tuple[Runs, Hashable]] = []
    leader: list[int] = []
    for one, other in _proposed(articles, known, leader):
        together = known[one][1] == known[other][1]
        if together and _lead(leader, one) == _lead(leader, other):
            continue
        if are_copies(known[one][0], known[other][0]) and confirmed(one, other):
            if together:
                leader[_lead(leader, other)] = _lead(leader, one)
            yield one, other


def shingles(text: str) -> Runs:
    """Every run of four words, as anybody would type them."""
    plain = _ACCENT.sub("", unicodedata.normalize("NFKD", text.lower()))
    found = _WORD.findall(plain)
    runs = [crc32(" ".join(found[at : at + SHINGLE]).encode()) for at in range(len(found) - SHINGLE + 1)]
    return np.unique(np.array(runs, np.uint32))


def are_copies(one: Runs, other: Runs) -> bool:
    """Whether two articles with these runs are."""
    shorter = min(len(one), len(other))
    return shorter >= LEAST and len(np.intersect1d(one, other, assume_unique=True)) >= COPIED * shorter


def _lead(leader: list[int], place: int) -> int:
    while leader[place] != place:
        leader[place] = place = leader[leader[place]]
    return place


def _proposed(
    articles: Iterable[tuple[Runs, Hashable]], known: list[tuple[Runs, Hashable]], leader: list[int]
) -> Iterator[tuple[int, int]]:
    """Pairs of places whose texts may be copies, each once; ``known`` and ``leader`` grow with the articles seen."""
    from datasketch import MinHash, MinHashLSH

    seen = MinHashLSH(threshold=PROPOSED, num_perm=PERMUTATIONS)
    for place, article in enumerate(articles):
        known.append(article)
        leader.append(place)
        if len(article[0]) < LEAST:
            continue
        signature = MinHash(num_perm=PERMUTATIONS, hashfunc=int)
        signature.update_batch(article[0])
        yield from ((earlier, place) for earlier in sorted(seen.query(signature)))
        seen.insert(place, signature)
