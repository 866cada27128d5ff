"""One generation of the index: a complete, read-only picture of the corpus, made by ``publish.py``.

::

    INDEX/CURRENT                       the name of the generation to read
    INDEX/generations/NAME/manifest.json    what made it, its counts, a hash of each file
                          /articles.db      articles, sentences, passages, which are copies, and the word index
                          /chroma/          passage vectors, for the search
                          /passages.npy     the same, float16, by row
                          /sentences.npy    sentence vectors, float16, by row

A reader needs nothing else: the store may change, or be locked or lost, and answers stay whole.
"""

import json
import shutil
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np

from assistant import lexical
from assistant.errors import IndexUnusable
from assistant.matrix import Matrix
from assistant.store import ARTICLE_COLUMNS, article_from_row
from assistant.types import Article, CorpusFacts, Passage, Sentence

#: Changes when a generation's files or tables do; another one is refused and made again.
FORMAT = 4

CURRENT = "CURRENT"
GENERATIONS = "generations"
MANIFEST = "manifest.json"
CHROMA = "chroma"
CHROMA_DATABASE = "chroma.sqlite3"

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
    origin text not null, groups text not null, partition integer not null
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
create table copies (
    article integer not null, other integer not null, primary key (article, other)
) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Partition:
    """The articles that the same groups may read: the search of a reader never touches any other."""

    #: Without any, everyone may read them.
    groups: frozenset[str]
    articles: int
    passages: int
    sentences: int
    newest: date | None
    #: Articles by language; "" where it is not known.
    languages: Mapping[str, int]


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
    """An open generation, as far as a reader may read it. Every method may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        manifest: dict[str, Any],
        opened: ExitStack,
        collections: Sequence[Any],
        passage_vectors: Matrix,
        sentence_vectors: Matrix,
    ) -> None:
        """``opened`` is closed when the last question lets go of this generation and of what ``seen_by`` made of it."""
        self.folder = folder
        self.manifest = manifest
        self.passage_vectors = passage_vectors
        self.sentence_vectors = sentence_vectors
        self._files = _Files(opened)
        self._all = [_partition(**found) for found in manifest["partitions"]]
        self._collections = collections
        #: Numbers of those that may be read.
        self.partitions: Sequence[int] = range(len(self._all))
        self._local = threading.local()
        self._articles: dict[int, Article] = {}

    def seen_by(self, groups: frozenset[str]) -> "Generation":
        """This generation as members of ``groups`` may see it: as if it held no other articles."""
        view = copy(self)
        view.partitions = [
            number
            for number, partition in enumerate(self._all)
            if not partition.groups or not partition.groups.isdisjoint(groups)
        ]
        return view

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_whole(self) -> bool:
        """Whether its reader may read everything."""
        return len(self.partitions) == len(self._all)

    @property
    def _readable(self) -> list[Partition]:
        return [self._all[number] for number in self.partitions]

    @property
    def readable(self) -> str:
        """The condition of SQL that an article may be read."""
        return f"partition in ({','.join(map(str, self.partitions))})"

    @property
    def languages(self) -> list[str | None]:
        """ISO 639-1 codes, and None where an article's is not known; the most frequent first."""
        counts: Counter[str] = Counter()
        for partition in self._readable:
            counts.update(partition.languages)
        return [code or None for code in sorted(counts, key=lambda code: (-counts[code], code))]

    @property
    def passages(self) -> int:
        return sum(partition.passages for partition in self._readable)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection to ``articles.db``."""
        if not hasattr(self._local, "connection"):
            self._local.connection = connect(self.folder / "articles.db")
        connection: sqlite3.Connection = self._local.connection
        return connection

    def nearest_passages(self, vector: np.ndarray, k: int) -> list[int]:
        """Rows of the ``k`` passages whose vectors are nearest to ``vector``, of shape (dimension,)."""
        from chromadb.errors import ChromaError

        found: list[tuple[float, int]] = []
        for partition in self.partitions:
            try:
                nearest = self._collections[partition].query(
                    query_embeddings=[vector], n_results=k, include=["distances"]
                )
            except ChromaError as error:
                raise IndexUnusable(f"{self.folder / CHROMA} cannot be searched: {error}. {MEND}") from error
            found += zip(nearest["distances"][0], map(int, nearest["ids"][0]), strict=True)
        # Chroma's own order where there is one partition: of copies, any may come first.
        found.sort(key=itemgetter(0))
        return [row for _, row in found[:k]]

    def worded_passages(self, terms: Iterable[str], k: int) -> list[tuple[int, float]]:
        """The ``k`` best passage rows with any of ``terms``, as (row, BM25 score), best first."""
        return lexical.search(self.connection, self.partitions, terms, k)

    def weights(self, terms: Iterable[str]) -> dict[str, float]:
        """How much each term tells among the passages."""
        return lexical.weights(self.connection, self.partitions, terms, self.passages)

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

    def _by_row(self, table: str, rows: Iterable[int], columns: str = "*") -> list[tuple[Any, ...]]:
        numbers = ",".join(str(int(row)) for row in rows)
        query = f"select {columns} from {table} where row in ({numbers}) order by row"
        return self.connection.execute(query).fetchall()

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
        query = f"select {ARTICLE_COLUMNS} from articles where id = ? and {self.readable}"
        row = self.connection.execute(query, (article_id,)).fetchone()
        return article_from_row(row) if row else None

    def sentences(self, article: Article) -> list[Sentence]:
        """Every sentence of one of this generation's articles."""
        found = self.connection.execute(
            "select s.start, s.end, s.number, s.paragraph from sentences s join articles a on a.row = s.article"
            f" where a.id = ? and a.{self.readable} order by s.number",
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
            f"select {ARTICLE_COLUMNS} from articles where ({by_date}, id) {side} (?, ?) and {self.readable}"
            f" order by {by_date} {order}, id {order} limit 1",
            place,
        )
        row = found.fetchone()
        return article_from_row(row) if row else None

    def articles_at(self, rows: Iterable[int]) -> dict[int, Article]:
        """Articles by row."""
        found = self._by_row("articles", rows, f"row, {ARTICLE_COLUMNS}")
        return {row: article_from_row(columns) for row, *columns in found}

    def copies(self, article_rows: Iterable[int]) -> dict[int, list[int]]:
        """Of these articles, those that have copies: the rows of all of them, itself too, the oldest first."""
        numbers = ",".join(str(row) for row in article_rows)
        found = self.connection.execute(
            "with recursive linked (article, copy) as ("
            f" select article, other from copies join articles on row = other"
            f" where article in ({numbers}) and {self.readable}"
            " union select linked.article, other from linked join copies on copies.article = copy"
            f" join articles on row = other where {self.readable}"
            f") select linked.article, row from linked join articles on row = copy"
            f" order by coalesce(published, '{UNDATED}'), id"
        )
        groups: dict[int, list[int]] = {}
        for row, copy_row in found:
            groups.setdefault(row, []).append(copy_row)
        return groups

    def first_sentences(self, article_rows: Iterable[int]) -> list[SentenceRow]:
        """The first sentence of each article that has one."""
        numbers = ",".join(str(row) for row in article_rows)
        found = self.connection.execute(f"select * from sentences where article in ({numbers}) and number = 1")
        return [_sentence_row(*columns) for columns in found]

    def sources(self, count: int) -> list[str]:
        """The ``count`` sources that most articles are from, the most frequent first."""
        found = self.connection.execute(
            f"select source from articles where source <> '' and {self.readable}"
            " group by source order by count(*) desc, source limit ?",
            (count,),
        )
        return [source for (source,) in found]

    def articles(self) -> Iterator[Article]:
        """Every article, in order of row."""
        for row in self.connection.execute(
            f"select {ARTICLE_COLUMNS} from articles where {self.readable} order by row"
        ):
            yield article_from_row(row)

    def passages_of(self, article_row: int) -> list[PassageRow]:
        """The passages of an article in order."""
        found = self.connection.execute("select * from passages where article = ? order by row", (article_row,))
        return [PassageRow(*columns) for columns in found]

    def rows_of(self, article_ids: Iterable[str]) -> set[int]:
        """Rows of every passage of these articles; unknown ids have none."""
        ids = list(article_ids)
        found = self.connection.execute(
            "select p.row from passages p join articles a on a.row = p.article"
            f" where a.id in ({','.join('?' * len(ids))}) and a.{self.readable}",
            ids,
        )
        return {row for (row,) in found}

    def passage(self, found: PassageRow) -> Passage:
        return Passage(self.article_at(found.article), found.start, found.end)

    def sentence(self, found: SentenceRow) -> Sentence:
        return Sentence(self.article_at(found.article), found.start, found.end, found.number, found.paragraph)

    def facts(self) -> CorpusFacts:
        return CorpusFacts(
            articles=sum(partition.articles for partition in self._readable),
            passages=self.passages,
            sentences=sum(partition.sentences for partition in self._readable),
            newest=max((partition.newest for partition in self._readable if partition.newest), default=None),
            languages=tuple(language for language in self.languages if language),
            generation=self.name,
        )


