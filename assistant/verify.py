"""Check a generation: ``python -m assistant.verify FOLDER``, in a process that may die of it.

Hashes of its files, counts, that sampled passages find themselves, and that the search agrees with exact search.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import IndexUnusable
from assistant.index import CHROMA, MEND, connect, opened_collections, read_manifest

#: Sampled passages, or all of them if there are fewer.
SAMPLE = 200
NEIGHBOURS = 10

#: Least share of exact search's neighbours that the approximate search must find.
RECALL = 0.95

#: Least share of passages that must find themselves. Where dozens have the same vector, as the articles of one template
#: do, the graph of the search leaves some unlinked; their words still find them.
SELF = 0.98


def verify(folder: Path) -> None:
    """
    :raises IndexUnusable: If anything in ``folder`` is not as its manifest says.
    """
    manifest = read_manifest(folder)
    _check_hashes(folder, manifest)
    _check_counts(folder, manifest)
    vectors = np.load(folder / "passages.npy").astype(np.float32)
    if vectors.shape[1] != manifest["dimension"]:
        raise IndexUnusable(f"{vectors.shape[1]} dimensions where {manifest['dimension']} were written. {MEND}")
    with opened_collections(folder / CHROMA, len(manifest["partitions"])) as collections:
        for rows, collection in zip(_rows(folder, len(collections)), collections, strict=True):
            _check_search(collection, vectors[rows])


def _check_hashes(folder: Path, manifest: dict[str, Any]) -> None:
    for name, (_, expected) in manifest["files"].items():
        try:
            with open(folder / name, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise IndexUnusable(f"{name}: {error.strerror}. {MEND}") from error
        if found != expected:
            raise IndexUnusable(f"{name} is not the file that was written. {MEND}")


def _check_counts(folder: Path, manifest: dict[str, Any]) -> None:
    connection = connect(folder / "articles.db")
    for table in ("articles", "passages", "sentences"):
        found = connection.execute(f"select count(*) from {table}").fetchone()[0]
        if found != manifest[table]:
            raise IndexUnusable(f"{found} {table} where {manifest[table]} were written. {MEND}")


def _rows(folder: Path, partitions: int) -> Iterator[list[int]]:
    """The rows of each partition's passages."""
    connection = connect(folder / "articles.db")
    for number in range(partitions):
        found = connection.execute(
            "select p.row from passages p join articles a on a.row = p.article where a.partition = ? order by p.row",
            (number,),
        )
        yield [row for (row,) in found]


def _check_search(collection: Any, vectors: np.ndarray) -> None:
    """Whether a partition is searched well; ``vectors`` has those of its passages."""
    if collection.count() != len(vectors):
        raise IndexUnusable(f"{collection.count()} passages in the search where {len(vectors)} were written. {MEND}")
    if not len(vectors):
        return
    sample = np.unique(np.linspace(0, len(vectors) - 1, min(SAMPLE, len(vectors)), dtype=int))
    k = min(NEIGHBOURS, len(vectors))
    found = collection.query(query_embeddings=list(vectors[sample]), n_results=k, include=["distances"])
    exact = -np.sort(-(vectors[sample] @ vectors.T), axis=1)[:, :k]
    similarity = 1 - np.array(found["distances"], np.float32)
    # By similarity and not by row, so that copies of one text do not count as misses.
    recall = (similarity >= exact[:, -1:] - 2e-3).mean()
    if recall < RECALL:
        raise IndexUnusable(f"the search finds {recall:.1%} of the nearest passages. {MEND}")
    found_themselves = (similarity[:, 0] >= 1 - 2e-3).mean()
    if found_themselves < SELF:
        raise IndexUnusable(f"{found_themselves:.1%} of the passages find themselves. {MEND}")


if __name__ == "__main__":
    try:
        verify(Path(sys.argv[1]))
    except IndexUnusable as error:
        sys.exit(str(error))
