"""Where a quotation comes from, and whether it stands there word for word.

Typography is forgiven: spaces, quotation marks, apostrophes, capitals, dots of omission at either end, and accents
where the quotation has none at all. Every other difference is told, punctuation too, and those that change what is
said are named: numbers, names, negations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal

from assistant.errors import UsageError
from assistant.index import Generation, PassageRow
from assistant.news.alignment import Alignment, Edit, Token, align, find, has_accents, tokens
from assistant.news.meaning import Meaning, changed_meaning
from assistant.news.speakers import speaker_at
from assistant.text import clean, words
from assistant.types import Article, Citation, Sentence, Speaker

Status = Literal["exact", "altered", "absent"]

#: Characters of a quotation.
LONGEST = 2000

#: Passages looked into: so many with the telling words one behind the other, a phrase, and so many by BM25.
PROPOSED = 40
#: Passages that a quotation is laid over where none has it whole.
ALIGNED = 4
#: Characters that an article may have more than the quotation, where words were left out.
MARGIN = 300

#: A text that shares fewer of its words, or fewer words, with every article is absent.
LEAST_SHARE = 0.6
LEAST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """Words that differ; one of the two is empty where words were added or left out."""

    quoted: str
    original: str
    #: Where ``original`` is in the article's text; where words were added, ``end`` is ``start``.
    start: int
    end: int
    #: What it changes beyond the wording.
    meaning: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class FoundQuote:
    """What became of a quotation."""

    status: Status
    #: The words of the article, from the first to the last that was quoted; None where absent.
    citation: Citation | None = None
    #: Where they are the words of someone whom the article quotes.
    speaker: Speaker | None = None
    differences: tuple[Difference, ...] = ()


def find_quote(quotation: str, generation: Generation) -> FoundQuote:
    """The oldest article that has ``quotation``, or the one that has it with the fewest differences.

    :raises UsageError: If it is too long, or has no word that tells anything.
    """
    text = clean(quotation).strip()
    if len(text) > LONGEST:
        raise UsageError(f"the quotation has {len(text)} characters, {LONGEST} are taken. Look up a part of it.")
    quoted = _without_outer_marks(tokens(text, has_accents(text)))
    for search in _searches(generation, text):
        stretches = _stretches(generation, search, text)
        if found := _exact(generation, quoted, stretches):
            return found
    return _altered(generation, text, quoted, stretches) or FoundQuote("absent")


def _exact(generation: Generation, quoted: Sequence[Token], stretches: Sequence["_Stretch"]) -> FoundQuote | None:
    found = [(stretch, place) for stretch in stretches if (place := find(quoted, stretch.tokens))]
    if not found:
        return None
    stretch, place = min(found, key=lambda one: (_age(one[0].article), one[0].article.id))
    return _found("exact", generation, stretch, place, ())


def _altered(
    generation: Generation, text: str, quoted: Sequence[Token], stretches: Sequence["_Stretch"]
) -> FoundQuote | None:
    shared = sorted(stretches, key=lambda stretch: -stretch.shares(quoted))[:ALIGNED]
    aligned = [(stretch, align(quoted, stretch.tokens)) for stretch in shared]
    near = [one for one in aligned if _is_near(quoted, one[1])]
    if not near:
        return None
    stretch, alignment = min(near, key=lambda one: (_errors(quoted, one[1]), _age(one[0].article), one[0].article.id))
    first = alignment.original.start
    differences = tuple(_difference(text, quoted, stretch, edit, first) for edit in alignment.edits)
    return _found("altered", generation, stretch, alignment.original, differences)


def _stretches(generation: Generation, search: Sequence[str], quotation: str) -> list["_Stretch"]:
    rows = [row for row, _ in generation.worded_passages(search, PROPOSED)]
    reach, accents = len(quotation) + MARGIN, has_accents(quotation)
    return [_Stretch.around(generation, passage, reach, accents) for passage in generation.passage_rows(rows)]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A passage with as much of the article around it as a quotation may reach out of it."""

    article: Article
    tokens: Sequence[Token]

    @classmethod
    def around(cls, generation: Generation, passage: PassageRow, reach: int, accents: bool) -> "_Stretch":
        article = generation.article_at(passage.article)
        start = max(0, passage.start - reach)
        found = tokens(article.text[start : passage.end + reach], accents)
        return cls(article, [Token(token.key, token.start + start, token.end + start) for token in found])

    def shares(self, quoted: Sequence[Token]) -> int:
        keys = {token.key for token in self.tokens if token.is_word}
        return sum(token.key in keys for token in quoted)

    def text(self, places: range) -> str:
        return _text(self.article.text, self.tokens, places)

    def place(self, places: range, first: int) -> tuple[int, int]:
        """Start and end in the article's text; of no tokens, behind the one before them."""
        if places:
            return self.tokens[places[0]].start, self.tokens[places[-1]].end
        between = self.tokens[places.start - 1].end if places.start > first else self.tokens[first].start
        return between, between


def _text(text: str, found: Sequence[Token], places: range) -> str:
    return text[found[places[0]].start : found[places[-1]].end] if places else ""


def _without_outer_marks(found: list[Token]) -> list[Token]:
    """:raises UsageError: If there is no word."""
    of_words = [place for place, token in enumerate(found) if token.is_word]
    if not of_words:
        raise UsageError('the quotation has no words. Give it as it was said: assistant quote "…"')
    return found[of_words[0] : of_words[-1] + 1]


def _searches(generation: Generation, quotation: str) -> tuple[list[str], list[str]]:
    """The telling words of the quotation as phrases, one a language of the corpus, and one by one.

    :raises UsageError: If there are none, so that nothing could be found.
    """
    by_language = [words(quotation, language) for language in generation.languages]
    phrases = [" ".join(terms) for terms in by_language if terms]
    if by_language and not phrases:
        raise UsageError(f"'{quotation}' has only words that are in every article. Give more of the quotation.")
    return phrases, sorted({term for terms in by_language for term in terms})


def _age(article: Article) -> date:
    return article.published or date.max


def _errors(quoted: Sequence[Token], alignment: Alignment) -> int:
    return sum(max(len(edit.quoted), len(edit.original)) for edit in alignment.edits)


def _is_near(quoted: Sequence[Token], alignment: Alignment) -> bool:
    differing = {place for edit in alignment.edits for place in edit.quoted}
    in_words = [place for place, token in enumerate(quoted) if token.is_word]
    same = sum(place not in differing for place in in_words)
    return same >= LEAST_WORDS and same >= LEAST_SHARE * len(in_words)


def _difference(text: str, quoted: Sequence[Token], stretch: _Stretch, edit: Edit, first: int) -> Difference:
    """``first`` is the first token of the article that was quoted: what was added before it stands at its start."""
    return Difference(
        _text(text, quoted, edit.quoted),
        stretch.text(edit.original),
        *stretch.place(edit.original, first),
        changed_meaning(text, quoted, edit.quoted, stretch.article.text, stretch.tokens, edit.original),
    )


def _found(
    status: Status, generation: Generation, stretch: _Stretch, place: range, differences: tuple[Difference, ...]
) -> FoundQuote:
    article = stretch.article
    start, end = stretch.tokens[place[0]].start, stretch.tokens[place[-1]].end
    of_article = generation.sentences(article)
    first = next(islice((sentence for sentence in of_article if sentence.end > start), 1), None)
    if first is None:
        raise ValueError(f"{article.id}: no sentence at {start}:{end}")
    citation = Citation(1, Sentence(article, start, end, first.number, first.paragraph))
    return FoundQuote(status, citation, speaker_at(article, start, end), differences)
