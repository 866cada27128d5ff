"""A server that is short of descriptors or of memory: what it cannot answer is refused, and then it answers again."""

import json
import os
import re
import resource
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from serving import wait_until

from assistant.index import GENERATIONS, current_name
from assistant.verify import verify

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés ?"

MIB = 2**20


@contextmanager
def served(index, folder):
    """A server in a process of its own, without the reader, and its address."""
    command = [sys.executable, "-m", "assistant", "serve", "--port", "0", "--index", str(index)]
    environment = os.environ | {"ASSISTANT_READER": "off"}
    with (
        open(folder / "log", "w", encoding="utf-8") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        try:
            yield server, server.stdout.readline().strip()
        finally:
            server.kill()


def asked(address: str) -> tuple[int, dict]:
    """Status and body of an answer to the question."""
    body = json.dumps({"question": QUESTION}).encode()
    request = urllib.request.Request(f"{address}api/ask", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def health(address: str) -> dict:
    with urllib.request.urlopen(f"{address}healthz", timeout=60) as response:
        return json.load(response)


def answers(address: str) -> bool:
    try:
        status, answer = asked(address)
    except OSError:
        return False
    return status == 200 and bool(answer["hits"])


def outcome(address: str) -> str:
    try:
        status, answer = asked(address)
    except OSError:
        return "not let in"
    if status == 200:
        return "answered" if answer["hits"] else "wrong"
    return "refused" if status in (500, 503) and answer["error"]["request_id"] else f"{status}"


def open_files(server: subprocess.Popen) -> int:
    return sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())


# --- Descriptors ------------------------------------------------------------------------------------------


def test_without_descriptors_connections_wait_or_end_and_are_served_again_after(
    sample_index, tmp_path, record_property
):
    """Every descriptor that is left is taken by somebody who connects and says nothing."""
    with served(sample_index, tmp_path) as (server, address):
        assert answers(address)
        taken = open_files(server)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (taken + 8, taken + 8))
        parts = urllib.parse.urlsplit(address)
        with ExitStack() as idle:
            for _ in range(24):
                idle.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=10))
            wait_until(lambda: open_files(server) >= taken + 7)
            with ThreadPoolExecutor(4) as pool:
                outcomes = Counter(pool.map(outcome, [address] * 8))
            assert server.poll() is None
        assert set(outcomes) <= {"answered", "refused", "not let in"}, outcomes
        wait_until(lambda: answers(address))
        # For a minute it may say that it could not look whether there is a newer index.
        assert health(address)["status"] in ("ok", "degraded")
        verify(sample_index / GENERATIONS / current_name(sample_index))
    record_property("figure", f"{taken + 8} descriptors, all taken: {dict(outcomes)}; answered again after")


def test_with_few_descriptors_no_question_is_answered_wrongly(sample_index, tmp_path):
    """As many as are open once the page is there: what has to be opened for a question may not be."""
    with served(sample_index, tmp_path) as (server, address):
        health(address)
        taken = open_files(server)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (taken + 2, 4096))
        outcomes = Counter(outcome(address) for _ in range(4))
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (4096, 4096))
        assert set(outcomes) <= {"answered", "refused", "not let in"}, outcomes
        wait_until(lambda: answers(address))
        # What could not be opened is tried again after a minute.
        wait_until(lambda: answers(address) and health(address)["status"] == "ok", seconds=120)


# --- Memory -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0, 4, 16, 64])
def test_without_memory_a_question_is_refused_or_answered_and_the_server_goes_on(sample_index, tmp_path, more):
    """``more`` megabytes above what the server has taken when it begins to answer."""
    with served(sample_index, tmp_path) as (server, address):
        assert answers(address)
        limit = address_space(server.pid) + more * MIB
        resource.prlimit(server.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        with ThreadPoolExecutor(8) as pool:
            outcomes = Counter(pool.map(outcome, [address] * 24))
        assert set(outcomes) <= {"answered", "refused", "not let in"}, outcomes
        if server.poll() is None:
            resource.prlimit(server.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            wait_until(lambda: answers(address))
        else:
            assert server.returncode < 0
    verify(sample_index / GENERATIONS / current_name(sample_index))


def address_space(process: int) -> int:
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        return int(re.search(r"VmSize:\s+(\d+)", file.read())[1]) * 1024
