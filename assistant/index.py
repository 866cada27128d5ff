"""One generation of the index: a complete, read-only picture of the corpus, made by ``publish.py``.

::

    INDEX/CURRENT                       the name of the generation to read
    INDEX/generations/NAME/manifest.json    what made it, its counts, a hash of each file
                          /articles.db      articles, sentences, passages and the word index
                          /chroma/          passage vectors, for the search
                          /passages.npy     the same, float16, by row
                          /sentences.npy    sentence vectors, float16, by row

A reader needs nothing else: the store may change, or be locked or lost, and answers stay whole.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np

from assistant.errors import IndexUnusable
from assistant.matrix import Matrix
from assistant.store import ARTICLE_COLUMNS, article_from_row
from assistant.types import Article, CorpusFacts, Passage, Sentence

#: Changes when a generation's files or tables do; another one is refused and made again.
FORMAT = 2

CURRENT = "CURRENT"
GENERATIONS = "generations"
MANIFEST = "manifest.json"
CHROMA = "chroma"
COLLECTION = "passages"

#: Of the folder of a generation that is not whole yet.
BUILDING = ".building"

#: The way out of every damage.
MEND = "Run `assistant ingest`, or `assistant check --repair`, to build the index again."

#: Articles kept in memory between questions.
ARTICLES_KEPT = 1000

#: Stands behind every date.
UNDATED = "~"

SCHEMA = """
create table articles (
    row integer primary key, id text not null unique, text text not null, title text not null,
    source text not null, url text not null, author text not null, published text, language text,
    origin text not null
);
create table passages (
    row integer primary key, article integer not null, start integer not null, end integer not null,
    first_sentence integer not null, last_sentence integer not null
);
create table sentences (
    row integer primary key, article integer not null, start integer not null, end integer not null,
    number integer not null, paragraph integer not null, terms text not null
);
create index sentences_by_article on sentences (article, number);
"""


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage by its row, with the rows of its article and sentences (first to last, inclusive)."""

    row: int
    article: int
    start: int
    end: int
    first_sentence: int
    last_sentence: int


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence by its row, with its analysed words."""

    row: int
    article: int
    start: int
    end: int
    number: int
    paragraph: int
    terms: frozenset[str]


class Generation:
    """An open generation. Every method may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        manifest: dict[str, Any],
        collection: Any,
        passage_vectors: Matrix,
        sentence_vectors: Matrix,
        hold: IO[bytes],
    ) -> None:
        """``hold`` keeps the folder from being removed until the last question lets go of this generation."""
        self.folder = folder
        self.manifest = manifest
        self.passage_vectors = passage_vectors
        self.sentence_vectors = sentence_vectors
        self._collection = collection
        self._hold = hold
        self._local = threading.local()
        self._articles: dict[int, Article] = {}

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection to ``articles.db``."""
        if not hasattr(self._local, "connection"):
            self._local.connection = connect(self.folder / "articles.db")
        connection: sqlite3.Connection = self._local.connection
        return connection

    def nearest_passages(self, vector: np.ndarray, k: int) -> list[int]:
        """Rows of the ``k`` passages whose vectors are nearest to ``vector``, of shape (dimension,)."""
        if not len(self.passage_vectors):
            return []
        from chromadb.errors import ChromaError

        try:
            found = self._collection.query(query_embeddings=[vector], n_results=k, include=[])
        except ChromaError as error:
            raise IndexUnusable(f"{self.folder / CHROMA} cannot be searched: {error}. {MEND}") from error
        return [int(id) for id in found["ids"][0]]

    def load(self) -> None:
        """Have Chroma read its files now, and not at the first question."""
        if len(self.passage_vectors):
            self.nearest_passages(self.passage_vectors[[0]][0].astype(np.float32), 1)

    def passage_rows(self, rows: Iterable[int]) -> list[PassageRow]:
        """Passages by row, in order of row."""
        return [PassageRow(*found) for found in self._by_row("passages", rows)]

    def sentence_rows(self, passages: Iterable[PassageRow]) -> list[SentenceRow]:
        """The sentences of ``passages``, in order of row."""
        rows = sorted({row for passage in passages for row in range(passage.first_sentence, passage.last_sentence + 1)})
        return [_sentence_row(*found) for found in self._by_row("sentences", rows)]

    def _by_row(self, table: str, rows: Iterable[int]) -> list[tuple[Any, ...]]:
        numbers = ",".join(str(int(row)) for row in rows)
        return self.connection.execute(f"select * from {table} where row in ({numbers}) order by row").fetchall()

    def article_at(self, row: int) -> Article:
        """The article of a row; kept, since the next question is often about the same ones."""
        article = self._articles.get(row)
        if article is None:
            found = self.connection.execute(f"select {ARTICLE_COLUMNS} from articles where row = ?", (row,))
            article = article_from_row(found.fetchone())
            if len(self._articles) >= ARTICLES_KEPT:
                self._articles.clear()
            self._articles[row] = article
        return article

    def article(self, article_id: str) -> Article | None:
        found = self.connection.execute(f"select {ARTICLE_COLUMNS} from articles where id = ?", (article_id,))
        row = found.fetchone()
        return article_from_row(row) if row else None

    def sentences(self, article: Article) -> list[Sentence]:
        """Every sentence of one of this generation's articles."""
        found = self.connection.execute(
            "select s.start, s.end, s.number, s.paragraph from sentences s join articles a on a.row = s.article"
            " where a.id = ? order by s.number",
            (article.id,),
        )
        return [Sentence(article, *row) for row in found]

    def neighbours(self, article: Article) -> tuple[Article | None, Article | None]:
        """The articles before and after this one, by date and then by id; those without a date come last."""
        place = (article.published.isoformat() if article.published else UNDATED, article.id)
        return self._next_to(place, "<", "desc"), self._next_to(place, ">", "asc")

    def _next_to(self, place: tuple[str, str], side: str, order: str) -> Article | None:
        by_date = f"coalesce(published, '{UNDATED}')"
        found = self.connection.execute(
            f"select {ARTICLE_COLUMNS} from articles where ({by_date}, id) {side} (?, ?)"
            f" order by {by_date} {order}, id {order} limit 1",
            place,
        )
        row = found.fetchone()
        return article_from_row(row) if row else None

    def articles_at(self, rows: Iterable[int]) -> dict[int, Article]:
        """Articles by row."""
        return {row: article_from_row(columns) for row, *columns in self._by_row("articles", rows)}

    def first_sentences(self, article_rows: Iterable[int]) -> list[SentenceRow]:
        """The first sentence of each article that has one."""
        numbers = ",".join(str(row) for row in article_rows)
        found = self.connection.execute(f"select * from sentences where article in ({numbers}) and number = 1")
        return [_sentence_row(*columns) for columns in found]

    def sources(self, count: int) -> list[str]:
        """The ``count`` sources that most articles are from, the most frequent first."""
        found = self.connection.execute(
            "select source from articles where source <> '' group by source order by count(*) desc, source limit ?",
            (count,),
        )
        return [source for (source,) in found]

    def articles(self) -> Iterator[Article]:
        """Every article, in order of row."""
        for row in self.connection.execute(f"select {ARTICLE_COLUMNS} from articles order by row"):
            yield article_from_row(row)

    def rows_of(self, article_ids: Iterable[str]) -> set[int]:
        """Rows of every passage of these articles; unknown ids have none."""
        ids = list(article_ids)
        found = self.connection.execute(
            "select p.row from passages p join articles a on a.row = p.article"
            f" where a.id in ({','.join('?' * len(ids))})",
            ids,
        )
        return {row for (row,) in found}

    def passage(self, found: PassageRow) -> Passage:
        return Passage(self.article_at(found.article), found.start, found.end)

    def sentence(self, found: SentenceRow) -> Sentence:
        return Sentence(self.article_at(found.article), found.start, found.end, found.number, found.paragraph)

    def facts(self) -> CorpusFacts:
        newest = self.manifest["newest"]
        return CorpusFacts(
            articles=self.manifest["articles"],
            passages=self.manifest["passages"],
            sentences=self.manifest["sentences"],
            newest=date.fromisoformat(newest) if newest else None,
            languages=tuple(language for language in self.manifest["languages"] if language),
            generation=self.name,
        )


