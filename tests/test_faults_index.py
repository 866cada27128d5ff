"""Damaged indexes and stores: the serving process goes on, says what is wrong, and it can be mended."""

import gc
import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hash_embedder import HashEmbedder
from serving import wait_until

from assistant import check, index, publish, upkeep
from assistant.api import create_app
from assistant.calibration import load_calibration
from assistant.engine import Engine
from assistant.errors import IndexUnusable, StoreError
from assistant.index import CURRENT, GENERATIONS, Generation, current_name, generations, open_generation
from assistant.ingest import ingest
from assistant.settings import Settings
from assistant.store import STORE, read_store

pytestmark = pytest.mark.usefixtures("quickly")

FIRST = "Le viaduc de Millau a été inauguré en décembre 2004. Il enjambe le Tarn."
SECOND = "Interpol a identifié 14\u2009000 combattants étrangers. «\u202fNous sommes engagés\u202f», a-t-il ajouté."
QUESTION = "Quand le viaduc de Millau a-t-il été inauguré ?"

FILES = ("articles.db", "passages.npy", "sentences.npy", "manifest.json", "chroma.sqlite3", "data_level0.bin")
DAMAGES = ("delete", "half", "zero", "flip")


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    if how == "delete":
        path.unlink()
    elif how == "half":
        path.write_bytes(content[:middle])
    elif how == "zero":
        path.write_bytes(bytes(len(content)))
    else:
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus, and an index of it with the generation before."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "millau.txt").write_text(FIRST, encoding="utf-8")
    ingest([folder / "corpus"], folder / "index", HashEmbedder())
    (folder / "corpus" / "interpol.txt").write_text(SECOND, encoding="utf-8")
    ingest([folder / "corpus"], folder / "index", HashEmbedder())
    return folder


@pytest.fixture
def settings(made, tmp_path):
    shutil.copytree(made / "index", tmp_path / "index", copy_function=shutil.copy2)
    return Settings(index=tmp_path / "index", corpus=made / "corpus")


def serving(settings: Settings, embedder: HashEmbedder | None = None) -> Engine:
    return Engine(settings, embedder or HashEmbedder(), load_calibration(), wary=True)


def current(settings: Settings) -> Path:
    return settings.index / GENERATIONS / current_name(settings.index)


def health(engine: Engine, settings: Settings) -> dict:
    return TestClient(create_app(engine, settings), base_url="http://127.0.0.1").get("/healthz").json()


def answers(engine: Engine) -> list[str]:
    return [hit.passage.article.id for hit in engine.ask(QUESTION).hits]


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_started_on_a_damaged_index_the_one_before_is_served(settings, name, how):
    (path,) = current(settings).rglob(name)
    damaged = current(settings).name
    damage(path, how)
    engine = serving(settings)
    assert answers(engine)[0] == "millau"
    told = health(engine, settings)
    assert (told["status"], told["articles"]) == ("degraded", 1)
    assert told["generation"] != damaged
    assert damaged in told["refused"]
    assert str(settings.index) not in told["refused"]
    assert "assistant check --repair" in told["refused"]


@pytest.mark.parametrize("name", FILES)
def test_repair_builds_the_index_again_from_the_store(settings, monkeypatch, name):
    monkeypatch.setattr(check, "load_embedder", lambda settings: HashEmbedder())
    engine = serving(settings)
    assert engine.facts().articles == 2
    damage(*current(settings).rglob(name), "half")
    repaired = check.repair(settings)
    assert repaired == current(settings).name
    wait_until(lambda: engine.facts().generation == repaired)
    assert health(engine, settings)["status"] == "ok"
    assert check.repair(settings) is None


@pytest.mark.parametrize("how", ["delete", "half"])
@pytest.mark.parametrize("name", ["articles.db", "passages.npy", "sentences.npy", "data_level0.bin", "chroma.sqlite3"])
def test_damaged_while_it_is_served_it_is_left_for_the_one_before(settings, name, how):
    engine = serving(settings)
    assert sorted(answers(engine)) == ["interpol", "millau"]
    path = next(current(settings).rglob(name))
    damage(path, how)
    refused = []
    for _ in range(10):  # a new thread of the server each: what was open stays open
        thread = threading.Thread(target=note_refusal, args=(engine, refused))
        thread.start()
        thread.join()
    if refused:
        assert "assistant ingest" in refused[0]
        wait_until(lambda: engine.facts().articles == 1)
        assert health(engine, settings)["status"] == "degraded"
    assert answers(engine)[0] == "millau"


