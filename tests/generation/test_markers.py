import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generate.markers import LONGEST, Drafted, Drafts, Overlong


def drafted(*pieces: str) -> list[Drafted]:
    drafts = Drafts()
    return [*(one for piece in pieces for one in drafts.feed(piece)), *drafts.close()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Le pont est fermé. [1]", [("Le pont est fermé.", (1,))]),
        ("Le pont est fermé [1].", [("Le pont est fermé.", (1,))]),
        ("Un fait. [1] Un autre. [2]", [("Un fait.", (1,)), ("Un autre.", (2,))]),
        ("Un fait [1][3]. Un autre [1, 3].", [("Un fait.", (1, 3)), ("Un autre.", (1, 3))]),
        (
            "Un fait [[1]]. Un autre 【2】. Le reste ［3］.",
            [("Un fait.", (1,)), ("Un autre.", (2,)), ("Le reste.", (3,))],
        ),
        ("A fact [1-3]. Another (source 2). (Sources 1, 2)", [("A fact.", (1, 2, 3)), ("Another.", (2, 1))]),
        ("Un fait (phrase 2).", [("Un fait.", (2,))]),
        ("Un fait [phrases 1 et 2].", [("Un fait.", (1, 2))]),
        ("Selon M. Mattis, 1.5 million d'euros. [2]", [("Selon M. Mattis, 1.5 million d'euros.", (2,))]),
        ("«\u202fNon.\u202f» [2] La ville dort. [1]", [("«\u202fNon.\u202f»", (2,)), ("La ville dort.", (1,))]),
        ("- Un fait. [1]\n- Un autre. [2]\n", [("Un fait.", (1,)), ("Un autre.", (2,))]),
        ("<think>[1] ou [2] ? Peut-être.\n</think>\nUn fait. [1]", [("Un fait.", (1,))]),
        ("<think>sans fin", []),
        ("```\ncode [1]\n```\nUn fait. [1]", [("Un fait.", (1,))]),
        ("Le texte de loi (2024) tient. [1]", [("Le texte de loi (2024) tient.", (1,))]),
        ("Sans marque", [("Sans marque", ())]),
        ("[1] [2]", []),
        ("Un\u202e fait\x00. [1]", [("Un fait.", (1,))]),
        ("Un fait [1-9999].", [("Un fait [1-9999].", ())]),
        ("", []),
    ],
)
def test_sentences_and_their_marks(text, expected):
    assert [(one.text, one.numbers) for one in drafted(text)] == expected


@pytest.mark.parametrize("text", ["NO_ANSWER", "no answer.", " NO-ANSWER [1]", "**NO_ANSWER**: rien"])
def test_a_refusal_is_known(text):
    assert drafted(text)[0].is_refusal


def test_no_question_is_refused_by_a_word_within():
    assert not drafted("Il n'y a no answer ici.")[0].is_refusal


PIECES = st.sampled_from(
    [
        *("M.", "[", "]", "1", "[1]", "A", "é", "…", "!", "<think>", "</think>", "```", "NO_ANSWER", "【2】", "U.S."),
        *(
            "Le pont",
            " est fermé",
            ". ",
            "\n",
            ", 3",
            "«\u202f",
            "\u202f»",
            "(source 2)",
            "- ",
            " ",
            "\u200b",
            "x" * 30,
        ),
    ]
)


@given(st.lists(PIECES, max_size=30), st.data())
def test_any_split_of_the_stream_gives_the_same_sentences(pieces, data):
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    try:
        whole = drafted(text)
    except Overlong:
        with pytest.raises(Overlong):
            drafted(*parts)
        return
    assert drafted(*parts) == whole


@given(st.text(max_size=400))
def test_anything_is_taken(text):
    for one in drafted(text):
        assert any(char.isalnum() for char in one.text)
        assert "\n" not in one.text


@pytest.mark.parametrize(
    "piece", ["[", "[1] ", "A. ", "[1,", "(source ", "<think>", "</think>", "\n", "1-", " et 2", "```\n"]
)
def test_the_work_is_linear(piece):
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = time.perf_counter()
        try:
            drafted(text)
        except Overlong:
            # The rest is never read.
            assert length > LONGEST
        return time.perf_counter() - began

    seconds(2_000)
    short, long = min(seconds(10_000) for _ in range(5)), min(seconds(80_000) for _ in range(3))
    assert long < 8 * 4 * short + 0.01


def test_a_sentence_without_an_end_is_given_up():
    with pytest.raises(Overlong):
        drafted("mot " * LONGEST)
