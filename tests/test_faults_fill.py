"""The process that fills the search hangs, dies or refuses: one clear line, nothing published, nothing left running."""

import re
import subprocess
import sys
import time

import pytest
from hash_embedder import HashEmbedder

from assistant import publish
from assistant.errors import StoreError
from assistant.index import current_name, open_generation
from assistant.ingest import ingest

FILLERS = {
    "it never begins": (
        "import time; time.sleep(600)",
        r"nothing was written for 1 s\. Free memory, then ingest again",
    ),
    "it is stopped": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", r"nothing was written for 1 s\."),
    "the allocator ends it": ("import os; os.abort()", r"was ended by SIGABRT\. Free memory, then ingest again"),
    "the kernel ends it": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", r"was ended by SIGKILL\."),
    "it cannot be loaded": ("raise ImportError('libx.so: cannot be mapped')", r"libx\.so: cannot be mapped\. Free"),
    "it leaves": ("", r"ended with exit code 0\. Free memory"),
    "it refuses": (
        "from multiprocessing.connection import Connection\nConnection(0).send_bytes(b'no room')",
        r"cannot be written: no room\. Free space or memory, then ingest again",
    ),
}


@pytest.fixture
def corpus(tmp_path, quickly):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("Le viaduc de Millau a été inauguré en 2004.", encoding="utf-8")
    ingest([tmp_path / "corpus"], tmp_path / "index", HashEmbedder())
    (tmp_path / "corpus" / "b.txt").write_text("Il enjambe le Tarn. Il est haut.", encoding="utf-8")
    return tmp_path / "corpus"


@pytest.mark.parametrize("code,told", FILLERS.values(), ids=FILLERS)
def test_it_is_told_in_a_line_and_nothing_is_lost(corpus, tmp_path, monkeypatch, code, told):
    index, embedder, started = tmp_path / "index", HashEmbedder(), []

    def start(folder, channel):
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen([sys.executable, "-c", code], stdin=channel.fileno(), **pipes))
        return started[0]

    before = current_name(index)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "start_filler", start)
        patch.setattr(publish, "PATIENCE", 1)
        with pytest.raises(StoreError, match=told) as raised:
            ingest([corpus], index, embedder)
    assert "\n" not in str(raised.value)
    assert started[0].poll() is not None
    assert current_name(index) == before
    assert not list(index.rglob("*.building"))
    embedded = len(embedder.embedded)
    assert ingest([corpus], index, embedder).published
    assert len(embedder.embedded) == embedded
    assert open_generation(index, embedder.identity).facts().articles == 2


def test_the_time_that_it_is_given_grows_with_the_passages(corpus, tmp_path, monkeypatch):
    given = []

    class Filler(publish._Filler):
        def __init__(self, folder, patience):
            given.append(patience)
            super().__init__(folder, patience)

    monkeypatch.setattr(publish, "_Filler", Filler)
    ingest([corpus], tmp_path / "index", HashEmbedder())
    assert given == [publish.PATIENCE + 2 * publish.PATIENCE_EACH]


def test_it_ends_with_the_ingest_that_it_works_for(tmp_path):
    """Killed, an ingest cannot end it: it notices that nobody tells it anything any more."""
    (tmp_path / "chroma").mkdir()
    telling = f"""
import sys, os, signal
from multiprocessing import Pipe
from pathlib import Path
from assistant.publish import start_filler
ours, theirs = Pipe()
print(start_filler(Path({str(tmp_path / "chroma")!r}), theirs).pid, flush=True)
theirs.close()
ours.send_bytes(b"0 5")
ours.recv_bytes()
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", telling], capture_output=True, text=True, check=False)
    assert ran.returncode == -9, ran.stderr
    deadline = time.monotonic() + 60
    while is_running(int(ran.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process: int) -> bool:
    """Whoever is not this process's child may be left as a zombie by the one that takes it over."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            return re.search(r"\) (\w)", file.read())[1] != "Z"
    except FileNotFoundError:
        return False
