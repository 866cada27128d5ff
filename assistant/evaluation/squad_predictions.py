"""The answers as the official script of SQuAD 2.0 reads them."""

from collections.abc import Sequence

from assistant.evaluation.types import Scored


def squad_predictions(scored: Sequence[Scored]) -> dict[str, str]:
    """A short answer a question where one is highlighted, else all that is shown; empty when abstaining."""
    return {one.outcome.id: one.outcome.highlight or one.outcome.shown for one in scored}


def no_answer_probabilities(scored: Sequence[Scored]) -> dict[str, float]:
    """How sure it is, for each question, that there is no answer."""
    return {one.outcome.id: round(1 - one.outcome.confidence, 6) for one in scored}