def note_refusal(engine: Engine, refused: list[str]) -> None:
    try:
        engine.ask(QUESTION)
    except IndexUnusable as error:
        refused.append(str(error))


def test_no_generation_that_can_be_used_is_never_an_abstention(settings):
    for folder in generations(settings.index):
        damage(folder / "articles.db", "zero")
    engine = serving(settings)
    with pytest.raises(IndexUnusable, match=r"articles\.db"):
        engine.ask(QUESTION)
    told = health(engine, settings)
    assert (told["status"], told["generation"]) == ("unusable", None)
    client = TestClient(create_app(engine, settings), base_url="http://127.0.0.1")
    assert client.post("/api/ask", json={"question": QUESTION}).status_code == 503


@pytest.mark.parametrize("content", [None, b"", b"nowhere\n", b"../../etc\n", b"\x00\xff\xfe", b"\n\n"])
def test_a_pointer_that_points_nowhere_is_told_and_the_newest_is_served(settings, monkeypatch, content):
    (settings.index / CURRENT).unlink()
    if content is not None:
        (settings.index / CURRENT).write_bytes(content)
    with pytest.raises(IndexUnusable, match="check --repair"):
        open_generation(settings.index, HashEmbedder.identity)
    engine = serving(settings)
    assert engine.facts().articles == 2
    assert health(engine, settings)["status"] == "degraded"
    monkeypatch.setattr(check, "load_embedder", lambda settings: HashEmbedder())
    assert check.repair(settings)
    wait_until(lambda: health(engine, settings)["status"] == "ok")


def lose_store(settings: Settings, how: str) -> None:
    for name in (f"{STORE}-wal", f"{STORE}-shm"):
        (settings.index / name).unlink(missing_ok=True)
    if how == "garbage":
        (settings.index / STORE).write_bytes(b"not a database at all " * 4000)
    elif how == "empty":
        (settings.index / STORE).write_bytes(b"")
    else:
        damage(settings.index / STORE, how)


@pytest.mark.parametrize("how", ["delete", "empty", "half", "zero", "garbage"])
def test_a_lost_store_is_told_and_never_begun_anew(settings, how):
    """Begun anew, it would publish an index that says of the lost articles that they are not in the corpus."""
    before = current_name(settings.index)
    lose_store(settings, how)
    (settings.index.parent / "other.txt").write_text("Un article de plus. Il est court.", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(StoreError, match="assistant restore"):
            ingest([settings.index.parent / "other.txt"], settings.index, HashEmbedder())
    assert current_name(settings.index) == before
    assert serving(settings).facts().articles == 2


def test_any_flipped_byte_of_the_store_is_told_or_harmless(settings):
    """A sample of its bytes: what is read is what was stored, or nothing is published."""
    store = settings.index / STORE
    with read_store(settings.index) as opened:
        opened.verify()
        whole = list(opened.articles())
    content = store.read_bytes()
    told = 0
    for place in range(0, len(content), max(1, len(content) // 300)):
        store.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        for side in (f"{STORE}-wal", f"{STORE}-shm"):
            (settings.index / side).unlink(missing_ok=True)
        try:
            with read_store(settings.index) as opened:
                opened.verify()
                assert list(opened.articles()) == whole
        except StoreError as error:
            told += 1
            assert "assistant restore" in str(error) or "--index" in str(error)
    assert told > 10


@pytest.mark.parametrize("how", DAMAGES)
def test_the_server_starts_whatever_the_index_is_like(settings, how):
    """Whether its corpus is to be ingested is asked of a generation that can be read."""
    damage(current(settings) / "articles.db", how)
    assert upkeep.is_due(settings)
    assert not upkeep.is_due(replace(settings, corpus=settings.index))


# --- What does not fit ------------------------------------------------------------------------------------


def test_an_index_of_another_model_is_not_served_and_both_are_named(settings):
    engine = serving(settings, HashEmbedder("another model"))
    with pytest.raises(IndexUnusable, match=r"hashed words.*another model"):
        engine.ask(QUESTION)
    assert health(engine, settings)["status"] == "unusable"


def test_ingesting_with_another_model_embeds_again(settings, made):
    ingest([made / "corpus"], settings.index, HashEmbedder("another model"))
    assert open_generation(settings.index, "another model").facts().articles == 2


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("format", 99, "99"), ("dimension", 65, "65"), ("chroma", "0.4.0", "0.4.0"), ("passages", 7, "7")],
)
def test_a_manifest_that_does_not_fit_is_refused_and_built_again(settings, made, key, value, told):
    manifest = current(settings) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text(encoding="utf-8")) | {key: value}), encoding="utf-8")
    with pytest.raises(IndexUnusable, match=told):
        publish.check_in_child(current(settings))
    assert serving(settings).facts().articles == 1
    assert ingest([made / "corpus"], settings.index, HashEmbedder()).published
    assert serving(settings).facts().articles == 2


