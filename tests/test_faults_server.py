"""Writers and servers side by side: one writer, readers that nobody disturbs, a server killed and started again."""

import asyncio
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from hash_embedder import HashEmbedder
from workshop import Workshop, opened_workshop, write

from assistant.calibration import load_calibration
from assistant.engine import Engine
from assistant.errors import StoreError
from assistant.index import GENERATIONS, current_name
from assistant.ingest import ingest
from assistant.settings import Settings
from assistant.store import STORE, open_store

QUESTION = "Quand le viaduc de Millau a-t-il été inauguré ?"


@pytest.fixture
def workshop(tmp_path):
    with opened_workshop(tmp_path) as opened:
        opened.begin(first=False)
        yield opened


def serving(index) -> Engine:
    return Engine(Settings(index=index), HashEmbedder(), load_calibration(), wary=True)


def run(*arguments) -> subprocess.Popen:
    command = [sys.executable, "-m", "assistant", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# --- One writer -------------------------------------------------------------------------------------------


def test_of_writers_that_race_one_at_a_time_writes_and_the_others_name_it(tmp_path):
    holders, refused = [], []

    def write_once() -> None:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return
        try:
            with open_store(tmp_path):
                (tmp_path / f"held-{os.getpid()}").touch()
                time.sleep(0.05)
        except StoreError as error:
            (tmp_path / f"refused-{os.getpid()}").write_text(str(error), encoding="utf-8")
        os._exit(0)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write_once) for _ in range(40)]:
            done.result()
    holders = [path.name.removeprefix("held-") for path in tmp_path.glob("held-*")]
    refused = [path.read_text(encoding="utf-8") for path in tmp_path.glob("refused-*")]
    assert len(holders) + len(refused) == 40
    assert refused
    assert all(any(f"process {pid} is writing" in told for pid in holders) for told in refused)


def test_a_second_ingest_is_refused_while_the_index_is_read_and_written(sample_index, tmp_path):
    (tmp_path / "a.txt").write_text("Un article de plus. Il est court.", encoding="utf-8")
    with open_store(sample_index):
        second = run("ingest", tmp_path / "a.txt", "--index", sample_index)
        readers = [run("ask", QUESTION, "--json", "--index", sample_index) for _ in range(2)]
        told = second.communicate(timeout=60)[1]
        assert (second.returncode, f"process {os.getpid()} is writing" in told) == (1, True), told
        for reader in readers:
            answer = json.loads(reader.communicate(timeout=60)[0])
            assert answer["hits"]


@pytest.mark.parametrize("name", ["articles.db", STORE])
def test_a_locked_database_holds_up_no_question(workshop, name):
    engine = serving(workshop.index)
    expected = [hit.passage for hit in engine.ask(QUESTION).hits]
    generation = workshop.index / GENERATIONS / current_name(workshop.index)
    path = generation / name if name != STORE else workshop.index / STORE
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        assert [hit.passage for hit in engine.ask(QUESTION).hits] == expected


def test_a_locked_store_is_told(workshop, monkeypatch):
    real = sqlite3.connect
    monkeypatch.setattr("assistant.store.sqlite3.connect", lambda path, **given: real(path, timeout=0.1, **given))
    with closing(real(workshop.index / STORE, isolation_level=None)) as other:
        other.execute("begin exclusive")
        with pytest.raises(StoreError, match="Close the program that has it open"):
            ingest([workshop.folder / "corpus"], workshop.index, HashEmbedder())


# --- Serving meanwhile ------------------------------------------------------------------------------------


def test_an_ingest_beside_the_server_does_not_hold_up_its_event_loop(workshop):
    """The work is another process's: the serving one, which checks, opens and swaps, takes little of it."""
    write(workshop.folder / "corpus", range(100, 400))
    engine = serving(workshop.index)
    engine.ask(QUESTION)
    with heartbeat() as gaps:
        before = resource.getrusage(resource.RUSAGE_SELF)
        ticks = cpu_of(workshop)
        assert workshop.ingest() == 0
        spent_there = cpu_of(workshop) - ticks
        while engine.facts().generation != current_name(workshop.index):
            time.sleep(0.05)
        engine.ask(QUESTION)
        after = resource.getrusage(resource.RUSAGE_SELF)
    spent_here = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"widest gap {1000 * max(gaps):.0f} ms; {spent_here:.2f} s of CPU here, {spent_there:.2f} s in the ingest")
    assert spent_here < spent_there / 2
    assert sorted(gaps)[len(gaps) * 99 // 100] < 0.25


def cpu_of(workshop: Workshop) -> float:
    """Seconds that the process and its ended children have taken."""
    with open(f"/proc/{workshop.process.pid}/stat", encoding="ascii") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def heartbeat():
    """Seconds between ticks of an event loop in this process, ten milliseconds if nothing holds it up."""
    gaps: list[float] = []
    stop = threading.Event()

    async def tick() -> None:
        last = time.monotonic()
        while not stop.is_set():
            await asyncio.sleep(0.01)
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    thread = threading.Thread(target=lambda: asyncio.run(tick()))
    thread.start()
    try:
        yield gaps
    finally:
        stop.set()
        thread.join()


def test_a_server_killed_under_load_serves_the_same_again(sample_index, tmp_path):
    answers = []
    for _ in range(2):
        with served(sample_index, tmp_path) as (server, address):
            answers.append(asked(address))
            with ThreadPoolExecutor(4) as pool:
                under_load = [pool.submit(asked, address) for _ in range(12)]
                under_load[0].result()
                server.send_signal(signal.SIGKILL)
                for one in under_load:
                    assert one.exception() or one.result() == answers[0]
            server.wait(10)
    assert answers[0] == answers[1]
    assert answers[0]["citations"]


@contextmanager
def served(index, folder):
    """A server in a process of its own, in a folder without a corpus, so that nothing is ingested."""
    command = [sys.executable, "-m", "assistant", "serve", "--port", "0", "--index", str(index)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def asked(address: str) -> dict:
    """The answer, without the times it took."""
    body = json.dumps({"question": "Combien de combattants étrangers Interpol a-t-il identifiés ?"}).encode()
    headers = {"content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}api/ask", body, headers), timeout=30) as response:
        return json.load(response) | {"timings_ms": None}
