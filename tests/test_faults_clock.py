"""The clock is set forward and back, while the assistant serves and between ingests: nothing is lost, nobody locked
out, and the newest generation is still the newest.
"""

import json
import os
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fake_engine import FakeEngine
from hash_embedder import HashEmbedder
from serving import running, wait_until

from assistant import feedback, publish
from assistant.calibration import load_calibration
from assistant.engine import Engine
from assistant.errors import StoreError
from assistant.index import CURRENT, GENERATIONS, current_name, generations, open_generation
from assistant.ingest import ingest
from assistant.settings import Settings
from assistant.store import open_store, read_store

pytestmark = pytest.mark.usefixtures("quickly")

YEAR = 365 * 24 * 3600
QUESTION = "Quand le viaduc de Millau a-t-il été inauguré ?"

#: Seconds by which the clock is wrong, one after the other.
JUMPS = (10 * YEAR, -10 * YEAR, 3600, -3600, 0)


class Clock:
    """The clock of this process, as everything asks it that asks Python."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.wrong_by = 0.0
        seconds, nanoseconds = time.time, time.time_ns
        patch.setattr(time, "time", lambda: seconds() + self.wrong_by)
        patch.setattr(time, "time_ns", lambda: nanoseconds() + int(self.wrong_by * 1e9))
        clock = self

        class Wrong(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + timedelta(seconds=clock.wrong_by)

        for module in (publish, feedback):
            patch.setattr(module, "datetime", Wrong)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def write(folder, edition: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_text(f"Le viaduc de Millau a été inauguré en 2004. Édition {edition}.", encoding="utf-8")


def date(folder, moment: float) -> None:
    """As it would be if it had been made then: the dates of files are the kernel's, not Python's."""
    os.utime(folder, (moment, moment))


def edition_of(engine: Engine) -> str:
    (hit,) = engine.ask(QUESTION).hits
    return hit.passage.article.text.rpartition("Édition ")[2]


@pytest.mark.parametrize("wrong_by", [10 * YEAR, 3600])
def test_a_generation_made_after_the_clock_was_set_back_is_still_the_newest(tmp_path, clock, wrong_by):
    """What was made while the clock was ahead has a date in the future; it is the one before, and is kept as that."""
    index, embedder, made = tmp_path / "index", HashEmbedder(), []
    for edition in range(1, 4):
        write(tmp_path / "corpus", edition)
        clock.wrong_by = wrong_by if edition == 2 else 0
        made.append(ingest([tmp_path / "corpus"], index, embedder).published)
        if edition == 2:
            date(index / GENERATIONS / made[-1], time.time())
    assert [folder.name for folder in generations(index)] == [made[2], made[1]]
    (index / CURRENT).write_bytes(b"")
    engine = Engine(Settings(index=index), embedder, load_calibration(), wary=True)
    assert edition_of(engine) == "3."


@pytest.mark.parametrize("first", [10 * YEAR, -10 * YEAR])
def test_ingests_before_and_after_a_jump_lose_nothing_and_embed_nothing_twice(tmp_path, clock, first):
    index, embedder = tmp_path / "index", HashEmbedder()
    for edition, clock.wrong_by in enumerate((first, 0, -first, first)):
        write(tmp_path / "corpus", edition)
        (tmp_path / "corpus" / f"{edition}.txt").write_text(f"Article {edition}. Il reste.", encoding="utf-8")
        os.utime(tmp_path / "corpus" / f"{edition}.txt", (time.time(), time.time()))
        assert ingest([tmp_path / "corpus"], index, embedder).published
        assert ingest([tmp_path / "corpus"], index, embedder).published is None
        assert open_generation(index, embedder.identity).facts().articles == edition + 2
    assert len(embedder.embedded) == len(set(embedder.embedded))
    with read_store(index) as store:
        assert store.verify()[0] == 5


def test_a_generation_that_is_built_again_has_a_name_of_its_own(tmp_path, clock):
    index, embedder = tmp_path / "index", HashEmbedder()
    write(tmp_path / "corpus", 1)
    for clock.wrong_by in (0, *JUMPS):
        if current_name(index):
            (index / GENERATIONS / current_name(index) / "sentences.npy").write_bytes(b"damaged")
        assert ingest([tmp_path / "corpus"], index, embedder).published
        assert open_generation(index, embedder.identity).facts().articles == 1


def test_the_lock_of_a_writer_knows_no_time(tmp_path, clock):
    with open_store(tmp_path):
        for clock.wrong_by in JUMPS:
            with pytest.raises(StoreError, match=f"process {os.getpid()} is writing"), open_store(tmp_path):
                pass
    clock.wrong_by = -10 * YEAR
    with open_store(tmp_path):
        pass


def test_a_server_goes_on_answering_and_swapping(tmp_path, clock):
    index, embedder = tmp_path / "index", HashEmbedder()
    write(tmp_path / "corpus", 0)
    ingest([tmp_path / "corpus"], index, embedder)
    engine = Engine(Settings(index=index), embedder, load_calibration(), wary=True)
    with (
        running(engine, Settings(index=index, port=0)) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        for edition, clock.wrong_by in enumerate(JUMPS, 1):
            write(tmp_path / "corpus", edition)
            published = ingest([tmp_path / "corpus"], index, embedder).published
            wait_until(lambda published=published: client.get("/healthz").json()["generation"] == published)
            told = client.post("/api/ask", json={"question": QUESTION})
            assert told.status_code == 200 and told.json()["hits"], told.text
            assert f"Édition {edition}." in client.get(f"/api/articles/{told.json()['hits'][0]['article_id']}").text
            figures = client.get("/metrics").text
            assert "sourcier_served 1.0" in figures and "e+09" not in figures.partition("request_seconds_sum")[2][:40]


BEHIND_A_PROXY = {"auth_header": "X-Remote-User", "trusted_proxies": "127.0.0.1", "rate_limit": 6}


def test_nobody_is_locked_out_and_nobody_gets_more(clock):
    """A caller who may ask six times a minute may, whatever the clock says meanwhile."""
    settings, person = Settings(port=0, **BEHIND_A_PROXY), {"X-Remote-User": "camille"}
    with running(FakeEngine(), settings) as address, httpx.Client(base_url=address, headers=person) as client:
        statuses = []
        for clock.wrong_by in (0, *JUMPS, 10 * YEAR, -10 * YEAR):
            asked = client.post("/api/ask", json={"question": "Turquie Syrie combien ?"})
            statuses.append(asked.status_code)
        assert statuses == [200] * 6 + [429] * 2
        assert 0 < int(asked.headers["retry-after"]) <= 60


def test_feedback_is_kept_in_the_order_in_which_it_came(tmp_path, clock):
    settings = Settings(index=tmp_path, port=0)
    with running(FakeEngine(), settings) as address, httpx.Client(base_url=address, timeout=60) as client:
        answer = client.post("/api/ask", json={"question": "Turquie Syrie combien ?"}).json()
        for number, clock.wrong_by in enumerate(JUMPS):
            given = {"answer": answer, "rating": "down", "comment": f"numéro {number}"}
            assert client.post("/api/feedback", json=given).is_success
    lines = [json.loads(line) for line in (tmp_path / feedback.FILE).read_text(encoding="utf-8").splitlines()]
    assert [line["comment"] for line in lines] == [f"numéro {number}" for number in range(len(JUMPS))]
    now = datetime.now(UTC)
    told = [(datetime.fromisoformat(line["time"]) - now).total_seconds() for line in lines]
    assert all(abs(seconds - jump) < 600 for seconds, jump in zip(told, JUMPS, strict=True))