def test_another_format_of_this_program_is_refused(settings, monkeypatch):
    monkeypatch.setattr(index, "FORMAT", index.FORMAT + 1)
    with pytest.raises(IndexUnusable, match=f"reads {index.FORMAT}"):
        open_generation(settings.index, HashEmbedder.identity)


# --- Swaps ------------------------------------------------------------------------------------------------


def test_swaps_under_load_lose_no_question_and_mix_no_generations(tmp_path, release, record_property):
    swaps = 20 if release else 4
    corpus, embedder = tmp_path / "corpus", HashEmbedder()
    corpus.mkdir()

    def write(edition: int) -> None:
        for n in range(6):
            text = f"Le viaduc {n} a été inauguré en 2004. Édition {edition}."
            (corpus / f"{n}.txt").write_text(text, encoding="utf-8")
        ingest([corpus], tmp_path / "index", embedder)

    write(0)
    engine = serving(Settings(index=tmp_path / "index"))
    engine.ask(QUESTION)
    before = open_files()
    answered, wrong, stop = [0] * 8, [], threading.Event()

    def ask(client: int) -> None:
        while not stop.is_set():
            texts = [hit.passage.article.text for hit in engine.ask(QUESTION).hits]
            editions = {text.rpartition(" ")[2] for text in texts}
            if len(editions) != 1 or len(texts) != 6:
                wrong.append(texts)
            answered[client] += 1

    clients = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for client in clients:
        client.start()
    for edition in range(1, swaps + 1):
        write(edition)
        wait_until(lambda: engine.facts().generation == current_name(tmp_path / "index"))
    alive = [client.is_alive() for client in clients]
    stop.set()
    for client in clients:
        client.join()
    assert all(alive)
    assert wrong == []
    assert min(answered) > 0
    # With the clients gone: while they ask, some of them are still in the generation before.
    after = open_files()
    assert after < before + swaps
    record_property(
        "figure", f"{sum(answered)} answers over {swaps} swaps, 0 failed, 0 mixed; descriptors {before} to {after}"
    )


def open_files() -> int:
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_generation_that_is_open_is_not_removed(tmp_path, made):
    corpus, embedder = tmp_path / "corpus", HashEmbedder()
    shutil.copytree(made / "corpus", corpus)
    ingest([corpus], tmp_path / "index", embedder)
    reader = open_generation(tmp_path / "index", embedder.identity)
    for n in range(3):
        (corpus / f"{n}.txt").write_text(f"Voici l'article numéro {n}. Il est court.", encoding="utf-8")
        ingest([corpus], tmp_path / "index", embedder)
    found = []
    thread = threading.Thread(target=read, args=(reader, found))  # it opens a connection of its own
    thread.start()
    thread.join()
    assert found == [FIRST]
    folder = reader.folder
    del reader, thread
    gc.collect()
    (corpus / "3.txt").write_text("Encore un article. Il est court.", encoding="utf-8")
    ingest([corpus], tmp_path / "index", embedder)
    assert not folder.exists()


def read(generation: Generation, found: list[str]) -> None:
    found.append(generation.article("millau").text)
