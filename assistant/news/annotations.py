"""What is told beside a quoted sentence: whose words they are, what "mardi" stands for, which words answer."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from assistant.news.shapes import answering_words
from assistant.news.speakers import speaker_of
from assistant.news.times import time_expressions
from assistant.types import Citation, Sentence, TimeExpression


def annotated(
    citations: Iterable[Citation], question: str | None, without: Collection[str] = ()
) -> tuple[Citation, ...]:
    """The citations with what the rules tell about each sentence.

    :param question: what they answer; None where they do not.
    :param without: parts to leave out, of ``settings.PARTS``.
    """
    asked = None if "answering" in without else question
    return tuple(
        replace(
            citation,
            speaker=None if "speakers" in without else speaker_of(citation.sentence),
            times=() if "times" in without else relative_times(citation.sentence),
            answering=answering_range(asked, citation.sentence) if asked else None,
        )
        for citation in citations
    )


def relative_times(sentence: Sentence) -> tuple[TimeExpression, ...]:
    """Its expressions that say nothing without the day of the article, at their places in the article."""
    article = sentence.article
    found = time_expressions(sentence.text, article.published, article.language)
    return tuple(
        replace(one, start=sentence.start + one.start, end=sentence.start + one.end) for one in found if one.relative
    )


def answering_range(question: str, sentence: Sentence) -> tuple[int, int] | None:
    """Start and end, in the article, of the words that answer; None where no rule tells."""
    found = answering_words(question, sentence.text)
    return (sentence.start + found[0], sentence.start + found[1]) if found else None
