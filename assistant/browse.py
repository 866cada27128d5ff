"""Articles to look through before asking: by date, source, language, and the words in their title or text.

Words are analysed as in the word index, so accents, elisions and endings do not matter. An article is found when it
holds all of them, wherever, and is worth its best passage (BM25 over any of them).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from assistant.index import Generation, SentenceRow
from assistant.lexical import question_terms
from assistant.text import words
from assistant.types import Article, ListedArticle, Listing, Selection, Sentence

#: Different words looked for; SQLite takes no conditions without end, and nobody types as many.
WORDS = 24

#: A word of a text as it stands there: a number with its groups, an acronym, letters with marks and apostrophes.
_WORD = re.compile(
    r"\d{1,3}(?:[\s.,'’]\d{3})+(?!\d)|\d+[.,]\d+|(?:[^\W\d_]\.){2,}"
    r"|[\w\u0300-\u036f\u00ad]+(?:['’](?!(?:[^\W\d_]\.){2})[\w\u0300-\u036f\u00ad]+)*"
)
_APOSTROPHE = re.compile("['’]")

#: Of each article that holds them, in the words' own language: its best passage.
_SEARCH = """
with holding as materialized (
    select row, published, id from articles
    where row in ({holding}) and coalesce(language, '') in ({languages}) and {conditions}
), scored as materialized (
    select h.row, p.row as passage, -bm25({words}) as score, h.published, h.id
    from {words} cross join passages p on p.row = {words}.rowid cross join holding h on h.row = p.article
    where {words} match ?
)
select row, passage, max(score), published, id from scored group by row
"""
_HOLDING = "select p.article from {words} join passages p on p.row = {words}.rowid where {words} match ?"


class _Found(NamedTuple):
    """An article that has all the words, with its best passage."""

    row: int
    passage: int
    score: float
    published: str | None
    id: str


def browse(
    generation: Generation, selection: Selection, reader_language: str, by_date: bool, start: int, count: int
) -> Listing:
    """Articles ``start`` to ``start + count`` of a selection.

    :param reader_language: ISO 639-1; its stop words are not looked for.
    :param by_date: Newest first, those without a date last; otherwise the best match first, where there are words.
    """
    if not selection.words.strip():
        rows = _dated(generation, selection)
        articles = generation.articles_at(rows[start : start + count])
        first = {sentence.article: sentence for sentence in generation.first_sentences(articles)}
        return Listing(tuple(_listed(articles[row], first.get(row)) for row in rows[start : start + count]), len(rows))
    terms = question_terms(selection.words, reader_language, generation.languages)
    found = _ordered(_search(generation, selection, terms), by_date)
    best = found[start : start + count]
    articles = generation.articles_at(one.row for one in best)
    speaking = _speaking(generation, best, articles, terms)
    listed = (_listed(articles[one.row], speaking[one.row], terms[articles[one.row].language]) for one in best)
    return Listing(tuple(listed), len(found))


def marks(text: str, language: str | None, terms: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Where in ``text`` the words are that are looked for as ``terms``, as ranges in order."""
    wanted = frozenset(terms)
    if not wanted:
        return ()

    def is_wanted(start: int, end: int) -> bool:
        return not wanted.isdisjoint(words(text[start:end], language))

    found = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        if is_wanted(start, end):
            # Of "l'armée" the part behind the apostrophe is the word, of "O'Brien" the whole.
            parts = [start, *(apostrophe.end() for apostrophe in _APOSTROPHE.finditer(text, start, end))]
            found.append((next(part for part in reversed(parts) if is_wanted(part, end)), end))
    return tuple(found)


def _dated(generation: Generation, selection: Selection) -> list[int]:
    """Rows of the articles of a selection without words, newest first."""
    conditions, values = _conditions(selection)
    found = generation.connection.execute(
        f"select row from articles where {conditions} and {generation.readable} order by published desc, id", values
    )
    return [row for (row,) in found]


def _conditions(selection: Selection) -> tuple[str, list[str]]:
    given = {
        "published >= ?": selection.since.isoformat() if selection.since else "",
        "published <= ?": selection.until.isoformat() if selection.until else "",
        "source = ?": selection.source,
        "language = ?": selection.language,
    }
    given = {condition: value for condition, value in given.items() if value}
    return " and ".join(["true", *given]), [*given.values()]


def _search(generation: Generation, selection: Selection, terms: Mapping[str | None, Sequence[str]]) -> list[_Found]:
    """Every article of a selection with words, in no order; one search for all languages with the same terms."""
    languages = defaultdict(list)
    for language, of_language in terms.items():
        if of_language:
            languages[tuple(f'"{term}"' for term in of_language[:WORDS])].append(language or "")
    conditions, values = _conditions(selection)
    found: list[_Found] = []
    for (wanted, codes), partition in product(languages.items(), generation.partitions):
        query = _SEARCH.format(
            words=f"words_{partition}",
            holding=" intersect ".join([_HOLDING.format(words=f"words_{partition}")] * len(wanted)),
            languages=",".join("?" * len(codes)),
            conditions=conditions,
        )
        found += map(
            _Found._make, generation.connection.execute(query, [*wanted, *codes, *values, " OR ".join(wanted)])
        )
    return found


def _ordered(found: Iterable[_Found], by_date: bool) -> list[_Found]:
    by_id = sorted(found, key=lambda one: one.id)
    if by_date:
        return sorted(by_id, key=lambda one: one.published or "", reverse=True)
    return sorted(by_id, key=lambda one: -one.score)


def _speaking(
    generation: Generation,
    best: Iterable[_Found],
    articles: Mapping[int, Article],
    terms: Mapping[str | None, Sequence[str]],
) -> dict[int, SentenceRow]:
    """By row of its article, the sentence of each best passage that has most of the words, the first of equals."""
    chosen: dict[int, tuple[int, SentenceRow]] = {}
    for sentence in generation.sentence_rows(generation.passage_rows(one.passage for one in best)):
        article = articles[sentence.article]
        text = article.text[sentence.start : sentence.end]
        shared = len({*words(text, article.language)}.intersection(terms[article.language]))
        if sentence.article not in chosen or shared > chosen[sentence.article][0]:
            chosen[sentence.article] = shared, sentence
    return {row: sentence for row, (_, sentence) in chosen.items()}


def _listed(article: Article, found: SentenceRow | None, terms: Sequence[str] = ()) -> ListedArticle:
    sentence = Sentence(article, found.start, found.end, found.number, found.paragraph) if found else None
    return ListedArticle(
        article=article,
        sentence=sentence,
        title_marks=marks(article.title, article.language, terms),
        sentence_marks=marks(sentence.text, article.language, terms) if sentence else (),
    )
