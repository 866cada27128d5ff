"""Fill the search of a new generation: ``python -m assistant.fill FOLDER``, in a process that may hang or die of it.

Without memory, Chroma's threads wait for each other for good and keep the interpreter's lock meanwhile, so that only
another process can notice. On its standard input, a socket, this one is told what to write::

    -> number and count of a partition, or nothing at the end    <- nothing, or why it was not done
    -> row numbers -> their vectors                              <- nothing, or why it was not done
"""

import os
import sqlite3
import sys
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError

from assistant.index import CHROMA_DATABASE, collection_name, row_ids


def fill(folder: Path, channel: "Connection[Any, Any]") -> None:
    """Make the collections in ``folder`` that ``channel`` tells of.

    :raises EOFError: If whoever tells is gone.
    """
    try:
        client: Any = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        while head := channel.recv_bytes():
            number, count = map(int, head.split())
            _add_collection(client, number, count, channel)
        client.close()
        # Chroma cleared its log; the pages that the vectors took there are fifteen times the rest.
        with closing(sqlite3.connect(folder / CHROMA_DATABASE)) as database:
            database.execute("vacuum")
        channel.send_bytes(b"")
    except (ChromaError, sqlite3.DatabaseError, OSError) as error:
        channel.send_bytes(str(error).encode())


def _add_collection(client: Any, number: int, count: int, channel: "Connection[Any, Any]") -> None:
    collection = client.create_collection(
        collection_name(number),
        embedding_function=None,
        configuration={
            "hnsw": {
                "space": "cosine",
                "ef_search": 200,
                # Twice the usual: with 16, up to a tenth of the articles of one template stay unlinked.
                "max_neighbors": 32,
                # One write of the vector files, at the end: before that, Chroma's log alone holds the vectors.
                "sync_threshold": max(2, count),
            }
        },
    )
    channel.send_bytes(b"")
    done = 0
    while done < count:
        rows = np.frombuffer(channel.recv_bytes(), "<i8").tolist()
        vectors = np.frombuffer(channel.recv_bytes(), "<f4").reshape(len(rows), -1)
        collection.add(ids=row_ids(rows), embeddings=vectors)
        if count == 1:
            # The threshold is two at least, and what is not written now is written by the first to read it.
            collection.upsert(ids=row_ids(rows), embeddings=vectors)
        done += len(rows)
        channel.send_bytes(b"")


if __name__ == "__main__":
    try:
        fill(Path(sys.argv[1]), Connection(os.dup(sys.stdin.fileno())))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        sys.exit(1)
