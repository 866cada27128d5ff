"""An article's way in: files -> store -> sentences -> passages -> vectors -> a new generation.

Each step leaves what it has done behind it, so a run that was stopped goes on where it was: an article is safe
once it is in the store, a vector once its batch is.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

from assistant.embedding import Embedder
from assistant.engine import PROGRESS
from assistant.errors import StoreError
from assistant.failpoints import failpoint
from assistant.formats import find_files, read_articles
from assistant.index import generations
from assistant.passages import fit_sentences, make_passages
from assistant.publish import publish
from assistant.sentences import split_sentences
from assistant.store import Known, Store, open_store
from assistant.text import is_visible
from assistant.types import Article, Refusal, Sentence
from assistant.vectors import embedded_texts, embedding_key

#: Texts embedded between two commits: a stopped run loses at most this many vectors.
EMBED_BATCH = 128

#: Told what is being done, how much of it is done, and how much there is.
Report = Callable[[str, int, int], None]


@dataclass(slots=True)
class Summary:
    """What a run did, by article id; refusals by file."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    #: Texts that had to be embedded.
    embedded: int = 0
    #: The generation published, or None where the one in use is the same.
    published: str | None = None


def ingest(
    paths: Sequence[Path],
    index: Path,
    embedder: Embedder,
    *,
    prune: bool = False,
    report: Report | None = None,
) -> Summary:
    """Read files and folders into the index.

    :raises UsageError: If a path does not exist.
    :raises StoreError: If another process is writing this index, the disk is full, or the store is damaged.
    """
    found = find_files([path.absolute() for path in paths])
    report = report or (lambda step, done, total: None)
    # A store made anew would publish an index without the articles of the lost one.
    with open_store(index, new=not generations(index)) as store, _Announced(index, store, report) as announce:
        summary = Summary()
        _read(found, store, embedder, summary, announce)
        if prune:
            _prune(paths, store, summary)
        _embed(store, embedder, summary, announce)
        summary.published = publish(
            store,
            index,
            embedder.identity,
            embedder.dimension,
            lambda done, total: announce("index", done, total),
        )
        return summary


def analysis_version(embedder: Embedder) -> str:
    """Names the rules that made an article's sentences and passages: their own text, and the embedder's tokens."""
    rules = blake2b(embedder.identity.encode(), digest_size=8)
    for module in ("sentences.py", "passages.py"):
        rules.update(files("assistant").joinpath(module).read_bytes())
    return rules.hexdigest()


class _Announced:
    """Tells the caller and, through a small file, the serving process how far this run is."""

    def __init__(self, index: Path, store: Store, report: Report) -> None:
        self._path = index / PROGRESS
        self._store = store
        self._report = report
        #: Whether some of the articles are not for everyone, who then aren't told how many there are.
        self._restricted: bool | None = None
        self._articles = (0, 0)  # ready for the index, in all

    def __enter__(self) -> Report:
        return self.announce

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)

    def announce(self, step: str, done: int, total: int) -> None:
        self._report(step, done, total)
        if step == "embed":
            self._articles = (done, total)
            if self._restricted is None:
                self._restricted = self._store.is_restricted()
        done, total = self._articles
        state = {"process": os.getpid(), "done": done, "total": total, "restricted": self._restricted}
        aside = self._path.with_suffix(".new")
        try:
            aside.write_text(json.dumps(state), encoding="ascii")
            os.replace(aside, self._path)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written: {error.strerror}. Free space or mend its rights, then ingest again."
            ) from error


def _read(files: Sequence[Path], store: Store, embedder: Embedder, summary: Summary, announce: Report) -> None:
    known, version = store.known(), analysis_version(embedder)
    seen, origins = set[str](), set[str]()
    for done, path in enumerate(files):
        announce("read", done, len(files))
        for found in read_articles(path):
            if isinstance(found, Refusal):
                summary.refused.append(found)
                continue
            article = None if found.origin in origins else _with_free_id(found, known, seen)
            if article is None:
                summary.refused.append(Refusal(found.origin, f"the id '{found.id}' is given twice; the first is kept"))
                continue
            seen.add(article.id)
            origins.add(article.origin)
            _take(article, known.get(article.id), store, embedder, version, summary)
    announce("read", len(files), len(files))


