"""Numbered citations, each checked against the article before it is shown."""

from collections.abc import Sequence

from assistant.types import Citation, Sentence, Statement


def cite(sentences: Sequence[Sentence]) -> tuple[Statement, ...]:
    """One statement a sentence, word for word, numbered from 1."""
    return tuple(
        Statement(sentence.text, (citation,)) for sentence, citation in zip(sentences, number(sentences), strict=True)
    )


def number(sentences: Sequence[Sentence]) -> tuple[Citation, ...]:
    """Citations from 1 in the order given.

    :raises ValueError: If a sentence is not a run of its article's text: a bug, and never to be shown.
    """
    for sentence in sentences:
        _verify(sentence)
    return tuple(Citation(n, sentence) for n, sentence in enumerate(sentences, 1))


def _verify(sentence: Sentence) -> None:
    article = sentence.article
    if not 0 <= sentence.start < sentence.end <= len(article.text):
        raise ValueError(f"{article.id}: no text at {sentence.start}:{sentence.end} of {len(article.text)}")
    if not sentence.text.strip():
        raise ValueError(f"{article.id}: only spaces at {sentence.start}:{sentence.end}")
