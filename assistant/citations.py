"""Numbered citations, each checked against the article before it is shown."""

from collections.abc import Sequence

from assistant.types import Citation, Sentence, Statement


def cite(sentences: Sequence[Sentence]) -> tuple[Statement, ...]:
    """One statement a sentence, word for word, numbered from 1."""
    return state(number(sentences))


def state(citations: Sequence[Citation]) -> tuple[Statement, ...]:
    """One statement a citation: its sentence, word for word."""
    return tuple(Statement(citation.sentence.text, (citation,)) for citation in citations)


def number(sentences: Sequence[Sentence], before: Sequence[Sentence | None] | None = None) -> tuple[Citation, ...]:
    """Citations from 1 in the order given, each with the sentence ``before`` it where one is needed.

    :raises ValueError: If a sentence is not a run of its article's text: a bug, and never to be shown.
    """
    before = before or [None] * len(sentences)
    for sentence in (*sentences, *(lead for lead in before if lead)):
        _verify(sentence)
    return tuple(Citation(n, *pair) for n, pair in enumerate(zip(sentences, before, strict=True), 1))


def _verify(sentence: Sentence) -> None:
    article = sentence.article
    if not 0 <= sentence.start < sentence.end <= len(article.text):
        raise ValueError(f"{article.id}: no text at {sentence.start}:{sentence.end} of {len(article.text)}")
    if not sentence.text.strip():
        raise ValueError(f"{article.id}: only spaces at {sentence.start}:{sentence.end}")