def _with_free_id(article: Article, known: dict[str, Known], seen: set[str]) -> Article | None:
    """The article under an id that no other file has: its own, or with a hash of its origin behind it."""
    suffix = blake2b(article.origin.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    for id in (article.id, f"{article.id}-{suffix}"):
        stored = known.get(id)
        taken = stored and stored.origin != article.origin and _still_there(stored.origin)
        if id not in seen and not taken:
            return replace(article, id=id)
    return None


def _still_there(origin: str) -> bool:
    return _file_of(origin).exists()


def _file_of(origin: str) -> Path:
    """The file of an origin, which may name a record behind "#"."""
    path = Path(origin)
    return path if path.exists() or "#" not in origin else Path(origin.rpartition("#")[0])


def _take(
    article: Article, known: Known | None, store: Store, embedder: Embedder, version: str, summary: Summary
) -> None:
    if known and (known.content_hash, known.analysis) == (article.content_hash, version):
        if known.origin != article.origin:
            store.moved(article.id, article.origin)
        summary.unchanged.append(article.id)
        return
    sentences = _sentences(article, embedder)
    limit = _text_limit(article, embedder)
    store.put(article, sentences, make_passages(sentences, embedder.count_tokens, limit), version)
    failpoint("stored")
    if known is None:
        summary.added.append(article.id)
    elif known.content_hash != article.content_hash:
        summary.changed.append(article.id)
    else:
        summary.unchanged.append(article.id)


def _sentences(article: Article, embedder: Embedder) -> list[Sentence]:
    """The article's sentences that show something: zero-width characters alone can be neither read nor embedded."""
    found = split_sentences(article.text, article.language)
    spans = [span for span in found if is_visible(article.text[span.start : span.end])]
    sentences = [Sentence(article, s.start, s.end, n, s.paragraph) for n, s in enumerate(spans, 1)]
    return fit_sentences(sentences, embedder.count_tokens, _text_limit(article, embedder))


def _text_limit(article: Article, embedder: Embedder) -> int:
    """Tokens left for text beside the title, the prefix and the special tokens."""
    return max(embedder.limit - embedder.count_tokens(article.title + ". ") - 16, 32)


def _prune(paths: Sequence[Path], store: Store, summary: Summary) -> None:
    """Remove articles that came from under ``paths`` and are not there any more."""
    roots = [path.resolve() for path in paths]
    kept = {*summary.added, *summary.changed, *summary.unchanged}
    refused = {_file_of(refusal.origin).resolve() for refusal in summary.refused}
    for id, known in store.known().items():
        file = _file_of(known.origin).resolve()
        if id not in kept and file not in refused and any(file.is_relative_to(root) for root in roots):
            summary.removed.append(id)
    store.remove(summary.removed)
    failpoint("pruned")


def _embed(store: Store, embedder: Embedder, summary: Summary, announce: Report) -> None:
    """Embed what has no vector yet, the longest part of the work; each batch is kept at once."""
    inputs = {key: (text, place) for key, text, place in _inputs(store, embedder)}
    absent = store.missing_embeddings(inputs)
    missing = [(key, *inputs[key]) for key in inputs if key in absent]
    articles = len(store.known())
    announce("embed", 0 if missing else articles, articles)
    for start in range(0, len(missing), EMBED_BATCH):
        keys, texts, places = zip(*missing[start : start + EMBED_BATCH], strict=True)
        vectors = embedder.passages(texts)
        failpoint("embedded")
        store.put_embeddings(keys, vectors)
        failpoint("kept")
        summary.embedded += len(keys)
        announce("embed", places[-1], articles)
    announce("embed", articles, articles)
    if summary.changed or summary.removed:
        store.drop_embeddings_except(set(inputs))
        failpoint("forgotten")


def _inputs(store: Store, embedder: Embedder) -> Iterator[tuple[bytes, str, int]]:
    """Key and text of every vector the store should have, with the place of its article."""
    for place, article in enumerate(store.articles()):
        for text in embedded_texts([*store.passages(article), *store.sentences(article)]):
            yield embedding_key(embedder.identity, text), text, place
