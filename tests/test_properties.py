"""What holds for every text, in every format: nothing is lost, offsets are exact, and order does not matter."""

import csv
import html
import io
import json
import random
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import HashEmbedder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_formats import make_docx

from assistant.formats import read_articles
from assistant.index import GENERATIONS, current_name, read_manifest
from assistant.ingest import ingest
from assistant.passages import fit_sentences, make_passages
from assistant.sentences import split_sentences
from assistant.store import STORE
from assistant.text import clean, find_folded, fold, is_visible
from assistant.types import Article, Passage, Refusal, Sentence

#: Pieces of French newspaper typography and of attacks on it.
PIECES = st.sampled_from(
    [
        *" \n.!?…,;:-–«»“”\"'’()[]",
        *"\u00a0\u202f\u2009\u200b\u202e\u2066\ufeff\u0301\ufffd\U000e0041😀",
        *(
            "\n\n",
            "M. ",
            "etc. ",
            "l'",
            "qu’",
            "14\u202f000",
            "68e",
            "1er janv.",
            "U.S.",
            "[…]",
            "œuvre",
            "é",
            "A",
            "le",
        ),
        *("日本。", "<b>", "&amp;", "*", "- ", "# ", "`", "---\n", "\\"),
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)).map(clean)
#: Lines that no format takes for markup of its own or folds the spaces of.
WORDS = [
    *("Le", "pont", "de", "Brest", "a", "rouvert", "mardi", "à", "M.", "etc.", "日本"),
    *("14\u202f000", "l’œuvre", "«\u00a0été\u00a0»"),
]
LINES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)
PARAGRAPHS = st.lists(LINES, min_size=1, max_size=4)

slowly = settings(max_examples=40, suppress_health_check=list(HealthCheck))


def count(text: str) -> int:
    return len(text.split())


def sentences_of(text: str) -> list[Sentence]:
    article = Article("a", text)
    spans = [span for span in split_sentences(text, "fr") if is_visible(text[span.start : span.end])]
    return [Sentence(article, span.start, span.end, n, span.paragraph) for n, span in enumerate(spans, 1)]


def assert_in_order(text: str, spans: Sequence[Sentence] | Sequence[Passage]) -> None:
    """The spans follow one another, and nothing that shows lies between them."""
    after = 0
    for span in spans:
        assert after <= span.start < span.end <= len(text)
        assert not is_visible(text[after : span.start])
        after = span.end
    assert not is_visible(text[after:])


# --- Offsets ---------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(TEXTS)
def test_sentences_lose_nothing_that_shows(text):
    sentences = sentences_of(text)
    assert_in_order(text, sentences)
    assert all(sentence.text == sentence.text.strip() for sentence in sentences)


@settings(max_examples=200)
@given(TEXTS, st.integers(1, 20))
def test_passages_are_whole_sentences_and_lose_none(text, limit):
    sentences = fit_sentences(sentences_of(text), count, limit)
    assert_in_order(text, sentences)
    passages = make_passages(sentences, count, limit)
    assert_in_order(text, passages)
    starts, ends = {s.start for s in sentences}, {s.end for s in sentences}
    assert all(passage.start in starts and passage.end in ends for passage in passages)


@settings(max_examples=200)
@given(TEXTS, st.booleans())
def test_a_folded_text_knows_where_each_character_came_from(text, accents):
    folded = fold(text, accents)
    assert len(folded.text) == len(folded.offsets) == len(folded.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.offsets, folded.ends, strict=True))
    assert list(folded.offsets) == sorted(folded.offsets)


@settings(max_examples=200)
@given(TEXTS)
def test_every_sentence_is_found_again_where_it_stands(text):
    for sentence in sentences_of(text):
        found = find_folded(text, sentence.text)
        if found is not None:
            assert fold(text[slice(*found)]).text.strip() == fold(sentence.text).text.strip()


# --- Formats ---------------------------------------------------------------------------------------------


def _csv(text: str) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows([["text"], [text]])
    return made.getvalue().encode()


def _docx(text: str) -> bytes:
    def say(document):
        for element in list(document.element.body)[:-1]:
            document.element.body.remove(element)
        for paragraph in text.split("\n\n"):
            document.add_paragraph(paragraph)

    return make_docx(say)


def _feed(text: str) -> bytes:
    content = html.escape(_html(text))
    return f"<rss version='2.0'><channel><item><description>{content}</description></item></channel></rss>".encode()


def _html(text: str) -> str:
    return "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in text.split("\n\n"))


def _nitf(text: str) -> bytes:
    return f"<nitf><body><body.content>{_html(text)}</body.content></body></nitf>".encode()


