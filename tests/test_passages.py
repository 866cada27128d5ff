from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.passages import TARGET, fit_sentences, make_passages
from assistant.types import Article, Sentence


def count(text: str) -> int:
    return len(text.split())


def article_of(sizes: list[int], paragraphs: list[int] | None = None) -> list[Sentence]:
    """One article whose sentences have ``sizes`` words."""
    texts = [" ".join(["mot"] * (size - 1) + ["fin."]) for size in sizes]
    article, sentences, start = Article("a", " ".join(texts)), [], 0
    for number, text in enumerate(texts, 1):
        sentences.append(
            Sentence(article, start, start + len(text), number, (paragraphs or [0] * len(sizes))[number - 1])
        )
        start += len(text) + 1
    return sentences


def test_passages_of_ordinary_sentences_are_within_the_target():
    sizes = [count(passage.text) for passage in make_passages(article_of([25] * 20), count, 512)]
    assert all(TARGET[0] <= size <= TARGET[1] for size in sizes)


def test_a_short_article_is_one_passage():
    assert len(make_passages(article_of([10, 12, 9]), count, 512)) == 1


def test_no_sentences_no_passages():
    assert make_passages([], count, 512) == []


def test_a_passage_ends_with_its_paragraph_where_it_can():
    sentences = article_of([22] * 10, [0] * 5 + [1] * 5)
    assert make_passages(sentences, count, 512)[0].end == sentences[4].end


@given(st.lists(st.integers(1, 120), min_size=1, max_size=40), st.integers(120, 200))
def test_passages_are_runs_of_whole_sentences_that_lose_nothing(sizes, limit):
    sentences = article_of(sizes)
    passages = make_passages(sentences, count, limit)
    starts, ends = {s.start for s in sentences}, {s.end for s in sentences}
    assert passages[0].start == sentences[0].start
    assert passages[-1].end == sentences[-1].end
    assert all(p.start in starts and p.end in ends and count(p.text) <= limit for p in passages)
    assert all(b.start == a.end + 1 for a, b in pairwise(passages))


def test_a_sentence_above_the_limit_is_refused():
    with pytest.raises(ValueError, match="90 tokens"):
        make_passages(article_of([90]), count, 64)


@pytest.mark.parametrize("text", ["mot " * 300 + "fin.", "x" * 5000, "un  deux   trois " * 99])
def test_a_long_sentence_is_cut_where_it_fits(text):
    text = text.strip()
    article = Article("a", text)
    measure = (lambda t: max(len(t) // 4, 1)) if " " not in text else count
    cut = fit_sentences([Sentence(article, 0, len(text), 1, 0)], measure, 40)
    assert all(measure(s.text) <= 40 and s.text == s.text.strip() for s in cut)
    assert "".join("".join(s.text.split()) for s in cut) == "".join(text.split())
    assert [s.number for s in cut] == list(range(1, len(cut) + 1))
