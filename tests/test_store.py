import multiprocessing
import sqlite3
from datetime import date

import numpy as np
import pytest

from assistant.errors import StoreError
from assistant.store import open_store
from assistant.types import Article, Passage, Sentence

TEXT = "Interpol a identifié 14\u2009000 combattants. «Nous y sommes tous engagés», a-t-il ajouté."
ARTICLE = Article("a", TEXT, "Raqa", "AFP", "https://example.org/a", "N. N.", date(2017, 5, 9), "fr", "/corpus/a.txt")


def put(store, article=ARTICLE, analysis="1"):
    sentences = [Sentence(article, 0, 39, 1, 0), Sentence(article, 40, len(article.text), 2, 0)]
    store.put(article, sentences, [Passage(article, 0, len(article.text))], analysis)


def test_an_article_comes_back_as_it_was(tmp_path):
    with open_store(tmp_path) as store:
        put(store)
    with open_store(tmp_path) as store:
        (article,) = store.articles()
        assert article == ARTICLE
        assert [s.text for s in store.sentences(article)] == [TEXT[:39], TEXT[40:]]
        assert [p.text for p in store.passages(article)] == [TEXT]


def test_putting_it_again_replaces_it_with_its_sentences(tmp_path):
    shorter = Article("a", "Autre texte, assez long pour deux phrases. Voilà.")
    with open_store(tmp_path) as store:
        put(store)
        put(store, shorter)
        (article,) = store.articles()
        assert article == shorter
        assert len(store.sentences(article)) == 2


def test_removing_an_article_removes_its_sentences(tmp_path):
    with open_store(tmp_path) as store:
        put(store)
        store.remove(["a"])
        assert list(store.articles()) == []
        assert store.sentences(ARTICLE) == []


def test_embeddings_come_back_bit_for_bit(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((3, 8)).astype(np.float32)
    with open_store(tmp_path) as store:
        store.put_embeddings([b"1", b"2", b"3"], vectors)
        assert np.array_equal(store.embeddings([b"3", b"1"], 8), vectors[[2, 0]])
        assert store.missing_embeddings([b"1", b"9"]) == {b"9"}
        assert store.drop_embeddings_except({b"1"}) == 2
        with pytest.raises(StoreError, match="33"):
            store.embeddings([b"3"], 8)


def hold(folder, held, release):
    with open_store(folder):
        held.set()
        release.wait(10)


def test_a_second_writer_is_refused_with_the_process_that_holds_it(tmp_path):
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, held, release))
    other.start()
    assert held.wait(10)
    with pytest.raises(StoreError, match=str(other.pid)), open_store(tmp_path):
        pass
    release.set()
    other.join()
    with open_store(tmp_path):
        pass


def test_a_killed_writer_leaves_no_lock(tmp_path):
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, held, release))
    other.start()
    assert held.wait(10)
    other.kill()
    other.join()
    with open_store(tmp_path) as store:
        assert store.known() == {}


def test_garbage_is_named_with_the_way_out(tmp_path):
    (tmp_path / "store.db").write_bytes(b"not a database at all " * 100)
    with pytest.raises(StoreError, match=r"store\.db.*backup"), open_store(tmp_path):
        pass


def test_a_folder_in_its_place_is_told(tmp_path):
    (tmp_path / "store.db").mkdir()
    with pytest.raises(StoreError, match=r"store\.db.*mend its rights"), open_store(tmp_path):
        pass


def test_a_store_of_a_later_version_is_left_alone(tmp_path):
    with open_store(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(StoreError, match="99"), open_store(tmp_path):
        pass
