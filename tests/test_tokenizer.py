"""The tokenizer against the ``tokenizers`` library, which runs the same vocabulary."""

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as LibraryTokenizer

from assistant.embedding.export import tokenizer_json
from assistant.embedding.tokenizer import BEGIN, END, UNKNOWN, Tokenizer
from assistant.embedding.weights import locate, open_weights

ARTICLES = sorted((Path(__file__).parent.parent / "corpus" / "articles").glob("*.md"))
MARKS = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
#: Later characters are folded by the library as its own, older, Unicode tables say.
UNICODE_3 = [
    character
    for character in map(chr, range(0x110000))
    if unicodedata.ucd_3_2_0.category(character) not in ("Cn", "Co", "Cs")
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    weights = open_weights(locate())
    return Tokenizer(weights.pieces(), weights.scores.tolist())


@pytest.fixture(scope="module")
def library() -> LibraryTokenizer:
    return LibraryTokenizer.from_str(tokenizer_json(open_weights(locate())))


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.stem)
def test_articles_have_the_tokens_of_the_library(
    article: Path, tokenizer: Tokenizer, library: LibraryTokenizer
) -> None:
    text = article.read_text(encoding="utf-8")
    assert tokenizer.encode(text) == library.encode(text).ids
    assert len(tokenizer.encode(text)) > 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "   ",
        "Bonjour  le   monde ",
        "\tligne\nsuivante\r\n fin",
        "« Vingt-cinq pays », a-t-il dit… n° 1 234,5\u202f% d’œuvres",
        unicodedata.normalize("NFD", "Où l’été à Noël, ça gêne"),
        "ﬁn ½ № ™ Ａｂｃ １２３ ﾊﾝｶｸ",
        "\ufdfa" * 50,
        "日本語のテキスト、한국어, हिन्दी, مرحبا بالعالم, Ελληνικά, Привет",
        "😀 👩‍👩‍👧 𓀀𓀁 𐍈",
        "a\u200bb\u00adc\ufeffd\ufffde\u2581f",
        "\u0301 x \u0308",
        "\x00x\x01y\x7fz",
        "anticonstitutionnellement" * 200,
        "𓀀" * 100,
    ],
)
def test_odd_texts_have_the_tokens_of_the_library(text: str, tokenizer: Tokenizer, library: LibraryTokenizer) -> None:
    assert tokenizer.encode(text) == library.encode(text).ids


@settings(max_examples=300, deadline=None)
@given(st.text(st.one_of(st.sampled_from(" aeté’œ…\u0301\u0323\u2581\n각"), st.sampled_from(UNICODE_3))))
@example("<S>")
def test_any_text_has_the_tokens_of_the_library(tokenizer: Tokenizer, library: LibraryTokenizer, text: str) -> None:
    # The library takes "<s>" in a text for its own mark; here a text is only text (the test below).
    assume(not any(mark in text for mark in MARKS))
    assert tokenizer.encode(text) == library.encode(text).ids


def test_evaluation_paragraphs_have_the_tokens_of_the_library(
    shared: Path, tokenizer: Tokenizer, library: LibraryTokenizer
) -> None:
    corpus = (shared / "piaf_fr_dev" / "corpus.jsonl").read_text(encoding="utf-8")
    differing = [line for line in corpus.splitlines() if tokenizer.encode(line) != library.encode(line).ids]
    assert differing == []


def test_special_tokens_in_a_text_are_plain_text(tokenizer: Tokenizer) -> None:
    for mark in MARKS:
        begin, *inner, end = tokenizer.encode(f"{mark} fin {mark}")
        assert (begin, end) == (BEGIN, END)
        assert not {BEGIN, END, 1, UNKNOWN, 250001} & set(inner)


def test_characters_without_a_piece_in_a_row_are_one_unknown_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.pieces("𓀀𓀁𓀂").count(UNKNOWN) == 1


def test_count_leaves_begin_and_end_out(tokenizer: Tokenizer) -> None:
    assert tokenizer.count("Le chat dort.") == len(tokenizer.encode("Le chat dort.")) - 2


def test_lone_surrogates_do_not_fail(tokenizer: Tokenizer) -> None:
    assert tokenizer.count("a\ud800b\udfff") > 0


def test_time_grows_with_length_for_a_text_without_spaces(tokenizer: Tokenizer) -> None:
    def seconds(text: str) -> float:
        begin = time.process_time()
        tokenizer.count(text)
        return time.process_time() - begin

    # Four times the text, and room for noise before the sixteenfold of quadratic time.
    assert seconds("anticonstitution" * 8000) < 8 * max(seconds("anticonstitution" * 2000), 0.02)
