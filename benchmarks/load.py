"""Many at once: ``python -m benchmarks.load [INDEX] [--sessions 20,50,200] [--seconds 20] [--soak 60] [--reader off]``.

Starts a server of its own on a free port of this machine and asks it as chat pages and programs do: sessions of the
page that ask, read and ask again; a program that asks as fast as it is answered; and for ``--soak`` seconds both at a
gentle pace, while generations are swapped five times. Everything is bounded in number and time.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from assistant import child
from assistant.embedding import load_embedder
from assistant.index import current_name
from assistant.settings import Settings
from benchmarks.development import index_of
from benchmarks.sets import SETS

#: What is served, and what is asked.
LARGE = "orangesum_news_fr_2016_2018"
ASKED = "piaf_fr_dev"

#: Seconds that a reader reads before the next question, from nothing to this.
READING = 2.0

#: Questions that a program has under way, and those of a reader before they open the page anew.
PROGRAMS = 8
PER_SESSION = 40

#: Swaps in a soak, and readers and programs that ask meanwhile.
SWAPS = 5
SOAKERS = 8

#: Seconds after which an answer counts as lost.
PATIENCE = 60.0


@dataclass
class Tally:
    """What came of requests: seconds of those answered and those refused, and what went wrong."""

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def row(self, what: str, seconds: float) -> str:
        return (
            f"| {what} | {len(self.answered)} | {percentile(self.answered, 0.5):.2f} | "
            f"{percentile(self.answered, 0.95):.2f} | {len(self.refused)} | {max(self.refused, default=0):.2f} | "
            f"{len(self.wrong)} | {len(self.answered) / seconds:.1f} |"
        )


@dataclass(frozen=True, slots=True)
class Vitals:
    """Of the serving process, as the kernel counts."""

    cpu_seconds: float
    memory_mib: float
    descriptors: int
    threads: int


def main() -> None:
    options = parsed()
    index = options.index or index_of(LARGE, load_embedder(Settings()))
    questions = [reference.question for reference in SETS[ASKED].references()]
    print(f"load of this machine before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        # Of its own, since the soak publishes more.
        own = shutil.copytree(index, Path(folder) / "index")
        asyncio.run(measure(own, questions, options))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("index", nargs="?", type=Path, help="index to serve (default: the development set's)")
    parser.add_argument("--sessions", default="20,50,200", help="chat sessions at the same time")
    parser.add_argument("--seconds", type=float, default=20, help="how long each measurement takes")
    parser.add_argument("--soak", type=float, default=60, help="how long the soak takes; a release: 1800")
    parser.add_argument("--reader", default="off", help="on or off")
    return parser.parse_args()


async def measure(index: Path, questions: Sequence[str], options: argparse.Namespace) -> None:
    async with serving(index, options.reader) as (server, address), client(address) as http:
        await until_ready(http)
        print("\n| what | answered | p50, s | p95, s | refused | slowest refusal, s | wrong | answers/s |")
        print("|---|---|---|---|---|---|---|---|")
        for count in map(int, options.sessions.split(",")):
            await row(server, f"{count} chat sessions", chats(http, questions, count, options.seconds))
        await row(server, "a program", programs(http, questions, PROGRAMS, options.seconds))
        if options.soak:
            await soak(server, http, index, questions, options.soak)


def client(address: str) -> httpx.AsyncClient:
    # Connections are let go of before the server does, which would read as a failure of a request on its way.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
    return httpx.AsyncClient(base_url=address, timeout=PATIENCE, limits=limits)


async def row(server: int, what: str, work: Awaitable[Tally]) -> None:
    """Wait for ``work`` and print what came of it, with the processor time that an answer took."""
    before, started = vitals(server), time.monotonic()
    tally = await work
    spent = vitals(server).cpu_seconds - before.cpu_seconds
    each = 1000 * spent / max(len(tally.answered), 1)
    print(tally.row(f"{what}, {each:.0f} ms CPU each", time.monotonic() - started), flush=True)
    for wrong in sorted(set(tally.wrong))[:3]:
        print(f"  {wrong}", file=sys.stderr)


@asynccontextmanager
async def serving(index: Path, reader: str) -> AsyncIterator[tuple[int, str]]:
    """The process id and the address of a server, in a folder without a corpus that it would keep up with."""
    words = ("serve", "--port", "0", "--index", str(index.absolute()))
    with tempfile.TemporaryDirectory() as folder:
        environment = child.environment() | {"ASSISTANT_READER": reader}
        with subprocess.Popen(
            child.command("assistant", *words), cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            try:
                yield server.pid, server.stdout.readline().strip()
            finally:
                server.terminate()


async def until_ready(http: httpx.AsyncClient) -> None:
    """The page is being built while the server already listens; what is asked first loads the models."""
    await http.get("fr/config")
    await http.post("api/ask", json={"question": "Qui ?"})


# --- Programs -----------------------------------------------------------------------------------------------


async def programs(http: httpx.AsyncClient, questions: Sequence[str], count: int, seconds: float) -> Tally:
    """``count`` questions under way at any time."""
    tally, end = Tally(), time.monotonic() + seconds

    async def ask_on(number: int) -> None:
        chosen = random.Random(number)
        while time.monotonic() < end:
            await ask(http, chosen.choice(questions), tally)

    await asyncio.gather(*(ask_on(number) for number in range(count)))
    return tally


async def ask(http: httpx.AsyncClient, question: str, tally: Tally) -> None:
    started = time.monotonic()
    try:
        response = await http.post("api/ask", json={"question": question})
    except httpx.HTTPError as error:
        tally.wrong.append(f"{type(error).__name__} {error}")
        return
    took = time.monotonic() - started
    if response.status_code == 200 and response.json()["hits"]:
        tally.answered.append(took)
    elif response.status_code in (429, 503) and "retry-after" in response.headers:
        tally.refused.append(took)
        await asyncio.sleep(1)
    else:
        tally.wrong.append(f"{response.status_code} {response.text[:80]}")


# --- Chat pages ---------------------------------------------------------------------------------------------


async def chats(http: httpx.AsyncClient, questions: Sequence[str], count: int, seconds: float) -> Tally:
    """``count`` open pages, whose readers read for up to two seconds before they ask again."""
    tally, end = Tally(), time.monotonic() + seconds
    event = ask_event(await http.get("fr/config"))
    pages = (converse(http, event, questions, number, end, tally) for number in range(count))
    await asyncio.gather(*pages)
    return tally


def ask_event(config: httpx.Response) -> tuple[int, int]:
    """Number of the event by which the page asks, and how many values it takes."""
    asking = next(
        one for one in config.json()["dependencies"] if any(target[1] == "submit" for target in one["targets"])
    )
    return asking["id"], len(asking["inputs"])


async def converse(
    http: httpx.AsyncClient,
    event: tuple[int, int],
    questions: Sequence[str],
    number: int,
    end: float,
    tally: Tally,
) -> None:
    chosen, session = random.Random(number), ""
    await asyncio.sleep(chosen.uniform(0, READING))
    for asked in itertools.count():
        if time.monotonic() > end:
            return
        if asked % PER_SESSION == 0:
            session = f"load{number}x{chosen.randrange(10**9)}"
        await turn(http, event, session, chosen.choice(questions), tally)
        await asyncio.sleep(chosen.uniform(0, READING))


async def turn(http: httpx.AsyncClient, event: tuple[int, int], session: str, question: str, tally: Tally) -> None:
    """One question as the page asks it: an event handed over, then its results from a stream."""
    number, values = event
    asked = {"data": [question, *[None] * (values - 1)], "fn_index": number, "session_hash": session}
    started = time.monotonic()
    try:
        joined = await http.post("fr/gradio_api/queue/join", json=asked)
        if joined.status_code in (429, 503):
            tally.refused.append(time.monotonic() - started)
            return
        joined.raise_for_status()
        outcome = await completed(http, session)
    except (httpx.HTTPError, ValueError) as error:
        tally.wrong.append(f"{type(error).__name__} {error}")
        return
    if "statement" in outcome or "nearest" in outcome:
        tally.answered.append(time.monotonic() - started)
    else:
        tally.wrong.append(outcome[:80])


async def completed(http: httpx.AsyncClient, session: str) -> str:
    """
    :raises ValueError: If the stream ends before the answer.
    """
    shown = ""
    async with http.stream("GET", "fr/gradio_api/queue/data", params={"session_hash": session}) as stream:
        async for line in stream.aiter_lines():
            shown += line
            if line.startswith("data: ") and json.loads(line[6:])["msg"] == "process_completed":
                return shown
    raise ValueError("the stream ended")


# --- Soak ---------------------------------------------------------------------------------------------------


async def soak(server: int, http: httpx.AsyncClient, index: Path, questions: Sequence[str], seconds: float) -> None:
    """Readers and programs for a long while, with swaps at equal intervals; what the process holds after each."""
    print(f"\n{seconds:.0f} s of {SOAKERS} readers, with {SWAPS} swaps\n")
    print("| after | memory, MiB | descriptors | threads | answered | refused | wrong |\n|---|---|---|---|---|---|---|")
    for swaps in range(SWAPS + 1):
        asking = asyncio.create_task(chats(http, questions, SOAKERS, seconds / (SWAPS + 1)))
        if swaps:
            await asyncio.to_thread(republish, index)
        tally, held = await asking, vitals(server)
        print(
            f"| {swaps} swaps | {held.memory_mib:.0f} | {held.descriptors} | {held.threads} | {len(tally.answered)} "
            f"| {len(tally.refused)} | {len(tally.wrong)} |",
            flush=True,
        )


def republish(index: Path) -> None:
    """A new generation, by an ingest in a process of its own of one small article."""
    before = current_name(index)
    extra = index.parent / "load-extra" / "extra.txt"
    extra.parent.mkdir(exist_ok=True)
    extra.write_text(f"Un article de plus, écrit à {time.time()}.", encoding="utf-8")
    words = ("ingest", str(extra), "--index", str(index), "--quiet")
    subprocess.run(child.command("assistant", *words), env=child.environment(), stdout=subprocess.DEVNULL, check=True)
    assert current_name(index) != before


def vitals(process: int) -> Vitals:
    root = Path("/proc") / str(process)
    status = dict(line.split(":", 1) for line in (root / "status").read_text(encoding="ascii").splitlines())
    ticks = (root / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return Vitals(
        cpu_seconds=sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"),
        memory_mib=int(status["VmRSS"].split()[0]) / 1024,
        descriptors=len(list((root / "fd").iterdir())),
        threads=int(status["Threads"]),
    )


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[int(len(values) * part)] if values else float("nan")


if __name__ == "__main__":
    main()
