"""Copies of one article: the same dispatch in several titles, cut, rearranged, with a line of the agency before it.

Two articles are copies when the shorter one has most of its runs of words from the longer one. MinHash proposes the
pairs worth comparing (Broder 1997); the runs themselves then decide. On the 2,500 dispatches of a news site nothing
lies between an article and its copy (0.6 and more) and two articles on one event (0.1) but later versions of a story,
which are no copies: their figures may have changed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from assistant.text import fold
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

_WORD = re.compile(r"\w+")


def copy_groups(articles: Sequence[Article]) -> list[tuple[Article, ...]]:
    """The groups of two and more articles that are copies, each in the order given."""
    runs = lru_cache(maxsize=2000)(lambda place: shingles(articles[place].text))
    leader = list(range(len(articles)))

    def lead(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    for one, other in _proposed(len(articles), runs):
        if lead(one) != lead(other) and are_copies(runs(one), runs(other)):
            leader[max(lead(one), lead(other))] = min(lead(one), lead(other))
    groups: dict[int, list[Article]] = {}
    for place, article in enumerate(articles):
        groups.setdefault(lead(place), []).append(article)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def shingles(text: str) -> frozenset[str]:
    """Every run of four words, as anybody would type them."""
    found = _WORD.findall(fold(text, accents=False).text)
    return frozenset(" ".join(found[at : at + SHINGLE]) for at in range(len(found) - SHINGLE + 1))


def are_copies(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two articles with these runs are."""
    shorter = min(len(one), len(other))
    return shorter >= LEAST and len(one & other) >= COPIED * shorter


def _proposed(count: int, runs: Callable[[int], frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of places whose texts may be copies, each once."""
    from datasketch import MinHash, MinHashLSH

    seen = MinHashLSH(threshold=PROPOSED, num_perm=PERMUTATIONS)
    for place in range(count):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([run.encode() for run in runs(place)])
        yield from ((earlier, place) for earlier in sorted(seen.query(signature)))
        seen.insert(place, signature)
