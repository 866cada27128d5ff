"""No space and no memory: a clear error, nothing damaged, and the next run goes on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workshop import contents, converge, look, opened_workshop

from assistant.ingest import ingest

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés ?"

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    with opened_workshop(tmp_path_factory.mktemp("space")) as opened:
        yield opened


@pytest.fixture(scope="module")
def expected(workshop):
    return contents(workshop.after)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("size", [1, 100, 1000, 4096, 8192, 20_000, 40_000, 60_000, 80_000, 120_000])
def test_files_that_may_not_grow_are_told_and_nothing_is_lost(workshop, expected, first, size):
    workshop.begin(first)
    code = workshop.ingest(limits={"RLIMIT_FSIZE": size}, log="/dev/null")
    told = workshop.told
    look(workshop, first)
    converge(workshop, expected, deaths=0)
    assert (code, "space" in told) == (1, True), told


@pytest.mark.parametrize("more", [0, 1, 2, 4, 8, 16, 32, 64, 128, 256])
def test_without_memory_nothing_is_lost(workshop, expected, more):
    workshop.begin(first=False)
    code = workshop.ingest(limits={"RLIMIT_AS": workshop.memory() + more * MIB})
    # Chroma hangs or dies of it in a process of its own.
    assert code in (0, 1), (code, workshop.told)
    look(workshop, first=False)
    converge(workshop, expected, deaths=1)


@pytest.fixture(scope="module")
def small_index(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("small")
    text = "Interpol a identifié 14\u2009000 combattants étrangers. Les plus nombreux sont les Tunisiens."
    (folder / "interpol.txt").write_text(text, encoding="utf-8")
    ingest([folder / "interpol.txt"], folder / "index", embedder)
    return folder / "index"


@pytest.mark.parametrize("left", [0, 200, 1000])
def test_on_a_full_disk_questions_are_answered_and_the_next_ingest_goes_on(small_index, tmp_path, left):
    """``left`` kilobytes are free; the articles need more."""
    (tmp_path / "new.txt").write_text("Un article de plus, sur le lac d'Annecy. " * 300, encoding="utf-8")
    with mounted("mount -t tmpfs -o size=8m none", tmp_path / "disk") as (disk, assistant):
        shutil.copytree(small_index, disk / "index", copy_function=shutil.copy2)
        with open(disk / "filler", "wb", buffering=0) as filler:
            fill(filler, left)
        full = assistant("ingest", tmp_path / "new.txt", "--index", tmp_path / "disk" / "index")
        assert (full.returncode, "Free space" in full.stderr) == (1, True), full.stderr
        assert answers(assistant, tmp_path / "disk" / "index")
        (disk / "filler").unlink()
        again = assistant("ingest", tmp_path / "new.txt", "--index", tmp_path / "disk" / "index")
        assert (again.returncode, again.stdout.splitlines()[-1][:7]) in ((0, "1 added"), (0, "0 added")), again.stderr
        assert answers(assistant, tmp_path / "disk" / "index")


def test_on_a_read_only_disk_questions_are_answered_and_an_ingest_is_told(small_index, tmp_path):
    (tmp_path / "new.txt").write_text("Un article de plus. Il est court.", encoding="utf-8")
    with mounted(f"mount --bind -o ro '{small_index}'", tmp_path / "disk") as (_, assistant):
        assert answers(assistant, tmp_path / "disk")
        told = assistant("ingest", tmp_path / "new.txt", "--index", tmp_path / "disk")
        assert (told.returncode, len(told.stderr.splitlines())) == (1, 1)
        assert "Read-only file system" in told.stderr


Command = Callable[..., subprocess.CompletedProcess[str]]


@contextmanager
def mounted(mount: str, folder: Path) -> Iterator[tuple[Path, Command]]:
    """A disk at ``folder`` that only the command sees; the path is where this process finds it."""
    folder.mkdir()
    script = f'{mount} "$0" && echo mounted && exec cat'
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(folder)]
    with subprocess.Popen(inside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        if holder.stdout.readline() != "mounted\n":
            pytest.skip("this machine lets nobody mount a disk")
        enter = ["nsenter", "--target", str(holder.pid), "--user", "--mount", "--preserve-credentials"]

        def assistant(*arguments: object) -> subprocess.CompletedProcess[str]:
            command = [*enter, sys.executable, "-m", "assistant", *map(str, arguments)]
            return subprocess.run(command, capture_output=True, text=True, check=False)

        yield Path(f"/proc/{holder.pid}/root{folder}"), assistant
        holder.stdin.close()


def fill(file, left: int) -> None:
    try:
        while file.write(bytes(4096)):
            pass
    except OSError:
        file.truncate(max(0, file.tell() - 1024 * left) // 4096 * 4096)


def answers(assistant: Command, index: Path) -> bool:
    asked = assistant("ask", QUESTION, "--json", "--index", index)
    return asked.returncode == 0 and bool(json.loads(asked.stdout)["hits"])