class _Files:
    """Closes what a generation has open when neither it nor a view of it is used any more."""

    def __init__(self, opened: ExitStack) -> None:
        weakref.finalize(self, opened.close)


def _partition(groups: list[str], newest: str | None, **counts: Any) -> Partition:
    return Partition(frozenset(groups), newest=date.fromisoformat(newest) if newest else None, **counts)


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
    if name is None and not generations(index):
        raise IndexUnusable(f"there is no index in {index} yet. Run `assistant ingest` first.")
    if name is None or name != Path(name).name:
        raise IndexUnusable(f"{index / CURRENT} names no generation. {MEND}")
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
            f"{folder} was made with the embedding model {manifest['embedder']}, the settings name"
            f" {embedder_identity}. Set ASSISTANT_EMBEDDING back, or run `assistant ingest` to embed again."
        )
    with ExitStack() as failed:
        failed.enter_context(_hold(folder))
        _check_sizes(folder, manifest)
        passage_vectors, sentence_vectors = Matrix(folder / "passages.npy"), Matrix(folder / "sentences.npy")
        collections = failed.enter_context(opened_collections(folder / CHROMA, len(manifest["partitions"])))
        return Generation(folder, manifest, failed.pop_all(), collections, passage_vectors, sentence_vectors)


@contextmanager
def opened_collections(folder: Path, count: int) -> Iterator[list[Any]]:
    """The collections of passage vectors, one a partition.

    Chroma is imported here and in ``fill.py`` only.

    :raises IndexUnusable: If Chroma cannot open what is there.
    """
    import chromadb
    from chromadb.config import Settings
    from chromadb.errors import ChromaError

    with ExitStack() as opened:
        own = opened.enter_context(_own_copy(folder))
        try:
            client: Any = chromadb.PersistentClient(own, settings=Settings(anonymized_telemetry=False))
            opened.callback(client.close)
            collections = [client.get_collection(collection_name(n), embedding_function=None) for n in range(count)]
        except (ChromaError, ValueError) as error:
            raise IndexUnusable(f"{folder} cannot be opened: {error}. {MEND}") from error
        yield collections


