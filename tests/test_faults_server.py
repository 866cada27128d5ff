"""Writers and servers side by side: one writer, readers that nobody disturbs, a server killed and started again."""

import asyncio
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hash_embedder import HashEmbedder
from serving import wait_until
from workshop import Workshop, opened_workshop, write

from assistant.allocator import settle
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
    def write_once() -> None:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return
        try:
            with open_store(tmp_path):
                (tmp_path / f"held-{os.getpid()}").touch()
                time.sleep(0.2)
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


@pytest.mark.parametrize("name", ["articles.db", "chroma/chroma.sqlite3", STORE])
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


def test_an_ingest_beside_the_server_does_not_hold_up_its_event_loop(workshop, record_property):
    """The work is another process's: the serving one, which checks, opens and swaps, takes little of it."""
    write(workshop.folder / "corpus", range(100, 400))
    engine = serving(workshop.index)
    engine.ask(QUESTION)
    settle()  # as the server does
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
    record_property(
        "figure", f"widest gap {1000 * max(gaps):.0f} ms, 99 of 100 below {1000 * np.quantile(gaps, 0.99):.0f} ms"
    )
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


def test_a_server_killed_under_load_serves_the_same_again(sample_index, tmp_path, release, record_property):
    answers = []
    rounds = 30 if release else 2
    for _ in range(rounds):
        with served(sample_index, tmp_path) as (server, address):
            answers.append(asked(address))
            with ThreadPoolExecutor(4) as pool:
                under_load = [pool.submit(asked, address) for _ in range(12)]
                under_load[0].result()
                server.send_signal(signal.SIGKILL)
                for one in under_load:
                    assert one.exception() or one.result() == answers[0]
            server.wait(10)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["citations"]
    record_property("figure", f"{rounds} servers killed")


def test_a_server_told_to_stop_ends_what_it_has_begun(sample_index, tmp_path, release, record_property):
    for _ in range(10 if release else 1):
        with served(sample_index, tmp_path) as (server, address):
            expected = asked(address)
            with ThreadPoolExecutor(10) as pool:
                under_way = [pool.submit(asked, address) for _ in range(10)]
                under_way[0].result()
                server.send_signal(signal.SIGTERM)
                ended = [one.exception() or one.result() for one in under_way]
            assert server.wait(15) == 0
        # Whoever came too late was not let in; nobody was sent away half answered.
        refused = [one for one in ended if isinstance(one, urllib.error.URLError)]
        assert all(isinstance(one.reason, ConnectionError) for one in refused)
        assert all(one == expected for one in ended if one not in refused)
        record_property("figure", f"{10 - len(refused)} of 10 answered, the others not let in, exit code 0")


def test_clients_that_go_away_leave_nothing_behind(sample_index, tmp_path, release, record_property):
    count = 200 if release else 20
    with served(sample_index, tmp_path) as (server, address):
        with ThreadPoolExecutor(8) as pool:  # until every thread that answers has opened the index
            expected, *_ = pool.map(asked, [address] * 24)
        before = open_files(server), threads(server)
        for _ in range(count):
            go_away(address)
        assert asked(address) == expected
        wait_until(lambda: open_files(server) <= before[0] + 2)
        assert threads(server) <= before[1] + 2
        after = open_files(server), threads(server)
    record_property(
        "figure", f"{count} went away; descriptors {before[0]} and {after[0]}, threads {before[1]} and {after[1]}"
    )


def go_away(address: str) -> None:
    """Ask for a stream and hang up at its first byte."""
    parts = urllib.parse.urlsplit(address)
    body = json.dumps({"question": QUESTION}).encode()
    head = f"POST /api/ask HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
    head += f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as client:
        client.sendall(head.encode() + body)
        assert client.recv(1)


def open_files(server: subprocess.Popen) -> int:
    return sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())


def threads(server: subprocess.Popen) -> int:
    return sum(1 for _ in Path(f"/proc/{server.pid}/task").iterdir())


def memory(server: subprocess.Popen) -> float:
    """Megabytes that are its own."""
    pages = Path(f"/proc/{server.pid}/statm").read_text(encoding="ascii").split()
    return (int(pages[1]) - int(pages[2])) * resource.getpagesize() / 2**20


#: Of the soak: seconds in all, before the first look, and between two looks.
SOAK, WARM, LOOK = 1800, 300, 10


def test_half_an_hour_of_load_and_swaps_changes_nothing(sample_index, tmp_path, release, record_property):
    if not release:
        pytest.skip("takes half an hour; pytest --release")
    shutil.copytree(sample_index, tmp_path / "index", copy_function=shutil.copy2)
    stop, counts, looks, swaps = threading.Event(), [0] * 8, [], 0
    with served(tmp_path / "index", tmp_path) as (server, address), ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(keep_asking, address, stop, counts, n) for n in range(8)]
        start = time.monotonic()
        while (now := time.monotonic() - start) < SOAK:
            if now > swaps * SOAK / 6 + SOAK / 12 and swaps < 5:
                swaps += 1
                (tmp_path / "new.txt").write_text(f"Édition {swaps}. Il n'y a rien d'autre.", encoding="utf-8")
                assert run("ingest", tmp_path / "new.txt", "--index", tmp_path / "index").wait() == 0
            if now > WARM:
                looks.append((now / 60, memory(server), open_files(server), threads(server)))
            time.sleep(LOOK)
        stop.set()
        for client in clients:
            client.result()
    minutes, megabytes, descriptors, running = zip(*looks, strict=True)
    slope = np.polyfit(minutes, megabytes, 1)[0]
    record_property(
        "figure",
        f"{sum(counts)} questions, {swaps} swaps, memory {slope:+.2f} MB a minute, descriptors {min(descriptors)} to"
        f" {max(descriptors)}, threads {min(running)} to {max(running)}",
    )
    assert slope < 1
    assert max(descriptors[len(looks) // 2 :]) <= max(descriptors[: len(looks) // 2]) + 5
    assert max(running[len(looks) // 2 :]) <= max(running[: len(looks) // 2]) + 5


def keep_asking(address: str, stop: threading.Event, counts: list[int], place: int) -> None:
    while not stop.wait(0.5):
        assert asked(address)["citations"]
        counts[place] += 1


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
