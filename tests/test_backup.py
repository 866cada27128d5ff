"""A store carried away and brought back: asked, compared, and damaged on the way."""

import json
import os
import shutil
import sqlite3

import pytest
from hash_embedder import HashEmbedder

from assistant.backup import backup, restore, verify_backup
from assistant.calibration import load_calibration
from assistant.cli import main
from assistant.engine import Engine
from assistant.errors import StoreError, UsageError
from assistant.index import GENERATIONS, current_name, open_generation, read_manifest
from assistant.ingest import ingest
from assistant.settings import Settings
from assistant.store import STORE, open_store, read_store

pytestmark = pytest.mark.usefixtures("quickly")

TEXT = "Le viaduc de Millau a été inauguré en décembre 2004. «\u202fIl enjambe le Tarn\u202f», a dit M. Durand."


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "millau.txt").write_text(TEXT, encoding="utf-8")
    (folder / "autre.txt").write_text("Un autre article, sans rapport. Il est court.", encoding="utf-8")
    return folder


@pytest.fixture
def index(tmp_path, corpus, hashed):
    ingest([corpus], tmp_path / "index", hashed)
    return tmp_path / "index"


@pytest.fixture
def file(index, tmp_path):
    backup(index, tmp_path / "backup.db")
    return tmp_path / "backup.db"


def digest(index):
    return read_manifest(index / GENERATIONS / current_name(index))["digest"]


def test_a_backup_restored_elsewhere_answers_the_same(index, file, corpus, tmp_path):
    before = digest(index)
    shutil.rmtree(index)
    shutil.rmtree(corpus)
    embedder = HashEmbedder()
    made = restore(file, tmp_path / "elsewhere", embedder)
    assert (made.articles, embedder.embedded) == (2, [])
    assert digest(tmp_path / "elsewhere") == before
    engine = Engine(Settings(index=tmp_path / "elsewhere"), embedder, load_calibration())
    assert engine.ask("Quand le viaduc de Millau a-t-il été inauguré ?").hits[0].passage.article.text == TEXT


def test_what_it_says_of_itself(index, file):
    made = verify_backup(file)
    with read_store(index) as store:
        assert (made.articles, made.embeddings) == store.verify()
    assert made.created.endswith("+00:00")


def test_it_is_one_file(file):
    assert [path.name for path in file.parent.glob("backup*")] == ["backup.db"]


def test_it_may_be_made_while_the_store_is_written(index, tmp_path):
    with open_store(index) as store:
        store.remove(["autre"])
        assert backup(index, tmp_path / "b.db").articles == 1
        store.remove(["millau"])
    assert verify_backup(tmp_path / "b.db").articles == 1


def test_what_is_there_is_never_overwritten(index, file, hashed):
    with pytest.raises(UsageError, match=r"backup\.db"):
        backup(index, file)
    with pytest.raises(UsageError, match="--force"):
        restore(file, index, hashed)


@pytest.mark.parametrize("lost", ["nothing", "an article", "a page", "everything", "garbage"])
def test_by_force_it_takes_the_place_of_any_store(index, file, hashed, lost):
    before = digest(index)
    store = index / STORE
    if lost == "an article":
        with open_store(index) as opened:
            opened.remove(["millau"])
    elif lost == "a page":
        content = store.read_bytes()
        store.write_bytes(content[:4096] + os.urandom(4096) + content[8192:])
    elif lost == "everything":
        store.unlink()
    elif lost == "garbage":
        store.write_bytes(b"not a database at all " * 500)
    restore(file, index, hashed, force=True)
    assert digest(index) == before
    assert open_generation(index, hashed.identity).article("millau").text == TEXT
    with read_store(index) as opened:
        assert opened.verify()[0] == 2


def test_a_damaged_backup_changes_nothing(index, file, hashed):
    content = file.read_bytes()
    before = current_name(index), (index / STORE).read_bytes()
    for place in range(0, len(content), len(content) // 60):
        file.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        try:
            verify_backup(file)
        except (StoreError, UsageError):
            with pytest.raises((StoreError, UsageError)):
                restore(file, index, hashed, force=True)
            assert (current_name(index), (index / STORE).read_bytes()) == before
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreError, match=r"backup\.db"):
        restore(file, index, hashed, force=True)


def test_a_changed_value_is_found(file):
    with sqlite3.connect(file) as connection:
        connection.execute("update sentences set start = start + 1 where number = 2")
    with pytest.raises(StoreError, match="not as it was written"):
        verify_backup(file)


def test_a_damaged_store_is_not_backed_up(index, tmp_path):
    with sqlite3.connect(index / STORE) as connection:
        connection.execute("update articles set text = text || '!' where id = 'millau'")
    with pytest.raises(StoreError, match="millau"):
        backup(index, tmp_path / "b.db")
    assert not list(tmp_path.glob("b.db*"))


def test_what_is_no_backup_is_refused(index, tmp_path, hashed):
    (tmp_path / "text").write_text("Bonjour. " * 1000, encoding="utf-8")
    for name, kind in (("text", StoreError), ("nowhere", UsageError), ("index", UsageError)):
        with pytest.raises(kind, match=name):
            restore(tmp_path / name, tmp_path / "new", hashed)
    with pytest.raises(UsageError, match="no backup"):
        verify_backup(index / STORE)


def test_a_store_that_is_being_written_is_not_replaced(index, file, hashed):
    with open_store(index), pytest.raises(StoreError, match=str(os.getpid())):
        restore(file, index, hashed, force=True)


def test_the_commands(index, file, tmp_path, capsys):
    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, capsys.readouterr().out

    code, told = run("backup", tmp_path / "new.db", "--index", index)
    assert (code, told.count("2 articles")) == (0, 1)
    assert run("backup", tmp_path / "new.db", "--index", index)[0] == 2
    assert run("backup", tmp_path / "x.db", "--index", tmp_path / "nowhere")[0] == 1
    assert run("restore", tmp_path / "nowhere", "--index", tmp_path / "other")[0] == 2
    code, told = run("restore", file, "--index", tmp_path / "other")
    assert (code, told.count("2 articles")) == (0, 1)
    code, told = run("ask", "Quand le viaduc de Millau a-t-il été inauguré ?", "--json", "--index", tmp_path / "other")
    assert json.loads(told)["hits"][0]["article_id"] == "millau"
    (tmp_path / "other" / "CURRENT").unlink()
    assert run("check", "--index", tmp_path / "other")[0] == 1
    code, told = run("check", "--repair", "--index", tmp_path / "other")
    assert (code, "built from the store" in told) == (0, True)
