"""Ingests that may be killed, each in a process forked from this one, which imports the slow libraries once.

Reads one JSON object a line: what to ingest, and how it is to end; answers each with two lines: the error it was
told, and its exit code.
"""

import json
import os
import resource
import signal
import sys
import time
import traceback
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import chromadb.api.rust  # noqa: F401 - imported here, so that no fork has to
import datasketch  # noqa: F401 - the same
from hash_embedder import HashEmbedder

from assistant import failpoints, ingest, publish
from assistant.errors import AssistantError, IndexUnusable
from assistant.fill import fill
from assistant.formats.metadata import language_code
from assistant.languages import detect_language
from assistant.store import Store
from assistant.vectors import embedding_key
from assistant.verify import verify

#: Small, so that there are several.
EMBED_BATCH = 8
BATCH = 4

#: Seconds after which the writing of the search is taken to hang, and an ingest: the slowest takes two.
PATIENCE = 5
LONGEST = 60


def main() -> None:
    detect_language("Ce que chaque ingestion chargerait de nouveau.")
    language_code("français")
    for line in sys.stdin:
        order = json.loads(line)
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            try:
                os._exit(run(order, tell))
            finally:
                traceback.print_exc()
                os._exit(99)
        os.close(tell)
        if "kill_after" in order:
            time.sleep(order["kill_after"])
            os.kill(child, signal.SIGKILL)  # without effect if it has ended; nobody else has its number until then
        status = waited(child)
        with open(told, encoding="utf-8") as file:
            print(json.dumps(file.read()))
        print(os.waitstatus_to_exitcode(status), flush=True)


def waited(child: int) -> int:
    """How it ended; one that hangs is killed."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def run(order: dict, tell: int) -> int:
    """Ingest with a log of what was acknowledged; returns the exit code of the command."""
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    watch(lambda *noted: os.write(log, (json.dumps(noted) + "\n").encode()))
    publish.check_in_child, publish.start_filler = check_in_fork, partial(ForkedFiller, tell)
    publish.PATIENCE = PATIENCE
    publish.BATCH, ingest.EMBED_BATCH = BATCH, EMBED_BATCH
    os.environ[failpoints.VARIABLE] = order.get("failpoint", "")
    for name, limit in order.get("limits", {}).items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    try:
        ingest.ingest([Path(order["corpus"])], Path(order["index"]), HashEmbedder(), prune=True)
    except AssistantError as error:
        os.write(tell, str(error).encode())
        return error.exit_code
    except MemoryError:
        return 1
    return 0


def watch(note) -> None:
    """Note each article and vector once the store has said that it is safe, and each text before it is embedded."""
    put, put_embeddings, passages = Store.put, Store.put_embeddings, HashEmbedder.passages

    def noted_put(store, article, *rest):
        put(store, article, *rest)
        note("stored", article.id, article.content_hash)

    def noted_put_embeddings(store, keys, vectors):
        put_embeddings(store, keys, vectors)
        for key in keys:
            note("kept", key.hex())

    def noted_passages(embedder, texts, progress=None):
        for text in texts:
            note("embedding", embedding_key(embedder.identity, text).hex())
        return passages(embedder, texts)

    Store.put, Store.put_embeddings, HashEmbedder.passages = noted_put, noted_put_embeddings, noted_passages


def check_in_fork(folder: Path) -> None:
    """As ``publish.check_in_child``, without a new interpreter."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            verify(folder)
        except IndexUnusable as error:
            os.write(tell, str(error).encode())
            os._exit(1)
        os._exit(0)
    os.close(tell)
    with open(told, encoding="utf-8") as file:
        reason = file.read()
    if os.waitpid(child, 0)[1]:
        raise IndexUnusable(f"{folder} failed its check: {reason}")


class ForkedFiller:
    """As ``publish.start_filler``, without a new interpreter, and what is used of a ``subprocess.Popen``."""

    def __init__(self, tell: int, folder: Path, channel: Connection) -> None:
        self.returncode = None
        self._process = os.fork()
        if not self._process:
            # Only its own end, or it would never see the other one close; and the one that is waited for.
            kept = {0, 1, 2, tell, channel.fileno()}
            for number in range(3, max(kept) + 64):
                if number not in kept:
                    os.closerange(number, number + 1)
            try:
                fill(folder, channel)
                os._exit(0)
            except (EOFError, BrokenPipeError, MemoryError):
                os._exit(1)
            finally:
                traceback.print_exc()
                os._exit(99)

    def kill(self) -> None:
        if self.returncode is None:
            os.kill(self._process, signal.SIGKILL)

    def communicate(self) -> tuple[None, str]:
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
        return None, ""


if __name__ == "__main__":
    main()