def _sentence_row(row: int, article: int, start: int, end: int, number: int, paragraph: int, terms: str) -> SentenceRow:
    return SentenceRow(row, article, start, end, number, paragraph, frozenset(terms.split()))


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a finished database that nobody writes any more."""
    return sqlite3.connect(f"file:{_uri(path)}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def _uri(path: Path) -> str:
    return path.absolute().as_uri().removeprefix("file://")


def current_name(index: Path) -> str | None:
    """The name of the generation that readers should open, or None where there is none yet."""
    try:
        name = (index / CURRENT).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnusable(f"{index / CURRENT}: {error}. {MEND}") from error
    return name or None


def read_manifest(folder: Path) -> dict[str, Any]:
    """
    :raises IndexUnusable: If it is missing, damaged, of another format or of another version of Chroma.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found, chroma = manifest["format"], manifest["chroma"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"{folder / MANIFEST} cannot be read ({error}). {MEND}") from error
    if found != FORMAT:
        raise IndexUnusable(f"{folder}: index format {found}, this program reads {FORMAT}. Run `assistant ingest`.")
    if chroma != version("chromadb"):
        raise IndexUnusable(f"{folder}: made with chromadb {chroma}, installed is {version('chromadb')}. {MEND}")
    return dict(manifest)


def wanted_name(index: Path) -> str:
    """The name of the generation that readers should open.

    :raises IndexUnusable: If nothing names one.
    """
    name = current_name(index)
    if name != (name and Path(name).name) or (name is None and generations(index)):
        raise IndexUnusable(f"{index / CURRENT} names no generation. {MEND}")
    if name is None:
        raise IndexUnusable(f"there is no index in {index} yet. Run `assistant ingest` first.")
    return name


