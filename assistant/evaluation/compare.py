"""A run against a baseline run, over the questions of both: what differs, and whether it can be told from chance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.gates import NotGateable
from assistant.evaluation.manifest import differences
from assistant.evaluation.results import RunFolder
from assistant.evaluation.statistics import holm, paired_change
from assistant.evaluation.types import Change, Scored

#: Compared where no gate names other figures: what was found, what was cited, what was said, what was declined.
COMPARED = (
    "article_recall@5",
    "sentence_recall@5",
    "citation_f1",
    "answer_containment",
    "answer_rate_a",
    "rejection_rate_u",
    "crag",
)


def compare(run: RunFolder, baseline: RunFolder, names: Sequence[str] = COMPARED, seed: int = 0) -> list[Change]:
    """How ``run`` differs from ``baseline`` in each figure that is a mean over questions.

    :raises NotGateable: If they have no question in common.
    """
    before = {scored.outcome.id: scored for scored in baseline.counted}
    both = [(before[scored.outcome.id], scored) for scored in run.counted if scored.outcome.id in before]
    if not both:
        raise NotGateable(f"{run.path} and {baseline.path} have no question in common. Name another baseline")
    return changes(both, names, seed)


def changes(pairs: Sequence[tuple[Scored, Scored]], names: Sequence[str], seed: int) -> list[Change]:
    """Each figure before and after, on the same questions; corrected for being several. None where no pair has it."""
    found = []
    for name in names:
        before = [scored.measures.get(name) for scored, _ in pairs]
        after = [scored.measures.get(name) for _, scored in pairs]
        if any(None not in values for values in zip(before, after, strict=True)):
            clusters = [scored.cluster for _, scored in pairs]
            weights = [scored.resolved.question.weight for _, scored in pairs]
            found.append(paired_change(name, before, after, clusters, seed, weights))
    corrected = holm([change.p for change in found])
    return [replace(change, p_corrected=p) for change, p in zip(found, corrected, strict=True)]


def regressions(changes: Sequence[Change]) -> list[Change]:
    """Those that are worse, and not by chance."""
    return [one for one in changes if one.distinguishable and DIRECTIONS[one.name] * one.difference < 0]


def check_comparable(identity: Mapping[str, Any], baseline: RunFolder) -> None:
    """
    :raises NotGateable: If the baseline answered other questions, or from another corpus.
    """
    told = differences(baseline.manifest["identity"], identity, within=("questions", "corpus"))
    if told:
        raise NotGateable(
            f"{baseline.path} is not about the same questions and articles ({'; '.join(told)})."
            " Run the baseline again, or compare what both have with --allow-different"
        )
