import json
import shutil

import numpy as np
import pytest

from assistant import index, publish
from assistant.errors import IndexUnusable
from assistant.index import CURRENT, GENERATIONS, current_name, open_generation
from assistant.ingest import ingest
from assistant.publish import check_in_child

pytestmark = pytest.mark.usefixtures("quickly")

FIRST = "Interpol a identifié 14 000 combattants étrangers. Les plus nombreux sont les Tunisiens."
SECOND = "Le viaduc de Millau a été inauguré en décembre 2004. Il enjambe le Tarn."


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "interpol.txt").write_text(FIRST, encoding="utf-8")
    (folder / "millau.txt").write_text(SECOND, encoding="utf-8")
    return folder


@pytest.fixture
def published(tmp_path, corpus, hashed):
    ingest([corpus], tmp_path / "index", hashed)
    return tmp_path / "index"


def folder_of(published):
    return published / GENERATIONS / current_name(published)


def test_a_generation_holds_everything_an_answer_needs(published, corpus, hashed):
    shutil.rmtree(corpus)
    (published / "store.db").unlink()
    generation = open_generation(published, hashed.identity)
    article = generation.article("interpol")
    assert article.text == FIRST
    assert [s.text for s in generation.sentences(article)] == FIRST.replace(". L", ".\nL").split("\n")
    assert generation.facts().articles == 2


def test_vectors_are_those_of_the_store(published, hashed):
    generation = open_generation(published, hashed.identity)
    rows = generation.passage_rows(range(2))
    for row in rows:
        passage = generation.passage(row)
        expected = hashed.passages([f"{passage.article.title}. {passage.text}"])[0]
        assert np.allclose(generation.passage_vectors[[row.row]], expected, atol=1e-3)
        assert generation.nearest_passages(expected, 1) == [row.row]


def test_each_sentence_belongs_to_its_passage(published, hashed):
    generation = open_generation(published, hashed.identity)
    for row in generation.passage_rows(range(2)):
        sentences = generation.sentence_rows([row])
        assert (sentences[0].start, sentences[-1].end) == (row.start, row.end)
        assert {s.article for s in sentences} == {row.article}


def test_publishing_the_same_corpus_again_does_nothing(published, corpus, hashed):
    before = current_name(published)
    assert ingest([corpus], published, hashed).published is None
    assert current_name(published) == before


def test_the_generation_before_is_kept_and_older_ones_go(published, corpus, hashed):
    names = [current_name(published)]
    for n in range(3):
        (corpus / f"{n}.txt").write_text(f"Voici l'article numéro {n}. Il est court.", encoding="utf-8")
        names.append(ingest([corpus], published, hashed).published)
    assert sorted(path.name for path in (published / GENERATIONS).iterdir()) == sorted(names[-2:])


def test_no_index_is_said_with_the_way_out(tmp_path, hashed):
    with pytest.raises(IndexUnusable, match="assistant ingest"):
        open_generation(tmp_path, hashed.identity)


def test_an_index_of_another_model_is_refused_with_both_names(published):
    with pytest.raises(IndexUnusable, match=r"hashed words.*another model.*ASSISTANT_EMBEDDING"):
        open_generation(published, "another model")


def test_another_format_is_refused(published, hashed, monkeypatch):
    monkeypatch.setattr(index, "FORMAT", index.FORMAT + 1)
    with pytest.raises(IndexUnusable, match="index format"):
        open_generation(published, hashed.identity)


@pytest.mark.parametrize("damage", ["missing", "torn", "flipped"])
@pytest.mark.parametrize("name", ["articles.db", "sentences.npy", "passages.npy", "manifest.json", "chroma"])
def test_damage_is_found_before_anybody_reads_it(published, name, damage):
    folder = folder_of(published)
    path = folder / name if name != "chroma" else max(folder.glob("chroma/*/*.bin"), key=lambda p: p.stat().st_size)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        middle = len(content) // 2
        path.write_bytes(
            content[:middle] + (b"" if damage == "torn" else bytes([content[middle] ^ 255]) + content[middle + 1 :])
        )
    with pytest.raises(IndexUnusable, match="assistant ingest"):
        check_in_child(folder)


@pytest.mark.parametrize("content", ["", "nowhere\n", "../../etc\n", "\x00\xff"])
def test_a_pointer_to_nowhere_is_said(published, hashed, content):
    (published / CURRENT).write_text(content, encoding="utf-8")
    with pytest.raises(IndexUnusable, match="assistant ingest"):
        open_generation(published, hashed.identity)


@pytest.mark.parametrize("step", ["_build", "_sync", "check_in_child", "sync_folder", "_point_to", "_prune"])
def test_stopped_at_any_step_the_index_is_whole_and_the_next_run_goes_on(published, corpus, hashed, monkeypatch, step):
    (corpus / "new.txt").write_text(
        "Le Louvre a reçu 8,9 millions de visiteurs en 2023. C'est moins qu'en 2018.", encoding="utf-8"
    )
    with monkeypatch.context() as patched:
        patched.setattr(publish, step, stop)
        with pytest.raises(Stopped):
            ingest([corpus], published, hashed)
    assert open_generation(published, hashed.identity).facts().articles in (2, 3)
    embedded = len(hashed.embedded)
    ingest([corpus], published, hashed)
    assert len(hashed.embedded) == embedded
    assert open_generation(published, hashed.identity).facts().articles == 3
    assert not list((published / GENERATIONS).glob("*.building"))


class Stopped(Exception):
    pass


def stop(*arguments):
    raise Stopped


def test_a_generation_that_fails_its_check_is_not_published(published, corpus, hashed, monkeypatch):
    before = current_name(published)
    (corpus / "new.txt").write_text("Une phrase de plus. Et une autre.", encoding="utf-8")
    monkeypatch.setattr(publish, "_sync", lambda folder: {"sentences.npy": (1, "wrong")})
    with pytest.raises(IndexUnusable, match=r"sentences\.npy"):
        ingest([corpus], published, hashed)
    assert current_name(published) == before


def test_the_manifest_names_what_made_it(published, hashed):
    manifest = json.loads((folder_of(published) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["embedder"] == hashed.identity
    assert manifest["chroma"]
    assert {"articles.db", "sentences.npy", "passages.npy"} < set(manifest["files"])


def test_ingesting_again_mends_a_damaged_index(published, corpus, hashed):
    damaged = folder_of(published) / "articles.db"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\xff")
    embedded = len(hashed.embedded)
    assert ingest([corpus], published, hashed).published
    assert len(hashed.embedded) == embedded
    check_in_child(folder_of(published))
    assert open_generation(published, hashed.identity).facts().articles == 2


def test_a_module_that_lies_in_the_working_folder_is_not_run(published, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('planted')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    check_in_child(folder_of(published))


@pytest.mark.parametrize("articles", [1, 299])
def test_reading_a_generation_changes_none_of_its_files(tmp_path, hashed, articles):
    """Alone, or as the articles of one template: where Chroma writes late, or links some passages to no other."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for n in range(articles):
        (corpus / f"{n}.txt").write_text(f"Le bulletin numéro {n} est paru. Il est court.", encoding="utf-8")
    ingest([corpus], tmp_path / "index", hashed)
    generation = open_generation(tmp_path / "index", hashed.identity)
    generation.load()
    folder = generation.folder
    del generation
    check_in_child(folder)
