"""Words of a question that no article has, into words that one has, where one slip of the fingers lies between them.

The words of the corpus are the dictionary (Norvig 2007, "How to write a spelling corrector"): a name in the news is
known before any word list has it. What no article says may be right all the same ("height" is no slip for "eight"): a
frequent word of any language is one token of the embedding model, which a misspelled one hardly is.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from assistant import lexical
from assistant.index import Generation
from assistant.text import fold, words

#: Shorter words have too many neighbours, and are more often right.
SHORTEST = 3
#: In words no longer than this, slips that change the length are not looked for.
SHORT = 4
#: Longer ones are no words.
LONGEST = 24
#: A question with more unknown words is in another language, or no question.
MOST_UNKNOWN = 12
#: Analysed words whose spellings are looked up for a misspelled one, the most frequent first.
TRIED = 3
#: Passages in which they are looked up.
PASSAGES = 10

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KEYBOARDS = (("azertyuiop", "qsdfghjklm", "wxcvbn"), ("qwertyuiop", "asdfghjkl", "zxcvbnm"))
_WORD = re.compile(r"[^\W\d_]+")


def corrected(question: str, language: str, generation: Generation, count_tokens: Callable[[str], int]) -> str:
    """``question`` with its misspelled words replaced; most of its words must be known or one slip from it.

    :param count_tokens: Of the embedding model: how many a word has.
    """
    found = [match for match in _WORD.finditer(question) if _may_be_wrong(match.group())]
    unknown = [
        match
        for match in found
        if not _is_known(match.group(), language, generation) and count_tokens(match.group().lower()) > 1
    ]
    if len(unknown) > MOST_UNKNOWN:
        return question
    meant = [_meant(match, language, generation) for match in unknown]
    if 2 * meant.count(None) > len(found):
        return question
    for match, word in reversed([*zip(unknown, meant, strict=True)]):
        if word:
            question = question[: match.start()] + _as_typed(word, match.group()) + question[match.end() :]
    return question


def _may_be_wrong(word: str) -> bool:
    """Short words in capitals are initials."""
    return SHORTEST <= len(word) <= LONGEST and (len(word) > SHORTEST or word.islower())


def _is_known(word: str, language: str, generation: Generation) -> bool:
    terms = words(word, language)
    return not terms or any(_counts(generation, terms).values())


def _meant(typed: re.Match[str], language: str, generation: Generation) -> str | None:
    """The most frequent word of the articles, or of those too frequent to count, that is one slip from ``typed``.

    A name within a question stands for a name.
    """
    word = typed.group()
    is_name = typed.start() > 0 and word[0].isupper()
    near = set(_one_slip_away(_bare(word)))
    by_term: dict[str, list[str]] = {}
    for candidate in sorted(near):
        terms = words(candidate, language)
        if not terms and len(candidate) >= len(word) and not is_name:
            return candidate
        for term in terms:
            by_term.setdefault(term, []).append(candidate)
    counts = _counts(generation, by_term)
    for term in sorted(counts, key=lambda term: (-counts[term], term))[:TRIED]:
        spellings = [
            found
            for found in _spellings(generation, term, language)
            if _bare(found) in near and (found[0].isupper() or not is_name)
        ]
        if spellings:
            # Exchanging letters is the likelier slip.
            return min(spellings, key=lambda found: abs(len(found) - len(word)))
    return None


def _counts(generation: Generation, terms: Iterable[str]) -> Counter[str]:
    return lexical.counts(generation.connection, generation.partitions, terms)


def _spellings(generation: Generation, term: str, language: str) -> Iterator[str]:
    """How some passages write an analysed word. Those in another language tell of names only: "volcan" is no slip."""
    rows = [row for row, _ in generation.worded_passages([term], PASSAGES)]
    for passage in map(generation.passage, generation.passage_rows(rows)):
        for match in _WORD.finditer(f"{passage.article.title} {passage.text}"):
            is_word_of_it = passage.article.language in (None, language) or match.group()[0].isupper()
            if is_word_of_it and words(match.group(), language) == [term]:
                yield match.group()


def _bare(word: str) -> str:
    return fold(word, accents=False).text


def _one_slip_away(word: str) -> Iterator[str]:
    """A neighbour on the keyboard in a letter's place, or two exchanged; of longer words also one left out or added.

    Damerau 1964, "A technique for computer detection and correction of spelling errors".
    """
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if len(word) > SHORT:
            yield from (before + letter + after for letter in _LETTERS)
            yield before + after[1:]
        if after:
            yield from (before + letter + after[1:] for letter in _beside().get(after[0], ()))
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


@cache
def _beside() -> dict[str, set[str]]:
    """The letters around each letter, on either keyboard; a key stands below the gap between two of the row above."""
    found: dict[str, set[str]] = {}
    for rows in _KEYBOARDS:
        keys = {
            letter: (row, place + row / 2) for row, letters in enumerate(rows) for place, letter in enumerate(letters)
        }
        for letter, (row, place) in keys.items():
            for other, (below, right) in keys.items():
                if other != letter and abs(row - below) <= 1 and abs(place - right) <= 1:
                    found.setdefault(letter, set()).add(other)
    return found


def _as_typed(word: str, typed: str) -> str:
    """``word`` with the capitals of the one ``typed``."""
    if typed.isupper():
        return word.upper()
    return word[0].upper() + word[1:] if typed[0].isupper() else word.lower()