def collection_name(partition: int) -> str:
    return f"passages-{partition}"


def _own_copy(folder: Path) -> TemporaryDirectory[str]:
    """Chroma's folder with a database of its own and the vector files of the generation.

    Chroma writes a row to its database whenever it opens it: that would change a file that the manifest vouches for,
    fail where the disk is full or read-only, and wait for whoever holds the database locked.

    :raises IndexUnusable: If there is no room for the copy.
    """
    try:
        own = TemporaryDirectory(prefix="sourcier-")
        shutil.copyfile(folder / CHROMA_DATABASE, Path(own.name, CHROMA_DATABASE))
        for path in folder.iterdir():
            if path.is_dir():
                Path(own.name, path.name).symlink_to(path.absolute(), target_is_directory=True)
    except OSError as error:
        raise IndexUnusable(f"{folder} cannot be opened: {error}. Free space, or name a folder with TMPDIR.") from error
    return own


def generations(index: Path) -> list[Path]:
    """The folders of every whole generation, the newest first."""
    found = [path for path in (index / GENERATIONS).glob("*") if path.suffix != BUILDING and path.is_dir()]
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _hold(folder: Path) -> IO[bytes]:
    """Keep a generation on the disk: its manifest, locked by each of its readers."""
    try:
        file = open(folder / MANIFEST, "rb", buffering=0)  # noqa: SIM115 - it stays open
        flock(file, LOCK_SH | LOCK_NB)
    except OSError as error:
        raise IndexUnusable(f"{folder} is being removed ({error.strerror}). Ask again.") from error
    return file


def remove_unless_held(folder: Path) -> None:
    """Remove a generation, unless a process has it open."""
    try:
        manifest = open(folder / MANIFEST, "rb")  # noqa: SIM115 - closed below
    except OSError:  # without a manifest nobody can open it
        shutil.rmtree(folder, ignore_errors=True)
        return
    with manifest:
        try:
            flock(manifest, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(folder, ignore_errors=True)


def _check_sizes(folder: Path, manifest: dict[str, Any]) -> None:
    """Sizes at each opening; the hashes, which cost more, before a generation is published or swapped in."""
    for name, (size, _) in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise IndexUnusable(f"{path} is missing or torn. {MEND}")


def row_ids(rows: Sequence[int]) -> list[str]:
    """Chroma's ids are strings."""
    return [str(row) for row in rows]
