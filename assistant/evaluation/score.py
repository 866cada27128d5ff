"""What the assistant did with one question, measured."""

from collections.abc import Mapping
from dataclasses import replace

from assistant.evaluation.abstention import as_answered, decision_measures
from assistant.evaluation.answers import answer_measures
from assistant.evaluation.causes import cause_of
from assistant.evaluation.citing import citation_measures
from assistant.evaluation.retrieval import retrieval_measures
from assistant.evaluation.told import told_measures
from assistant.evaluation.types import Outcome, ReferenceQuestion, ResolvedQuestion, Scored
from assistant.types import Article

Articles = Mapping[str, Article]
Measures = dict[str, float | None]


def score(resolved: ResolvedQuestion, outcome: Outcome, articles: Articles | None = None) -> Scored:
    """Every measure of one question, and why it went wrong if it did.

    ``right`` and ``right_if_answered`` are among the measures: 1, 0, or None where nothing says what would be right.

    :param articles: Those that could be searched, by id. Without them quotations are not checked, nor are words of
        articles counted: measures that need it are None.
    """
    question = resolved.question
    # What was hidden to make a question unanswerable is not to be found.
    judged = resolved if question.answerable else replace(resolved, gold=())
    language = _language(judged, articles or {})
    shown = _shown_measures(judged, outcome, language, articles)
    answered = as_answered(outcome)
    of_answered = shown if answered is outcome else _shown_measures(judged, answered, language, articles)
    measures = (
        retrieval_measures(judged, outcome, articles)
        | shown
        | decision_measures(
            question,
            outcome,
            right=_right(question, outcome, shown),
            right_if_answered=_right(question, answered, of_answered),
            contained=shown["answer_containment"],
            language=language,
        )
        | told_measures(question, outcome, language)
    )
    return Scored(resolved, outcome, measures, cause_of(judged, outcome, measures, language, articles))


def _language(resolved: ResolvedQuestion, articles: Articles) -> str:
    """Of the gold answers: that of the question, else of an article with evidence, else empty."""
    of_articles = (articles[id].language for id in sorted(resolved.articles) if id in articles)
    return resolved.question.language or next(filter(None, of_articles), "")


def _shown_measures(resolved: ResolvedQuestion, outcome: Outcome, language: str, articles: Articles | None) -> Measures:
    """The measures of what was shown as an answer."""
    statements = [cited.shown for cited in outcome.citations]
    return citation_measures(resolved, outcome, language, articles) | answer_measures(
        resolved.question, statements, outcome.highlight, language
    )


def _right(question: ReferenceQuestion, outcome: Outcome, shown: Measures) -> float | None:
    """Whether all that is wanted was said, and nothing forbidden; without a wording, whether evidence is cited.

    Of an unanswerable question only not answering is right, of an answerable one never; an error is always wrong.
    """
    if outcome.error or shown["forbidden_hit"] or outcome.abstained == question.answerable:
        return 0.0
    if not question.answerable:
        return 1.0
    if shown["answer_containment"] is not None:
        return float(shown["answer_containment"] == 1)
    cited = shown["citation_recall"] if shown["citation_recall"] is not None else shown["citation_article_recall"]
    return float(cited > 0) if cited is not None else None
