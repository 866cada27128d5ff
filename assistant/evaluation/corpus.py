"""What evidence is resolved against: whole articles, found by the names that people give them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath

from assistant.formats import find_files, read_articles
from assistant.sentences import split_sentences
from assistant.text import fold, is_visible
from assistant.types import Article, Refusal, Sentence

_SCHEME = re.compile(r"\s*https?://(?:www\.)?", re.IGNORECASE)
_FRAGMENT = re.compile(r"#.*", re.DOTALL)
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Corpus:
    """Articles, and how each is cut into sentences."""

    #: By id.
    articles: Mapping[str, Article] = field(repr=False)
    #: Sentences of the article with an id, in order.
    sentences: Callable[[str], Sequence[Sentence]] = field(repr=False)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of every id with its content: two corpora of one hash give the same figures."""
        lines = (f"{id}\0{article.content_hash}\n" for id, article in sorted(self.articles.items()))
        return sha256("".join(lines).encode()).hexdigest()

    def find(self, name: str) -> list[Article]:
        """The articles called ``name``: by id, else by file name, else by URL, else by title.

        Case, accents, spaces and punctuation do not count, but an id that is exactly ``name`` is the only one meant.
        """
        if name in self.articles:
            return [self.articles[name]]
        key = _key(name)
        ids = next((names[key] for names in self._ids_by_name if key in names), [])
        return [self.articles[id] for id in ids]

    def nearest(self, name: str, limit: int = 3) -> list[Article]:
        """Articles whose id or title shares words with ``name``, the most and rarest first."""
        shared: dict[str, float] = defaultdict(float)
        for word in set(_key(name).split()):
            ids = self._ids_by_word.get(word, ())
            for id in ids:
                shared[id] += 1 / len(ids)
        return [self.articles[id] for id in sorted(shared, key=lambda id: (-shared[id], id))[:limit]]

    @cached_property
    def _ids_by_name(self) -> tuple[dict[str, list[str]], ...]:
        """One dictionary a kind of name, in the order they are tried."""
        names: tuple[dict[str, list[str]], ...] = ({}, {}, {}, {})
        for id, article in self.articles.items():
            kinds = ([id], _file_names(article.origin), [article.url], [article.title])
            for ids, kind in zip(names, kinds, strict=True):
                for key in {_key(name) for name in kind} - {""}:
                    ids.setdefault(key, []).append(id)
        return names

    @cached_property
    def _ids_by_word(self) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {}
        for id, article in self.articles.items():
            for word in set(_key(f"{id} {article.title}").split()):
                ids.setdefault(word, []).append(id)
        return ids


def read_corpus(paths: Sequence[Path]) -> tuple[Corpus, list[Refusal]]:
    """The articles in files and folders, and what could not be read.

    :raises UsageError: If a path does not exist.
    """
    articles: dict[str, Article] = {}
    refused: list[Refusal] = []
    for file in find_files(paths):
        for found in read_articles(file):
            if isinstance(found, Refusal):
                refused.append(found)
            elif found.id in articles:
                refused.append(Refusal(found.origin, f"the id '{found.id}' is given twice"))
            else:
                articles[found.id] = found
    return corpus_of(articles.values()), refused


def corpus_of(articles: Iterable[Article]) -> Corpus:
    """A corpus of articles that no index has cut into sentences yet."""
    by_id = {article.id: article for article in articles}

    @cache
    def sentences(id: str) -> tuple[Sentence, ...]:
        article = by_id[id]
        found = split_sentences(article.text, article.language)
        spans = [span for span in found if is_visible(article.text[span.start : span.end])]
        return tuple(Sentence(article, s.start, s.end, n, s.paragraph) for n, s in enumerate(spans, 1))

    return Corpus(by_id, sentences)


def _file_names(origin: str) -> Iterator[str]:
    """A file's name, alone and behind any number of its folders, with and without record and suffix."""
    path = PurePosixPath(origin.replace("\\", "/"))
    file, _, record = path.name.partition("#")
    names = {path.name, file} if record else {file, PurePosixPath(file).stem}
    for first in range(len(path.parts)):
        folders = path.parts[first:-1]
        yield from ("/".join((*folders, name)) for name in names)


def _key(name: str) -> str:
    """``name`` as it is compared: its words, folded."""
    address = _SCHEME.match(name)
    bare = _FRAGMENT.sub("", name[address.end() :]) if address else name
    return _SIGNS.sub(" ", fold(bare, accents=False).text).strip()