FORMATS: dict[str, Callable[[str], bytes]] = {
    ".txt": str.encode,
    ".md": str.encode,
    ".html": lambda text: f"<html><body><article>{_html(text)}</article></body></html>".encode(),
    ".jsonl": lambda text: json.dumps({"text": text}).encode(),
    ".json": lambda text: json.dumps({"uri": "urn:a", "body_xhtml": _html(text)}).encode(),
    ".csv": _csv,
    ".rss": _feed,
    ".xml": _nitf,
    ".docx": _docx,
}


@pytest.mark.parametrize("suffix", FORMATS)
@slowly
@given(paragraphs=PARAGRAPHS)
def test_one_text_is_one_text_in_every_format(tmp_path, suffix, paragraphs):
    text, path = "\n\n".join(paragraphs), tmp_path / f"a{suffix}"
    path.write_bytes(FORMATS[suffix](text))
    (article,) = read_articles(path)
    assert isinstance(article, Article), article
    assert article.text == text
    assert_in_order(text, sentences_of(article.text))


#: python-docx does not write what is no character of XML.
_UNWRITABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


@pytest.mark.parametrize("suffix", [*FORMATS, ".pdf"])
@slowly
@given(text=TEXTS, tail=st.binary(max_size=40))
def test_any_text_and_any_tail_are_read_or_refused(tmp_path, suffix, text, tail):
    path = tmp_path / f"a{suffix}"
    made = FORMATS[suffix](text.translate(_UNWRITABLE)) if suffix in FORMATS else b"%PDF-1.4\n" + text.encode()
    path.write_bytes(made + tail)
    found = list(read_articles(path))
    assert found
    for told in found:
        if isinstance(told, Refusal):
            assert told.reason
            continue
        assert clean(told.text) == told.text
        assert_in_order(told.text, sentences_of(told.text))


# --- Ingest ----------------------------------------------------------------------------------------------


#: Names to texts; files that differ only in their suffix compete for one id.
CORPORA = st.dictionaries(
    st.sampled_from([f"{name}{suffix}" for name in "abc" for suffix in (".txt", ".md", ".jsonl")]),
    LINES,
    min_size=2,
    max_size=5,
)


def written(folder: Path, corpus: dict[str, str]) -> list[Path]:
    paths = []
    for name, text in corpus.items():
        path = folder / name
        path.write_bytes(FORMATS[path.suffix](text))
        paths.append(path)
    return paths


def rows(index: Path) -> list[tuple[object, ...]]:
    """Everything in the store."""
    connection = sqlite3.connect(index / STORE)
    try:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        return [row for table in tables for row in connection.execute(f"select * from {table} order by 1, 2")]
    finally:
        connection.close()


def files_of(index: Path) -> dict[Path, bytes]:
    """All but Chroma's database, in which it notes each time it is opened."""
    paths = [path for path in index.rglob("*") if path.is_file() and path.name != "chroma.sqlite3"]
    return {path: path.read_bytes() for path in paths}


def digest(index: Path) -> str:
    return str(read_manifest(index / GENERATIONS / str(current_name(index)))["digest"])


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(corpus=CORPORA)
def test_ingesting_twice_writes_nothing(tmp_path_factory, corpus):
    folder = tmp_path_factory.mktemp("twice")
    paths, index = written(folder, corpus), folder / "index"
    ingest(paths, index, HashEmbedder())
    before = files_of(index)
    again = ingest(paths, index, HashEmbedder())
    assert (again.added, again.changed, again.removed, again.embedded, again.published) == ([], [], [], 0, None)
    assert files_of(index) == before


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(corpus=CORPORA, seed=st.integers())
def test_the_order_of_files_does_not_matter(tmp_path_factory, corpus, seed):
    folder = tmp_path_factory.mktemp("order")
    paths = written(folder, corpus)
    ingest(paths, folder / "one", HashEmbedder())
    random.Random(seed).shuffle(paths)
    ingest(paths, folder / "other", HashEmbedder())
    assert digest(folder / "one") == digest(folder / "other")


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(corpus=CORPORA, more=LINES)
def test_adding_and_removing_is_building_anew(tmp_path_factory, corpus, more):
    folder = tmp_path_factory.mktemp("removed")
    (folder / "files").mkdir()
    written(folder / "files", corpus)
    ingest([folder / "files"], folder / "anew", HashEmbedder())
    passing = folder / "files" / "passing.txt"
    passing.write_text(more, encoding="utf-8")
    ingest([folder / "files"], folder / "index", HashEmbedder())
    passing.unlink()
    ingest([folder / "files"], folder / "index", HashEmbedder(), prune=True)
    assert digest(folder / "index") == digest(folder / "anew")
    assert rows(folder / "index") == rows(folder / "anew")