def open_generation(index: Path, embedder_identity: str, name: str | None = None) -> Generation:
    """The generation that ``CURRENT`` names, or the one named.

    :raises IndexUnusable: If there is none, it is damaged, or it was made with another embedding model.
    """
    name = name or wanted_name(index)
    folder = index / GENERATIONS / Path(name).name
    manifest = read_manifest(folder)
    if manifest["embedder"] != embedder_identity:
        raise IndexUnusable(
            f"{index} was made with the embedding model {manifest['embedder']}, the settings name"
            f" {embedder_identity}. Set ASSISTANT_EMBEDDING back, or run `assistant ingest` to embed again."
        )
    hold = _hold(folder)
    _check_sizes(folder, manifest)
    client, collection = open_collection(folder / CHROMA)
    generation = Generation(
        folder, manifest, collection, Matrix(folder / "passages.npy"), Matrix(folder / "sentences.npy"), hold
    )
    weakref.finalize(generation, client.close)
    return generation


def open_collection(folder: Path) -> tuple[Any, Any]:
    """A Chroma client, to be closed, and its collection of passage vectors.

    Chroma is imported here and in ``publish.py`` only.

    :raises IndexUnusable: If Chroma cannot open what is there.
    """
    import chromadb
    from chromadb.config import Settings
    from chromadb.errors import ChromaError

    try:
        client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        return client, client.get_collection(COLLECTION, embedding_function=None)
    except (ChromaError, ValueError) as error:
        raise IndexUnusable(f"{folder} cannot be opened: {error}. {MEND}") from error


def generations(index: Path) -> list[Path]:
    """The folders of every whole generation, the newest first."""
    found = [path for path in (index / GENERATIONS).glob("*") if path.suffix != BUILDING and path.is_dir()]
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _hold(folder: Path) -> IO[bytes]:
    """Keep a generation on the disk: its manifest, locked by each of its readers."""
    file = open(folder / MANIFEST, "rb", buffering=0)  # noqa: SIM115 - it stays open
    try:
        flock(file, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        file.close()
        raise IndexUnusable(f"{folder} is being removed. Ask again.") from None
    return file


def is_held(folder: Path) -> bool:
    """Whether a process has this generation open."""
    try:
        with open(folder / MANIFEST, "rb") as file:
            flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # without a manifest nobody can open it
        return False
    return False


def _check_sizes(folder: Path, manifest: dict[str, Any]) -> None:
    """Sizes at each opening; the hashes, which cost more, before a generation is published or swapped in."""
    for name, (size, _) in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise IndexUnusable(f"{path} is missing or torn. {MEND}")


def row_ids(rows: Sequence[int]) -> list[str]:
    """Chroma's ids are strings."""
    return [str(row) for row in rows]
